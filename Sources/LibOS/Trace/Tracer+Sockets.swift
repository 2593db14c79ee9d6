import LinuxABI
import Machine

extension Tracer {
  /// `SOCK_STREAM|SOCK_CLOEXEC`.
  func socketType(_ value: UInt64) -> String {
    let low = UInt32(truncatingIfNeeded: value) & 0xf
    let type = SocketType(rawValue: low).map { "\($0)" } ?? "\(low)"
    let flags = SocketFlags(rawValue: UInt32(truncatingIfNeeded: value) & ~0xf)
    return flags.isEmpty ? type : "\(type)|\(flags)"
  }

  /// `{AF_INET, 127.0.0.1:80}`, `{AF_UNIX, "/run/name"}`.
  func socketAddress(_ address: UInt64, _ length: Int, _ space: AddressSpace) -> String {
    if address == 0 { return "NULL" }
    guard (2...128).contains(length),
      let bytes = try? space.bytes(at: GuestAddress(address), count: length)
    else { return "0x" + String(address, radix: 16) }
    let number = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
    switch AddressFamily(rawValue: number) {
    case .AF_INET where length >= SockaddrIn.byteCount:
      return "{AF_INET, \(Endpoint(in4: bytes))}"
    case .AF_INET6 where length >= SockaddrIn6.byteCount - 4:
      return "{AF_INET6, \(Endpoint(in6: bytes))}"
    case .AF_UNIX:
      let name = Array(bytes.dropFirst(2))
      guard name.first == 0 else {
        return "{AF_UNIX, \(quote(Array(name.prefix { $0 != 0 }), limit: 108))}"
      }
      return "{AF_UNIX, @\(quote(Array(name.dropFirst()), limit: 108))}"
    case let family?: return "{\(family)}"
    case nil: return "{\(number)}"
    }
  }
}
