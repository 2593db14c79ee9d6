import HostABI
import LinuxABI
import Machine

// Guests of the host ABI itself: no Linux system calls, but the calls of Docs/HostABI.md by number, through the ISA's own
// trap. They are answered from the objects that Linux processes have, so all that is known of these holds: what they
// reach, how they wait, how they are saved.

extension SyscallTable {
  /// The calls of both halves, by the numbers of Docs/HostABI.json; the same on every ISA.
  package static let native = SyscallTable(
    [nativeRows], .x86_64, fallback: { _ throws(Errno) in .nativeError(.notSupported) })

  package static let nativeRows: [SyscallRow] =
    nativeStreamRows + nativeNameRows + nativeTerminalRows + nativeNetworkRows + nativeTimeRows
    + nativeMachineRows + nativeMemoryRows + nativeThreadRows + nativeExceptionRows
}

/// A call of the host ABI. It answers a number that is not negative, or minus the number of the contract's error.
func nativeCall(
  _ number: Int, _ name: String, _ arguments: [ArgumentKind],
  _ body: @escaping @Sendable (SyscallContext) throws(Errno) -> SyscallResult
) -> SyscallRow {
  SyscallRow(name, x64: number, generic: number, arguments) { call throws(Errno) in
    do throws(Errno) { return try body(call) } catch {
      if error.isRestart { throw error }
      return .nativeError(HostError(error))
    }
  }
}

extension SyscallResult {
  static func nativeError(_ error: HostError) -> SyscallResult { .value(-error.number) }
}

extension HostError {
  /// Its place among the contract's errors, from 1.
  var number: Int { Self.allCases.firstIndex(of: self)! + 1 }

  /// What a guest of the host ABI sees of what a Linux program would.
  init(_ errno: Errno) {
    switch errno {
    case .ENODEV: self = .noDevice
    case .EMFILE: self = .tooManyOpen
    case .ENOSYS, .EAFNOSUPPORT, .EPROTONOSUPPORT: self = .notSupported
    case .EINPROGRESS, .EALREADY: self = .wouldBlock
    case .ECONNABORTED, .ENOTCONN: self = .connectionReset
    case .ENAMETOOLONG, .ERANGE: self = .nameTooLong
    case .E2BIG: self = .noSpace
    default: self = Self.byErrno[errno] ?? .invalid
    }
  }

  private static let byErrno = Dictionary(uniqueKeysWithValues: allCases.map { (Errno($0), $0) })
}
