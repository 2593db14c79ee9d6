package import HostABI

/// Code that this process makes, written down for `perf inject --jit` in the format of Linux's
/// `tools/perf/Documentation/jitdump-specification.txt`.
@safe package final class JitDump {
  private let file: OutputFile
  /// perf notices the file by this mapping of it.
  private let mark: UnsafeRawPointer
  private static let markSize = 1
  private var count: UInt64 = 0

  /// Begins the file `jit-PID.dump` in a directory.
  package init(in directory: String) throws(HostError) {
    file = try OutputFile(mapped: "\(directory)/jit-\(HostProcess.id).dump")
    // SAFETY: never read; unmapped in deinit.
    unsafe mark = try file.map(count: Self.markSize, isCode: true)
    // The number of an ELF machine is in that of an architecture.
    let machine = (system_architecture?.auditNumber ?? 0) & 0xffff
    var header: [UInt8] = []
    for word: UInt32 in [0x4a69_5444, 1, 40, machine, 0, UInt32(HostProcess.id)] {
      header.append(word)
    }
    header.append(UInt64(HostProcess.monotonicTime))
    header.append(UInt64(0))
    try file.write(header)
  }

  deinit {
    // SAFETY: what init mapped.
    unsafe system_munmap(mark, Self.markSize)
  }

  /// Notes that from now on `code` is at `address`. What can't be written is left out.
  package func add(_ code: RawSpan, at address: UInt, named name: String) {
    let process = UInt32(HostProcess.id)
    let size = 56 + name.utf8.count + 1 + code.byteCount
    var record: [UInt8] = []
    record.reserveCapacity(size)
    record.append(UInt32(0))  // JIT_CODE_LOAD
    record.append(UInt32(size))
    record.append(UInt64(HostProcess.monotonicTime))
    record.append(process)
    record.append(process)
    for word in [UInt64(address), UInt64(address), UInt64(code.byteCount), count] {
      record.append(word)
    }
    record += name.utf8
    record.append(UInt8(0))
    // SAFETY: read only, during the call.
    unsafe code.withUnsafeBytes { unsafe record += $0 }
    count += 1
    try? file.write(record)
  }
}

extension [UInt8] {
  /// Appends a number in the order of the host.
  fileprivate mutating func append(_ number: some FixedWidthInteger & BitwiseCopyable) {
    // SAFETY: the bytes of an integer.
    unsafe Swift.withUnsafeBytes(of: number) { unsafe self += $0 }
  }
}
