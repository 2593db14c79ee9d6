package import HostABI
package import LibOS

/// How far the guest can reach: `--net`, `--net=loopback`.
package enum NetworkReach: Sendable, Hashable {
  case none
  /// Other machines.
  case others
  /// Also programs of this machine that listen on loopback addresses.
  case othersAndLoopback

  /// Parses the value of `--net=`; `-` for an empty one.
  package init?(_ text: String) {
    switch text {
    case "-": self = .others
    case "loopback": self = .othersAndLoopback
    default: return nil
    }
  }
}

/// What happens to connections to the outside when a snapshot is taken: `--tcp`.
package enum ConnectionPolicy: String, Sendable, Hashable {
  /// They are reset for the resumed guest.
  case reset
  /// A snapshot fails if there are any.
  case refuse
}

/// `--publish [ADDRESS:]PORT:GUESTPORT[/udp]`.
package struct PublishOption: Sendable, Hashable {
  package var port: PublishedPort

  /// `nil` for anything else. Without an address, only programs of this machine can connect.
  package init?(_ text: String) {
    var rest = text[...]
    var isDatagram = false
    for (suffix, isOfDatagrams) in [("/tcp", false), ("/udp", true)] where rest.hasSuffix(suffix) {
      rest.removeLast(suffix.count)
      isDatagram = isOfDatagrams
      break
    }
    guard let colon = rest.lastIndex(of: ":"),
      let port = NetworkAddress.port(rest[rest.index(after: colon)...]), port > 0
    else { return nil }
    let place = rest[..<colon]
    let address = place.contains(":") ? String(place) : "127.0.0.1:\(place)"
    guard let host = NetworkAddress(address), host.port > 0 else { return nil }
    self.init(PublishedPort(isDatagram: isDatagram, host: host, port: port))
  }

  package init(_ port: PublishedPort) { self.port = port }
}

extension PublishOption: CustomStringConvertible {
  /// The text as given.
  package var description: String {
    "\(port.host):\(port.port)" + (port.isDatagram ? "/udp" : "")
  }
}

/// `--dns ADDRESS[:PORT]`: the guest's name server.
package struct ResolverOption: Sendable, Hashable {
  package var address: NetworkAddress

  /// `nil` for anything else. An IPv6 address with a port must be in brackets.
  package init?(_ text: String) {
    if let bytes = NetworkAddress.ipv4(text) ?? NetworkAddress.ipv6(text) {
      address = NetworkAddress(bytes, port: Self.port)
    } else if let given = NetworkAddress(text), given.port > 0 {
      address = given
    } else {
      return nil
    }
  }

  /// The default port of name servers.
  package static let port: UInt16 = 53
}
