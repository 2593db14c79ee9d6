import HostABI
import LibOS
import Machine
import PosixHost

extension Picoprocess {
  /// The guest's access to the network outside.
  ///
  /// - Parameter seed: that of a deterministic run, which has no network: what others send, and when, would
  ///   change its course.
  static func outside(_ options: PicoprocessOptions, seed: UInt64?)
    throws(Failure) -> OutsideConfiguration
  {
    var configuration = OutsideConfiguration()
    configuration.reachesOthers = options.reach != .none
    configuration.reachesLoopback = options.reach == .othersAndLoopback
    if configuration.reachesOthers {
      configuration.resolver = options.resolver?.address ?? resolver()
    }
    configuration.published = options.publish.map(\.port)
    configuration.refusesToBreak = options.connections == .refuse
    guard seed == nil || !configuration.isThere else {
      throw Failure("a deterministic run has no network outside: neither --net nor --publish")
    }
    return configuration
  }

  /// The host's name server: the first in `/etc/resolv.conf`.
  private static func resolver() -> NetworkAddress? {
    // The C library's resolver reads only a few short lines, too.
    guard let file = try? InputFile("/etc/resolv.conf"),
      let text = try? file.read(at: 0, count: 65536)
    else { return nil }
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      guard words.count >= 2, words[0].elementsEqual("nameserver".utf8) else { continue }
      let address = String(decoding: words[1], as: UTF8.self)
      if let bytes = NetworkAddress.ipv4(address) ?? NetworkAddress.ipv6(address) {
        return NetworkAddress(bytes, port: ResolverOption.port)
      }
    }
    return nil
  }

  /// Checks that the published ports are free, before anything runs.
  ///
  /// - Parameter isHeld: somebody has the port, and hands it over.
  static func checkPublishedPorts(
    _ ports: [PublishedPort], _ host: PosixHost,
    except isHeld: (PublishedPort) -> Bool = { _ in false }
  ) throws(Failure) {
    for (index, port) in ports.enumerated() {
      for other in ports[..<index]
      where (other.port, other.isDatagram) == (port.port, port.isDatagram) {
        throw Failure("the guest's port \(port.port) is published twice")
      }
    }
    // All at the same time, so that no port is used twice.
    var handles: [HostHandle] = []
    defer { for handle in handles { host.close(handle) } }
    for port in ports where !isHeld(port) {
      do throws(HostError) { handles.append(try host.open(port.uri, .listen)) } catch {
        let failure = Failure("publishing \(port.host)", error)
        guard error == .addressInUse, let relay = ControlClient.relay(at: port) else {
          throw failure
        }
        throw Failure("\(failure.message): \(relay.name) forwards it for \(relay.guest)")
      }
    }
  }
}

extension OutsideConfiguration {
  /// The permission that it needs of the host.
  var permission: NetworkPermission {
    NetworkPermission(
      reachesOthers: reachesOthers, reachesLoopback: reachesLoopback,
      reachable: Set(resolver.map { [$0] } ?? []),
      services: Set(published.map(\.service)))
  }
}

extension PublishedPort {
  var service: NetworkPermission.Service { .init(isDatagram: isDatagram, address: host) }
}
