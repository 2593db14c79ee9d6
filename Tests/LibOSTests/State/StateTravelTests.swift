import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot
import TestHost
import TestSupport
import Testing

import LibOS

/// What belongs to processes, tasks and filesystems is there again after a resume.
@Suite struct StateTravelTests {
  private func furnish(_ machine: SignalMachine) throws {
    let process = machine.process
    let task = machine.task
    try machine.open("/tmp/file", [.O_RDWR, .O_CREAT])
    try machine.file(0).write("contents")
    try machine.open("/proc/1/maps", [])
    try machine.open("/dev/null", .O_RDWR)
    process.umask = 0o027
    process.limits[7].soft = 100
    process.limits[7].hard = 200
    process.credentials.groups = [4, 5]
    process.isDumpable = false
    process.noNewPrivileges = true
    process.personality = 0x0040000
    process.parentDeathSignal = 9
    process.signals[.SIGUSR1] = Sigaction(
      handler: 0x1234, flags: [.SA_RESTART, .SA_NODEFER], restorer: 0x99, mask: [.SIGINT])
    process.post(userInfo(.SIGUSR2, value: 7))
    task.signals.mask = [.SIGUSR2, .SIGTERM]
    task.name = TaskName("walker".utf8)
    task.clearChildTID = GuestAddress(SignalMachine.data)
    task.robustList = GuestAddress(SignalMachine.data + 64)
    task.robustListLength = 24
    task.rseq = RseqRegistration(
      address: GuestAddress(SignalMachine.data + 256), length: 32, signature: 0x5305_3053)
    task.niceness = Niceness(clamping: 5)
    task.timerSlack = 77
    machine.kernel.bootID = "boot"
    machine.kernel.lastInodeNumber = 1234
    machine.store(Array("in memory".utf8))
  }

  /// Nothing is lost or invented: what is saved again right after a resume is the same to the byte.
  @Test(arguments: GuestISA.allCases, [nil, HandWorkers(2)])
  func savedAgainItIsTheSame(isa: GuestISA, _ workers: HandWorkers?) throws {
    let machine = SignalMachine(isa)
    try furnish(machine)
    let first = try RoundTrip(machine.kernel)
    #expect(try RoundTrip(machine.kernel, on: workers).bytes == first.bytes)
    let kernel = try first.resume(on: machine.host, workers: workers)
    machine.successor = kernel
    let second = try RoundTrip(kernel)
    func same<M: StateMessage & Equatable>(_ section: StateSection, _ type: M.Type) throws {
      let (a, b): (M, M) = (try first.section(section), try second.section(section))
      #expect(a == b, "\(section)")
    }
    try same(.kernel, Godwit_State_Kernel.self)
    try same(.memory, Godwit_State_Memory.self)
    try same(.filesystems, Godwit_State_Filesystems.self)
    try same(.files, Godwit_State_Files.self)
    try same(.processes, Godwit_State_Processes.self)
    try same(.tasks, Godwit_State_Tasks.self)
    try same(.pageMaps, Godwit_State_PageMaps.self)
    #expect(first.bytes == second.bytes)
  }

  @Test(arguments: GuestISA.allCases) func processAndTaskAreAsTheyWere(isa: GuestISA) throws {
    let machine = SignalMachine(isa)
    try furnish(machine)
    let kernel = try machine.resumed()
    let process = kernel.processes[1]!
    let task = kernel.tasks[1]!
    #expect(process.umask == 0o027)
    #expect(process.limits[7].soft == 100 && process.limits[7].hard == 200)
    #expect(process.credentials.groups == [4, 5])
    #expect(!process.isDumpable && process.noNewPrivileges)
    #expect(process.personality == 0x0040000 && process.parentDeathSignal == 9)
    #expect(process.signals[.SIGUSR1] == machine.process.signals[.SIGUSR1])
    #expect(process.signals.pending.queue.map(\.bytes) == [userInfo(.SIGUSR2, value: 7).bytes])
    #expect(task.signals.mask == [.SIGUSR2, .SIGTERM])
    #expect(task.name == TaskName("walker".utf8))
    #expect(task.rseq == machine.task.rseq)
    #expect(task.robustList == machine.task.robustList && task.robustListLength == 24)
    #expect(task.clearChildTID == machine.task.clearChildTID)
    #expect(task.niceness.value == 5 && task.timerSlack == 77)
    #expect(kernel.bootID == "boot" && kernel.lastInodeNumber == 1234)
    #expect(
      try process.space.bytes(at: GuestAddress(SignalMachine.data), count: 9)
        == Array("in memory".utf8))
  }

  @Test func remainingTimeRemains() throws {
    let machine = SignalMachine(.x86_64)
    let timer = TimerFile(
      TimerFile.State(clock: .monotonic), kernel: machine.kernel, flags: .O_RDWR)
    machine.process.files.replace(3, with: timer, closeOnExec: false)
    machine.place(
      Itimerspec(
        it_interval: Timespec(nanoseconds: 0), it_value: Timespec(nanoseconds: 5_000_000)))
    #expect(machine.perform("timerfd_settime", 3, 0, SignalMachine.data, 0) == 0)
    machine.kernel.unload(at: machine.kernel.clock.monotonic)
    let trip = try RoundTrip(machine.kernel)
    let before = machine.kernel.clock.monotonic
    // The picoprocess lies in a file for a year.
    machine.host.advance(by: 365 * 86400 * 1_000_000_000)
    let kernel = try trip.resume(on: machine.host)
    machine.successor = kernel
    #expect(kernel.clock.monotonic == before)
    let restored = try kernel.processes[1]!.files.file(3)
    #expect(restored.pollEvents() == [])
    #expect(kernel.timers.next == before + 5_000_000)
  }
}
