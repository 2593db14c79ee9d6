/// What a picoprocess may do on the network; by default, nothing. This is decided here and nowhere else.
package struct NetworkPermission: Hashable, Sendable {
  /// A transport with an address of this machine.
  package struct Service: Hashable, Sendable {
    package var isDatagram: Bool
    package var address: NetworkAddress
    package init(isDatagram: Bool, address: NetworkAddress) {
      self.isDatagram = isDatagram
      self.address = address
    }
  }

  /// It may connect to other machines and send to them.
  package var reachesOthers = false
  /// It may connect and send to programs on this machine that listen on a loopback address.
  package var reachesLoopback = false
  /// Further addresses that it may send to.
  package var reachable: Set<NetworkAddress> = []
  /// The addresses at which others may reach it.
  package var services: Set<Service> = []

  package init(
    reachesOthers: Bool = false, reachesLoopback: Bool = false,
    reachable: Set<NetworkAddress> = [], services: Set<Service> = []
  ) {
    self.reachable = reachable
    self.reachesOthers = reachesOthers
    self.reachesLoopback = reachesLoopback
    self.services = services
  }

  /// Throws `networkUnreachable` unless the picoprocess may send to `address`.
  package func requireReachable(_ address: NetworkAddress) throws(HostError) {
    if reachable.contains(address) { return }
    guard address.isLoopback ? reachesLoopback : reachesOthers else { throw .networkUnreachable }
  }

  /// Throws `permissionDenied` unless others may send to the picoprocess at `address`. The unspecified
  /// address with any port, used only to send, is allowed if the picoprocess may send at all.
  package func requireService(_ service: Service) throws(HostError) {
    if services.contains(service) { return }
    let isForSending = service.isDatagram && service.address.port == 0 && service.address.isAny
    guard isForSending, reachesOthers || reachesLoopback else { throw .permissionDenied }
  }
}

extension NetworkAddress {
  package var isAny: Bool { bytes.allSatisfy { $0 == 0 } }

  /// Whether the address is this machine's, so that nothing sent there leaves it.
  package var isLoopback: Bool {
    if isAny { return true }
    guard isIPv6 else { return bytes[0] == 127 }
    let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [255, 255]
    if bytes.starts(with: mapped) { return bytes[12] == 127 || bytes[12...].allSatisfy { $0 == 0 } }
    return bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
  }
}
