import LinuxABI
import Machine

extension Kernel {
  /// Writes a record of the process, which ends, to the accounting file (acct(2)).
  func account(for process: Process, _ status: ExitStatus) {
    guard let file = accountingFile else { return }
    let record = AccountingRecord(process, status, now: clock.boottime, wall: clock.realtime)
    _ = try? record.bytes.withRawSpan { (span) throws(Errno) in try file.write(from: span) }
  }
}

/// `struct acct_v3` (acct(5)).
private struct AccountingRecord {
  let bytes: [UInt8]

  init(_ process: Process, _ status: ExitStatus, now: Int64, wall: Int64) {
    var writer = ByteWriter(capacity: 64)
    // Forked and no more, a core file, killed. Whether it has used a privilege (ASU) is not known.
    var flags: UInt8 = process.life.hasExecuted ? 0 : 1
    let code: UInt32
    switch status {
    case .exited(let value): code = UInt32(UInt8(truncatingIfNeeded: value)) << 8
    case .killed(let signal):
      code = UInt32(signal)
      flags |= process.life.hasDumpedCore ? 24 : 16
    }
    writer.write(flags)
    writer.write(UInt8(3))
    writer.write(UInt16(0))
    writer.write(code)
    writer.write(process.credentials.realUID)
    writer.write(process.credentials.realGID)
    writer.write(process.pid)
    writer.write(process.parentPID)
    let elapsed = max(0, now - process.startTime)
    writer.write(UInt32(truncatingIfNeeded: (wall - elapsed) / 1_000_000_000))
    writer.write(Float(Double(elapsed) / 10_000_000).bitPattern)
    writer.write(Self.compressed(UInt64(process.processorTime.nanoseconds / 10_000_000)))
    writer.write(UInt16(0))
    writer.write(Self.compressed(process.space.mappedBytes >> 10))
    // Input and output, faults and swaps are not counted.
    writer.zero(10)
    writer.write(process.name.bytes)
    writer.pad(to: 64)
    bytes = writer.bytes
  }

  /// A `comp_t`: thirteen bits, and an exponent of 8, rounded.
  private static func compressed(_ value: UInt64) -> UInt16 {
    var (rest, exponent, rounds) = (value, UInt16(0), false)
    while rest > 8191 {
      rounds = rest & 4 != 0
      rest >>= 3
      exponent += 1
    }
    if rounds { rest += 1 }
    if rest > 8191 {
      rest >>= 3
      exponent += 1
    }
    return exponent > 7 ? .max : exponent << 13 | UInt16(rest)
  }
}
