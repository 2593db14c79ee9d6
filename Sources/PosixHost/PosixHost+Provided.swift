package import HostABI

// Sockets at addresses of this machine that another process has bound and hands over: nobody who connects meanwhile is
// refused.

extension PosixHost {
  /// Has `open` use `socket` for the service whose address it has.
  ///
  /// - Returns: false if that is no service which the picoprocess may offer.
  @discardableResult
  package func provide(_ socket: ByteStream) -> Bool {
    guard let service = socket.service, network.services.contains(service) else { return false }
    provided[service] = socket
    return true
  }

  /// Whether a socket for `service` is there, and was not opened.
  package func hasProvided(_ service: NetworkPermission.Service) -> Bool {
    provided[service] != nil
  }

  /// Closes those that were not opened.
  package func discardProvided() { provided = [:] }

  func openProvided(_ service: NetworkPermission.Service) throws(HostError) -> HostHandle? {
    guard let socket = provided.removeValue(forKey: service) else { return nil }
    let handle = try adopt(socket)
    beginService(service, handle)
    return handle
  }
}

extension ByteStream {
  /// What others reach at this socket; nil if it neither listens nor takes datagrams.
  package var service: NetworkPermission.Service? {
    withExtendedLifetime(self) {
      guard let isDatagram = system_is_datagram_service(descriptor),
        let address = try? system_local_address(descriptor)
      else { return nil }
      return NetworkPermission.Service(isDatagram: isDatagram, address: address)
    }
  }
}
