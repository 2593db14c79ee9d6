package import HostABI

/// Who has sent a datagram to a service, and may be answered.
package struct Correspondent: Sendable, Hashable {
  /// Where the datagrams come from, and the answers go.
  package var address: NetworkAddress
  /// The address by which the guest knows it: another one if its datagrams go by a relay.
  package var known: NetworkAddress

  package init(address: NetworkAddress, known: NetworkAddress) {
    self.address = address
    self.known = known
  }
}

/// The recent senders to a service of datagrams.
struct Correspondents {
  /// How many are remembered.
  private static let limit = 4096

  private var senders: Set<NetworkAddress> = []
  /// The addresses by which the guest knows senders, if they are others than their own; and where each of these is
  /// answered.
  private var names: [NetworkAddress: NetworkAddress] = [:]
  private var routes: [NetworkAddress: NetworkAddress] = [:]

  /// - Parameter list: of two with the same name, the last one counts.
  init(_ list: [Correspondent]) {
    for correspondent in list {
      senders.insert(correspondent.address)
      if correspondent.known == correspondent.address {
        routes[correspondent.known] = nil
      } else {
        names[correspondent.address] = correspondent.known
        routes[correspondent.known] = correspondent.address
      }
    }
  }

  /// Those, each at the one address at which it is answered.
  var list: [Correspondent] {
    senders.map { Correspondent(address: $0, known: names[$0] ?? $0) }
      .filter { route(to: $0.known) == $0.address }
  }

  /// Notes a sender.
  ///
  /// - Returns: the address by which the guest knows it.
  mutating func note(_ sender: NetworkAddress) -> NetworkAddress {
    if !senders.contains(sender) {
      // Forget those that were heard from longest ago, but for those that can't be heard from under their own names.
      if senders.count >= Self.limit { senders = Set(names.keys) }
      senders.insert(sender)
    }
    // It is answered where it was heard from last.
    guard let name = names[sender] else {
      if !routes.isEmpty { routes[sender] = nil }
      return sender
    }
    routes[name] = sender
    return name
  }

  /// Where an answer to `address` goes; nil if it is nobody's who has sent something.
  func route(to address: NetworkAddress) -> NetworkAddress? {
    routes[address] ?? (senders.contains(address) ? address : nil)
  }
}

extension PosixHost {
  /// Those who have sent to a service of datagrams.
  package func correspondents(of handle: HostHandle) -> [Correspondent] {
    (try? stream(handle))?.correspondents?.list ?? []
  }

  /// Has `open` know who has sent to a service before.
  package func introduce(_ list: [Correspondent], to service: NetworkPermission.Service) {
    introduced[service, default: []] += list
  }
}
