import LinuxABI
import Snapshot

/// Where the numbers of a snapshot may lie. A number enters the library OS through `checked`, once, and
/// needs no second look: what is computed from values in these ranges does not overflow.
enum SavedRange {
  /// Processes, threads, groups and sessions.
  static let pid: ClosedRange<Int32> = 1...Kernel.pidLimit
  /// The same, or none.
  static let optionalPID: ClosedRange<Int32> = 0...Kernel.pidLimit
  static let signal: ClosedRange<Int32> = 1...Signal.count
  static let optionalSignal: ClosedRange<Int32> = 0...Signal.count
  /// What clone(2) takes, which checks nothing: a number beyond the signals sends none.
  static let exitSignal: ClosedRange<Int32> = 0...Int32(CloneFlags.CSIGNAL)
  /// Bytes: what lseek(2) can reach.
  static let fileOffset: ClosedRange<UInt64> = 0...UInt64(Int64.max)
  /// Nanoseconds that a clock shows: 73 years.
  static let clock: ClosedRange<Int64> = 0...1 << 61
  /// Numbers that only ever count up by one: inodes, calls, sequences.
  static let counter: ClosedRange<UInt64> = 0...1 << 62
}

/// `value`, which must lie in `range`; else the snapshot is refused, and `what` names the value.
func checked<V: Comparable>(
  _ value: V, _ range: ClosedRange<V>, _ what: @autoclosure () -> String
) throws(SnapshotError) -> V {
  guard range.contains(value) else { throw .invalidState("\(what()) (\(value))") }
  return value
}

/// `value` in a narrower type, which must hold it; else the snapshot is refused, and `what` names the value.
func narrowed<V: BinaryInteger, N: FixedWidthInteger>(
  _ value: V, _ what: @autoclosure () -> String
) throws(SnapshotError) -> N {
  guard let narrow = N(exactly: value) else { throw .invalidState("\(what()) (\(value))") }
  return narrow
}

/// The bytes of a field, of which there may be `limit`.
func bounded(_ bytes: some Collection<UInt8>, _ limit: Int, _ what: @autoclosure () -> String)
  throws(SnapshotError) -> [UInt8]
{
  guard bytes.count <= limit else { throw .invalidState("\(what()) of \(bytes.count) bytes") }
  return Array(bytes)
}

extension GuestDuration {
  init(saved nanoseconds: Int64, _ what: @autoclosure () -> String) throws(SnapshotError) {
    self.init(clamping: try checked(nanoseconds, Self.range, what()))
  }
}

extension TaskName {
  init(saved bytes: [UInt8], _ what: @autoclosure () -> String) throws(SnapshotError) {
    self.init(bytes)
    guard self.bytes == bytes else { throw .invalidState("\(what()) (\(text(bytes)))") }
  }
}

/// The errno with which a call asks to be made again; nil for 0.
func restartErrno(_ value: Int32) throws(SnapshotError) -> Errno? {
  guard value != 0 else { return nil }
  guard Errno(rawValue: value).isRestart else { throw .invalidState("the restart errno \(value)") }
  return Errno(rawValue: value)
}
