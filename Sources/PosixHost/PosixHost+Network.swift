internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension PosixHost {
  /// The backlog: connections that may wait to be accepted.
  private static let backlog: Int32 = 128

  func openNetwork(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle {
    guard let address = uri.networkAddress else { throw .invalid }
    let isDatagram = uri.scheme == .udp
    let isService = options.contains(.listen)
    let service = NetworkPermission.Service(isDatagram: isDatagram, address: address)
    guard isService || options.isSuperset(of: [.read, .write]) else { throw .invalid }
    if isService {
      try network.requireService(service)
    } else {
      try network.requireReachable(address)
    }
    if isService, let handle = try openProvided(service) { return handle }
    let descriptor = try system_socket(address, isDatagram: isDatagram)
    do throws(HostError) {
      if isService {
        try system_bind(descriptor, address, mayReuse: !isDatagram)
        if !isDatagram { try system_listen(descriptor, Self.backlog) }
      } else {
        try system_connect(descriptor, address)
      }
    } catch {
      system_close(descriptor)
      throw error
    }
    let handle = try adopt(descriptor)
    if isService { beginService(service, handle) }
    return handle
  }

  func beginService(_ service: NetworkPermission.Service, _ handle: HostHandle) {
    guard service.isDatagram else { return }
    let known = introduced.removeValue(forKey: service) ?? []
    streams[Int(handle.rawValue)]!.correspondents = Correspondents(known)
  }

  package func accept(_ handle: HostHandle)
    throws(HostError) -> (handle: HostHandle, peer: NetworkAddress)
  {
    _ = try stream(handle)
    let (descriptor, peer) = try system_accept_internet(handle.rawValue)
    return (try adopt(descriptor), peer)
  }

  package func finishConnecting(_ handle: HostHandle) throws(HostError) {
    _ = try stream(handle)
    guard system_poll_now(handle.rawValue, Int16(POLLOUT)) != 0 else { throw .wouldBlock }
    try system_check_error(handle.rawValue)
  }

  package func endWriting(_ handle: HostHandle) throws(HostError) {
    _ = try stream(handle)
    try system_end_writing(handle.rawValue)
  }

  package func localAddress(of handle: HostHandle) throws(HostError) -> NetworkAddress {
    _ = try stream(handle)
    return try system_local_address(handle.rawValue)
  }

  package func send(_ handle: HostHandle, _ bytes: RawSpan, to address: NetworkAddress?)
    throws(HostError)
  {
    let stream = try stream(handle)
    guard let address else { return try system_send_to(handle.rawValue, bytes, nil) }
    let route = stream.correspondents?.route(to: address)
    if route == nil { try network.requireReachable(address) }
    try system_send_to(handle.rawValue, bytes, route ?? address)
  }

  package func receive(_ handle: HostHandle, into buffer: inout MutableRawSpan)
    throws(HostError) -> (count: Int, source: NetworkAddress)
  {
    _ = try stream(handle)
    var received = try system_receive_from(handle.rawValue, &buffer)
    if let known = streams[Int(handle.rawValue)]!.correspondents?.note(received.source) {
      received.source = known
    }
    return received
  }
}
