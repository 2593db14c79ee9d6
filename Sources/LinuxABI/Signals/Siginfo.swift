/// `siginfo_t`: a signal with what is known about it (`sigaction(2)`, `asm-generic/siginfo.h`).
///
/// 128 bytes in guest memory, of which the kernel uses the first 48: three integers, then a union
/// kept here as four words, so that what one program queues for another arrives bit by bit. The
/// accessors read the union as each layout has it; `layout` says which one applies.
package struct Siginfo: GuestStruct {
  package static let byteCount = 128

  package var si_signo: Int32
  package var si_errno: Int32
  package var si_code: Int32
  /// Bytes 12 to 15, which mean nothing, but arrive as they were queued.
  package var padding: UInt32 = 0
  /// Bytes 16 to 47.
  package var words: (UInt64, UInt64, UInt64, UInt64)

  package init(
    signal: Signal, code: Int32, words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  ) {
    si_signo = signal.rawValue
    si_errno = 0
    si_code = code
    self.words = words
  }

  package var signal: Signal { Signal(rawValue: si_signo) }

  package init(from reader: inout ByteReader) {
    si_signo = reader.read()
    si_errno = reader.read()
    si_code = reader.read()
    padding = reader.read()
    words = (reader.read(), reader.read(), reader.read(), reader.read())
    reader.skip(80)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(si_signo)
    writer.write(si_errno)
    writer.write(si_code)
    writer.write(padding)
    writer.write(words.0)
    writer.write(words.1)
    writer.write(words.2)
    writer.write(words.3)
    writer.zero(80)
  }

  package static func == (a: Siginfo, b: Siginfo) -> Bool {
    a.si_signo == b.si_signo && a.si_errno == b.si_errno && a.si_code == b.si_code
      && a.padding == b.padding && a.words == b.words
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(si_signo)
    hasher.combine(si_errno)
    hasher.combine(si_code)
    hasher.combine(padding)
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

private func pair(_ low: UInt32, _ high: UInt32) -> UInt64 { UInt64(low) | UInt64(high) << 32 }

extension Siginfo {
  /// From `kill`, `tkill`, or the kernel itself (`SI_USER`, `SI_TKILL`, `SI_KERNEL`).
  package static func kill(_ signal: Signal, code: Int32, pid: Int32, uid: UInt32) -> Siginfo {
    Siginfo(signal: signal, code: code, words: (pair(UInt32(bitPattern: pid), uid), 0, 0, 0))
  }

  /// From a POSIX timer (`SI_TIMER`).
  package static func timer(_ signal: Signal, id: Int32, overrun: Int32, value: UInt64) -> Siginfo {
    let first = pair(UInt32(bitPattern: id), UInt32(bitPattern: overrun))
    return Siginfo(signal: signal, code: SignalCode.SI_TIMER, words: (first, value, 0, 0))
  }

  /// From `rt_sigqueueinfo` and the like (`SI_QUEUE`).
  package static func queue(
    _ signal: Signal, code: Int32 = SignalCode.SI_QUEUE, pid: Int32, uid: UInt32, value: UInt64
  ) -> Siginfo {
    Siginfo(signal: signal, code: code, words: (pair(UInt32(bitPattern: pid), uid), value, 0, 0))
  }

  /// About a child; times in ticks of 1/100 s.
  package static func child(
    _ signal: Signal = .SIGCHLD, code: Int32, pid: Int32, uid: UInt32, status: Int32,
    utime: Int64 = 0, stime: Int64 = 0
  ) -> Siginfo {
    Siginfo(
      signal: signal, code: code,
      words: (
        pair(UInt32(bitPattern: pid), uid), UInt64(UInt32(bitPattern: status)),
        UInt64(bitPattern: utime), UInt64(bitPattern: stime)
      ))
  }

  /// From an instruction. `leastSignificantBit` is `si_addr_lsb`, of `BUS_MCEERR_*` only.
  package static func fault(
    _ signal: Signal, code: Int32, address: UInt64, leastSignificantBit: UInt16 = 0
  ) -> Siginfo {
    Siginfo(signal: signal, code: code, words: (address, UInt64(leastSignificantBit), 0, 0))
  }

  /// About I/O on a descriptor (`SI_SIGIO` for a signal whose codes mean something else).
  package static func poll(_ signal: Signal = .SIGPOLL, code: Int32, band: Int64, fd: Int32)
    -> Siginfo
  {
    let others: SignalSet = [.SIGILL, .SIGFPE, .SIGSEGV, .SIGBUS, .SIGTRAP, .SIGCHLD, .SIGSYS]
    return Siginfo(
      signal: signal, code: others.contains(signal) ? SignalCode.SI_SIGIO : code,
      words: (UInt64(bitPattern: band), UInt64(UInt32(bitPattern: fd)), 0, 0))
  }

  /// About a system call that was not made, `code` being `SYS_*`; `architecture` is an `AUDIT_ARCH_*`.
  package static func sys(
    _ code: Int32, callAddress: UInt64, number: Int32, architecture: UInt32, errno: Int32
  ) -> Siginfo {
    var info = Siginfo(
      signal: .SIGSYS, code: code,
      words: (callAddress, pair(UInt32(bitPattern: number), architecture), 0, 0))
    info.si_errno = errno
    return info
  }
}

extension Siginfo {
  private static func low(_ word: UInt64) -> Int32 { Int32(truncatingIfNeeded: word) }
  private static func high(_ word: UInt64) -> Int32 { Int32(truncatingIfNeeded: word >> 32) }

  package var si_pid: Int32 { Self.low(words.0) }
  package var si_uid: UInt32 { UInt32(bitPattern: Self.high(words.0)) }
  package var si_timerid: Int32 { Self.low(words.0) }
  package var si_overrun: Int32 {
    get { Self.high(words.0) }
    set { words.0 = pair(UInt32(bitPattern: si_timerid), UInt32(bitPattern: newValue)) }
  }
  /// `si_value`, whose pointer and integer start at the same byte.
  package var si_value: UInt64 { words.1 }
  package var si_status: Int32 { Self.low(words.1) }
  package var si_utime: Int64 { Int64(bitPattern: words.2) }
  package var si_stime: Int64 { Int64(bitPattern: words.3) }
  package var si_addr: UInt64 { words.0 }
  package var si_addr_lsb: UInt16 { UInt16(truncatingIfNeeded: words.1) }
  package var si_lower: UInt64 { words.2 }
  package var si_upper: UInt64 { words.3 }
  package var si_band: Int64 { Int64(bitPattern: words.0) }
  package var si_fd: Int32 { Self.low(words.1) }
  package var si_call_addr: UInt64 { words.0 }
  package var si_syscall: Int32 { Self.low(words.1) }
  package var si_arch: UInt32 { UInt32(bitPattern: Self.high(words.1)) }
}
