import HostABI
import LibOS
import Machine
import PosixHost
import UnicornEngine

extension Picoprocess {
  /// Confines this process to what the guest's configuration needs, then starts serving control connections.
  ///
  /// To be called after everything that needs more rights (resolving the root and mounts, opening reports,
  /// listening at the control socket), and before any hostile input is read (the program, or the state in a
  /// snapshot).
  func confine() throws(Failure) {
    try leaveRecord()
    if options.sandbox != .off {
      try reserveEngines()
      confinement = requirements().enter()
      if options.sandbox == .require, !confinement.isFull {
        throw Failure("no sandbox: this host lacks \(confinement.missing.joined(separator: ", "))")
      }
    }
    startControl()
  }

  /// Leaves a record of the files of the host that this process is given, which it can't change once it is confined.
  private func leaveRecord() throws(Failure) {
    guard let listener else { return }
    try withFailure("the control socket of \(name)") { () throws(HostError) in
      try listener.leave(record: GrantRecord(tree).bytes)
    }
  }

  /// Maps the executable memory for all engines that may be needed: one per ISA, and twice as many if
  /// restored machines replace running ones.
  private func reserveEngines() throws(Failure) {
    let machines = options.suspendEvery == nil ? 1 : 2
    do throws(EngineError) {
      try UnicornEngine.reserve(GuestISA.allCases.count * machines)
    } catch { throw Failure("the processor can't be emulated: \(error)") }
  }

  /// What the guest's configuration needs of the host.
  private func requirements() -> Confinement {
    var confinement = Confinement()
    confinement.network = host.network
    // The root and the mounts.
    for grant in host.grants { confinement.grant(grant) }
    if options.console == nil { confinement.grant(.terminal, Array("/dev/tty".utf8)) }
    if let listener { confinement.grant(.remove, listener.directory) }
    if let output = options.output { confinement.grant(.change, Output.directory(output)) }
    return confinement
  }
}
