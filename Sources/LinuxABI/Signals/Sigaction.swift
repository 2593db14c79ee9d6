package import Machine

/// The kernel's `struct sigaction` (`rt_sigaction(2)`).
///
/// AArch64 keeps the restorer too, though its programs leave it out: the vDSO has one. RISC-V has no place for it.
package struct Sigaction: GuestISAStruct {

  /// A guest function, or `SIG_DFL` or `SIG_IGN`.
  package var handler: UInt64
  package var flags: SigactionFlags
  package var restorer: UInt64
  package var mask: SignalSet

  package static let SIG_DFL: UInt64 = 0
  package static let SIG_IGN: UInt64 = 1

  package init(
    handler: UInt64 = Sigaction.SIG_DFL, flags: SigactionFlags = [], restorer: UInt64 = 0,
    mask: SignalSet = []
  ) {
    self.handler = handler
    self.flags = flags
    self.restorer = restorer
    self.mask = mask
  }

  private static func hasRestorer(_ isa: GuestISA) -> Bool {
    switch isa {
    case .x86_64, .aarch64: true
    case .riscv64: false
    }
  }

  package static func byteCount(for isa: GuestISA) -> Int { hasRestorer(isa) ? 32 : 24 }

  package init(from reader: inout ByteReader, isa: GuestISA) {
    handler = reader.read()
    flags = SigactionFlags(rawValue: reader.read())
    restorer = Self.hasRestorer(isa) ? reader.read() : 0
    mask = SignalSet(rawValue: reader.read())
  }

  package func encode(to writer: inout ByteWriter, isa: GuestISA) {
    writer.write(handler)
    writer.write(flags.rawValue)
    if Self.hasRestorer(isa) { writer.write(restorer) }
    writer.write(mask.rawValue)
  }

  /// A function of the guest's is called.
  package var isCaught: Bool { handler != Self.SIG_DFL && handler != Self.SIG_IGN }
}

/// The `sa_flags` of `sigaction(2)`.
package struct SigactionFlags: NamedFlags {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let SA_NOCLDSTOP = SigactionFlags(rawValue: 0x1)
  package static let SA_NOCLDWAIT = SigactionFlags(rawValue: 0x2)
  package static let SA_SIGINFO = SigactionFlags(rawValue: 0x4)
  /// Never supported: a program sets it to learn which flags the kernel clears.
  package static let SA_UNSUPPORTED = SigactionFlags(rawValue: 0x400)
  package static let SA_EXPOSE_TAGBITS = SigactionFlags(rawValue: 0x800)
  package static let SA_RESTORER = SigactionFlags(rawValue: 0x400_0000)
  package static let SA_ONSTACK = SigactionFlags(rawValue: 0x800_0000)
  package static let SA_RESTART = SigactionFlags(rawValue: 0x1000_0000)
  package static let SA_NODEFER = SigactionFlags(rawValue: 0x4000_0000)
  package static let SA_RESETHAND = SigactionFlags(rawValue: 0x8000_0000)

  package static let names: [(name: String, value: SigactionFlags)] = [
    ("SA_NOCLDSTOP", SA_NOCLDSTOP),
    ("SA_NOCLDWAIT", SA_NOCLDWAIT),
    ("SA_SIGINFO", SA_SIGINFO),
    ("SA_UNSUPPORTED", SA_UNSUPPORTED),
    ("SA_EXPOSE_TAGBITS", SA_EXPOSE_TAGBITS),
    ("SA_RESTORER", SA_RESTORER),
    ("SA_ONSTACK", SA_ONSTACK),
    ("SA_RESTART", SA_RESTART),
    ("SA_NODEFER", SA_NODEFER),
    ("SA_RESETHAND", SA_RESETHAND),
  ]

  /// Those the kernel keeps; it clears all others (`UAPI_SA_FLAGS` and `SA_EXPOSE_TAGBITS`).
  package static func supported(on isa: GuestISA) -> SigactionFlags {
    switch isa {
    case .x86_64, .aarch64: all.subtracting(.SA_UNSUPPORTED)
    case .riscv64: all.subtracting([.SA_UNSUPPORTED, .SA_RESTORER])
    }
  }
}
