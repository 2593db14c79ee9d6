import HostABI
import LinuxABI
import Machine

// What the registers of a call mean, as Docs/HostABI.json says under `passing`. A pointer that leads nowhere is EFAULT
// here, and `invalid` to the guest.

extension SyscallContext {
  /// The open file behind the handle in register `index`; EBADF.
  func handle(_ index: Int) throws(Errno) -> OpenFile {
    guard int(index) >= NativeProcess.firstHandle else { throw .EBADF }
    return try files.file(int(index))
  }

  /// Gives `file` a handle; with `isReadOnly` nothing beneath it may be changed.
  func giveHandle(_ file: OpenFile, isReadOnly: Bool = false) throws(Errno) -> SyscallResult {
    file.retain()
    defer { file.release() }
    let handle = try files.install(
      file, closeOnExec: false, minimum: NativeProcess.firstHandle,
      limit: process.limits.openFileLimit)
    if isReadOnly { process.native.readOnly.insert(handle) }
    return .value(handle)
  }

  /// Bytes whose address and length are in two registers.
  func bytes(_ index: Int, limit: Int, orElse tooLong: Errno) throws(Errno) -> [UInt8] {
    guard self[index + 1] <= UInt64(limit) else { throw tooLong }
    return try bytes(at: address(index), count: Int(self[index + 1]))
  }

  /// A buffer whose address and size are in two registers, cut to what a call moves at a time.
  func buffer(_ index: Int) throws(Errno) -> [Segment] {
    let limit = isa.userAddressLimit.rawValue
    guard self[index] <= limit, self[index + 1] <= limit - self[index] else { throw .EFAULT }
    let count = Int(min(self[index + 1], UInt64(Limits.MAX_RW_COUNT)))
    return count == 0 ? [] : [Segment(address: address(index), count: count)]
  }

  /// An offset in a file; nil for all ones.
  func offset(_ index: Int) throws(Errno) -> UInt64? {
    if self[index] == .max { return nil }
    guard signed(index) >= 0 else { throw .EINVAL }
    return self[index]
  }

  /// A moment of the monotonic clock; nil for the last one there is.
  func moment(_ index: Int) -> Int64? { signed(index) == .max ? nil : signed(index) }

  /// Writes the result of any length to where two registers say that there is room. The guest learns how much it is;
  /// what does not fit is not written.
  func answer(_ bytes: [UInt8], _ index: Int) throws(Errno) -> SyscallResult {
    if UInt64(bytes.count) <= self[index + 1] { try store(bytes, to: address(index)) }
    return .value(bytes.count)
  }

  /// The same call with other arguments, for a Linux call that does the work.
  func with(_ arguments: UInt64...) -> SyscallContext {
    var values = InlineArray<6, UInt64>(repeating: 0)
    for (index, value) in arguments.enumerated() { values[index] = value }
    return SyscallContext(
      kernel: kernel, task: task, frame: SyscallFrame(number: frame.number, arguments: values))
  }
}

/// A result for which there is none of its type: what is asked for is not there.
let nativeNone = UInt64(Int64.max)

// MARK: Structures

/// `struct godwit_name`.
struct NativeName {
  static let size = 16
  var directory: Int32
  var path: RelativePath

  init(_ call: SyscallContext, _ index: Int) throws(Errno) {
    var reader = ByteReader(try call.bytes(at: call.address(index), count: Self.size))
    directory = reader.read()
    let length: UInt32 = reader.read()
    guard length < UInt32(Limits.PATH_MAX) else { throw .ENAMETOOLONG }
    guard
      let path = RelativePath(
        try call.bytes(at: GuestAddress(reader.read() as UInt64), count: Int(length)))
    else { throw .EINVAL }
    self.path = path
  }
}

extension ByteWriter {
  /// `struct godwit_time`.
  mutating func write(_ time: HostTime) {
    write(time.seconds)
    write(time.nanoseconds)
    zero(4)
  }

  /// `struct godwit_address`.
  mutating func write(_ address: NetworkAddress) {
    write(address.bytes)
    zero(16 - address.bytes.count)
    write(address.port)
    write(UInt8(address.bytes.count))
    zero(1)
  }

  /// `struct godwit_attributes`.
  mutating func write(_ status: FileStatus) {
    write(FileKind(status.type).rawValue)
    zero(1)
    write(UInt16(truncatingIfNeeded: status.permissions))
    write(status.uid)
    write(status.gid)
    write(status.represents.major)
    write(status.represents.minor)
    zero(4)
    for value in [
      status.linkCount, status.size, status.blocks, status.device.rawValue, status.inode,
    ] {
      write(value)
    }
    // No file system here records a birth.
    write(HostTime())
    for time in [status.accessed, status.modified, status.changed] { write(time.hostTime) }
  }
}

extension ByteReader {
  /// `struct godwit_time`: EINVAL for nanoseconds that are none.
  mutating func time() throws(Errno) -> Timespec {
    let seconds: Int64 = read()
    let nanoseconds: Int32 = read()
    let _: UInt32 = read()
    guard (0..<1_000_000_000).contains(nanoseconds) else { throw .EINVAL }
    return Timespec(tv_sec: seconds, tv_nsec: Int64(nanoseconds))
  }
}

extension NetworkAddress {
  init(_ endpoint: Endpoint) {
    let bytes = endpoint.address.v6Bytes
    self.init(endpoint.address.isV4 ? Array(bytes[12...]) : bytes, port: endpoint.port)
  }

  /// `struct godwit_address`: EINVAL for one of no family.
  init(_ call: SyscallContext, _ index: Int) throws(Errno) {
    let image = try call.bytes(at: call.address(index), count: 20)
    guard image[18] == 4 || image[18] == 16 else { throw .EINVAL }
    self.init(
      Array(image[..<Int(image[18])]), port: UInt16(image[16]) | UInt16(image[17]) << 8)
  }

  var endpoint: Endpoint {
    isIPv6
      ? Endpoint(IPAddress(v6: bytes), port)
      : Endpoint(IPAddress(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) }), port)
  }
}
