import LinuxABI
import Machine
import TestSupport
import Testing

import LibOS

/// A machine that nobody uses any more gives all its memory back, whatever the guest has done.
@Suite struct AbandonedMachineTests {
  enum Deed: CaseIterable { case nothing, calls, looksAtProc, digest, resumes, execve, badExecve }

  @Test(arguments: Deed.allCases) func itsMemoryIsGivenBack(_ deed: Deed) throws {
    weak var arena: FrameArena?
    weak var kernel: Kernel?
    try run(deed, &arena, &kernel)
    #expect(kernel == nil)
    #expect(arena == nil)
  }

  private func run(_ deed: Deed, _ arena: inout FrameArena?, _ kernel: inout Kernel?) throws {
    let machine = SignalMachine(.x86_64)
    arena = machine.kernel.arena
    kernel = machine.kernel
    let guest = ResumedGuest(kernel: machine.kernel, host: machine.host)
    switch deed {
    case .nothing: break
    case .calls:
      var values = HostileValues(seed: 1)
      guest.run(calls: 50, &values)
    case .looksAtProc: _ = guest.readAllOfProc()
    case .digest: _ = try machine.kernel.digestState()
    case .resumes: _ = try machine.resumed()
    case .badExecve: machine.perform("execve", 1, 2, 3)
    case .execve:
      let fd = try machine.open("/tmp/program", [.O_RDWR, .O_CREAT], 0o755)
      _ = try ELFFile.program.bytes.withRawSpan { span throws(Errno) in
        try machine.process.files.file(fd).write(from: span)
      }
      try machine.process.files.close(fd)
      machine.store(Array("/tmp/program".utf8) + [0])
      machine.perform("execve", SignalMachine.data, 0, 0)
    }
  }
}
