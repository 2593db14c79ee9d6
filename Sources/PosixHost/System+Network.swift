// Raw calls on internet sockets; see System.swift.

internal import CPosixShims
internal import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

// SAFETY (all of this file): pointers passed to the calls below point to values or buffers that
// outlive the call, with the size that is passed beside them.

extension godwit_address {
  init(_ address: NetworkAddress) {
    self.init()
    length = UInt8(address.bytes.count)
    port = address.port
    // SAFETY: the field has sixteen bytes, and no address has more.
    unsafe withUnsafeMutableBytes(of: &bytes) { unsafe $0.copyBytes(from: address.bytes) }
  }

  var address: NetworkAddress {
    // SAFETY: any byte is valid.
    let all = unsafe withUnsafeBytes(of: bytes) { unsafe [UInt8]($0) }
    return NetworkAddress(Array(all.prefix(length == 4 ? 4 : 16)), port: port)
  }
}

func system_socket(_ address: NetworkAddress, isDatagram: Bool) throws(HostError) -> Int32 {
  var native = godwit_address(address)
  return try checked { unsafe godwit_socket_internet(&native, isDatagram ? 1 : 0) }
}

func system_bind(_ fd: Int32, _ address: NetworkAddress, mayReuse: Bool) throws(HostError) {
  var native = godwit_address(address)
  _ = try checked { unsafe godwit_bind_internet(fd, &native, mayReuse ? 1 : 0) }
}

/// Starts to connect; an interrupted call continues in the background (connect(2)).
func system_connect(_ fd: Int32, _ address: NetworkAddress) throws(HostError) {
  var native = godwit_address(address)
  guard unsafe godwit_connect_internet(fd, &native) != 0 else { return }
  let number = errno
  if number != EINPROGRESS && number != EINTR { throw HostError(errno: number) }
}

func system_accept_internet(_ fd: Int32) throws(HostError) -> (Int32, NetworkAddress) {
  var native = godwit_address()
  let descriptor = try checked { unsafe godwit_accept_internet(fd, &native) }
  return (descriptor, native.address)
}

func system_local_address(_ fd: Int32) throws(HostError) -> NetworkAddress {
  var native = godwit_address()
  _ = try checked { unsafe godwit_local_address(fd, &native) }
  return native.address
}

func system_peer_address(_ fd: Int32) throws(HostError) -> NetworkAddress {
  var native = godwit_address()
  _ = try checked { unsafe godwit_peer_address(fd, &native) }
  return native.address
}

/// Whether the socket takes datagrams, or else listens; nil if it does neither.
func system_is_datagram_service(_ fd: Int32) -> Bool? {
  switch godwit_service_type(fd) {
  case 0: false
  case 1: true
  default: nil
  }
}

/// Throws the pending error of the socket.
func system_check_error(_ fd: Int32) throws(HostError) {
  var number: Int32 = 0
  _ = try checked { unsafe godwit_socket_error(fd, &number) }
  if number != 0 { throw HostError(errno: number) }
}

func system_end_writing(_ fd: Int32) throws(HostError) {
  _ = try checked { godwit_end_writing(fd) }
}

func system_send_to(_ fd: Int32, _ bytes: RawSpan, _ address: NetworkAddress?) throws(HostError) {
  var native = address.map { godwit_address($0) }
  _ = try unsafe bytes.withUnsafeBytes { (bytes) throws(HostError) in
    if native != nil {
      return try checked {
        unsafe godwit_send_to(fd, bytes.baseAddress, bytes.count, &native!)
      }
    }
    return try checked { unsafe godwit_send_to(fd, bytes.baseAddress, bytes.count, nil) }
  }
}

func system_receive_from(_ fd: Int32, _ buffer: inout MutableRawSpan)
  throws(HostError) -> (count: Int, source: NetworkAddress)
{
  var native = godwit_address()
  let count = try unsafe buffer.withUnsafeMutableBytes { (bytes) throws(HostError) in
    try checked { unsafe godwit_receive_from(fd, bytes.baseAddress, bytes.count, &native) }
  }
  return (count, native.address)
}
