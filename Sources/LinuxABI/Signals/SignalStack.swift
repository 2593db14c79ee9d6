/// `stack_t`: an alternate signal stack (`sigaltstack(2)`).
///
/// As the kernel keeps it for a thread, `ss_flags` holds what was set (`SS_DISABLE` at first), not
/// whether the thread is on it: `status(stackPointer:)` says that.
package struct SignalStack: GuestStruct {
  package static let byteCount = 24

  package var ss_sp: UInt64
  package var ss_flags: Flags
  package var ss_size: UInt64

  package init(ss_sp: UInt64 = 0, ss_flags: Flags = .SS_DISABLE, ss_size: UInt64 = 0) {
    self.ss_sp = ss_sp
    self.ss_flags = ss_flags
    self.ss_size = ss_size
  }

  package init(from reader: inout ByteReader) {
    ss_sp = reader.read()
    ss_flags = Flags(rawValue: reader.read())
    reader.skip(4)
    ss_size = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(ss_sp)
    writer.write(ss_flags.rawValue)
    writer.zero(4)
    writer.write(ss_size)
  }

  /// The `ss_flags` of `stack_t`.
  package struct Flags: NamedFlags {
    package var rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let SS_ONSTACK = Flags(rawValue: 1)
    package static let SS_DISABLE = Flags(rawValue: 2)
    /// Disabled while a handler runs on it, and set again by `rt_sigreturn`.
    package static let SS_AUTODISARM = Flags(rawValue: 0x8000_0000)

    package static let names: [(name: String, value: Flags)] = [
      ("SS_ONSTACK", SS_ONSTACK),
      ("SS_DISABLE", SS_DISABLE),
      ("SS_AUTODISARM", SS_AUTODISARM),
    ]
  }

  /// The address above the highest byte, where a frame starts.
  package var top: UInt64 { ss_sp &+ ss_size }

  /// Whether `stackPointer` lies in it (`__on_sig_stack` in `linux/sched/signal.h`).
  package func contains(_ stackPointer: UInt64) -> Bool {
    stackPointer > ss_sp && stackPointer &- ss_sp <= ss_size
  }

  /// Whether a thread with this stack pointer counts as running on it: never with
  /// `SS_AUTODISARM` (`on_sig_stack`).
  package func isInUse(stackPointer: UInt64) -> Bool {
    !ss_flags.contains(.SS_AUTODISARM) && contains(stackPointer)
  }

  /// `SS_DISABLE`, `SS_ONSTACK` or nothing: what `sigaltstack` reports (`sas_ss_flags`).
  package func status(stackPointer: UInt64) -> Flags {
    if ss_size == 0 { return .SS_DISABLE }
    return isInUse(stackPointer: stackPointer) ? .SS_ONSTACK : []
  }
}
