package import LinuxABI
package import Machine

/// How an argument reads in a trace.
package enum ArgumentKind: Sendable {
  case int, unsigned, hex, address, size, octal
  case fd, dirfd, path, signal, pid, futexOperation
  /// The flags of open(2), and the mode, which counts only where they make a file.
  case openFlags
  case openMode(flags: Int)
  /// A buffer that the guest filled; its length is the argument at the index given.
  case inBuffer(length: Int)
  /// A buffer that the call fills; its length is the call's result.
  case outBuffer
  /// A NULL-terminated array of strings.
  case strings
  /// Bits with names, and how the rest shows: `O_RDONLY|O_CLOEXEC`. The names are made when they are needed,
  /// which they hardly ever are.
  case flags(@Sendable () -> [FlagName])
  /// One of several values, likewise.
  case oneOf(@Sendable () -> [FlagName])
  /// `struct timespec *`.
  case timespec
  /// `struct sockaddr *`; its length is the argument at the index given.
  case socketAddress(length: Int)
  /// A type of socket, with flags.
  case socketType
  /// A level of socket options, and an option of the level that is the argument at the index given.
  case socketLevel
  case socketOption(level: Int)
}

/// A bit or value with its Linux name.
package struct FlagName: Sendable {
  package var value: UInt64
  package var name: String
  package init(_ value: UInt64, _ name: String) {
    self.value = value
    self.name = name
  }
}

/// How complete a system call is.
package enum Support: String, Sendable {
  case full, partial
  /// Answers ENOSYS or another error by design; the note says why.
  case refused
  /// Not there: ENOSYS, and named at exit under `--stats`.
  case missing
}

/// All there is to know about one system call: dispatch, `--trace`, `Docs/Syscalls.md` and the
/// summary of missing calls are made from these rows.
package struct SyscallRow: Sendable {
  package typealias Handler = @Sendable (SyscallContext) throws(Errno) -> SyscallResult

  package var name: String
  /// The number on x86-64; nil where that ISA lacks the call.
  package var x64: Int?
  /// The number in the generic table (AArch64, RISC-V); nil where it lacks the call.
  package var generic: Int?
  /// The ISAs that have the call.
  package var isas: [GuestISA]
  package var arguments: [ArgumentKind]
  package var support: Support
  package var note: String
  package var handler: Handler

  /// - Parameter isas: those that have the call, of the ISAs whose table has a number for it.
  package init(
    _ name: String, x64: Int?, generic: Int?, _ arguments: [ArgumentKind],
    support: Support = .full, note: String = "", on isas: [GuestISA] = GuestISA.allCases,
    _ handler: @escaping Handler
  ) {
    self.name = name
    self.x64 = x64
    self.generic = generic
    self.arguments = arguments
    self.support = support
    self.note = note
    self.isas = isas
    self.handler = handler
  }

  package func number(on isa: GuestISA) -> Int? {
    guard isas.contains(isa) else { return nil }
    return switch isa {
    case .x86_64: x64
    case .aarch64, .riscv64: generic
    }
  }
}

extension ArgumentKind {
  /// The bits of a flag type of `LinuxABI`.
  package static func flags<F: NamedFlags>(of type: F.Type) -> ArgumentKind
  where F.RawValue: FixedWidthInteger & UnsignedInteger {
    .flags { F.names.map { FlagName(UInt64($0.value.rawValue), $0.name) } }
  }

  /// The values of a type of `LinuxABI`, whose cases are named as Linux does.
  package static func oneOf<V: CaseIterable & RawRepresentable & Sendable>(_ type: V.Type)
    -> ArgumentKind where V.RawValue: FixedWidthInteger
  {
    .oneOf { V.allCases.map { FlagName(UInt64($0.rawValue), "\($0)") } }
  }
}
