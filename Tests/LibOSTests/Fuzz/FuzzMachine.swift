import HostABI
import LinuxABI
import Machine
import TestHost
import Testing

import LibOS

/// A guest that makes one system call at a time, and is made anew when a call ended it.
final class FuzzMachine {
  let isa: GuestISA
  private(set) var machine: SignalMachine
  private let tracer: Tracer?
  /// How often it was saved and restored.
  private(set) var travels = 0

  /// What a call led to.
  enum Outcome {
    case result(Int64)
    /// The guest ended, was stopped, or its registers were replaced.
    case other
  }

  init(_ isa: GuestISA, tracer: Tracer? = nil) {
    self.isa = isa
    self.tracer = tracer
    machine = FuzzMachine.fresh(isa)
    machine.kernel.tracer = tracer
  }

  func renew() {
    machine = FuzzMachine.fresh(isa)
    machine.kernel.tracer = tracer
  }

  /// A guest with files and descriptors of every kind.
  private static func fresh(_ isa: GuestISA) -> SignalMachine {
    let machine = SignalMachine(isa, lower: lower, mount: mount)
    FuzzMemory.prepare(machine.process.space)
    addStreams(to: machine.host)
    machine.kernel.openStandardStreams(of: machine.process)
    let data = FuzzMemory.data
    func path(_ text: String) -> UInt64 { FuzzMemory.paths.first { $0.text == text }!.address }
    let here = UInt64(bitPattern: -100)
    let create = UInt64(OpenFlags([.O_RDWR, .O_CREAT]).rawValue)
    machine.perform("mkdirat", here, path("/tmp/dir"), 0o755)
    machine.perform("mknodat", here, path("/tmp/fifo"), 0o010644, 0)
    machine.perform("symlinkat", path("/tmp/a"), here, path("/tmp/link"))
    machine.perform("symlinkat", path("/tmp/loop"), here, path("/tmp/loop"))
    for name in ["/tmp/a", "/lower/file", "/mnt/file"] {
      machine.perform("openat", here, path(name), create, 0o644)
    }
    machine.perform("write", 3, data, 4096)
    for name in ["/", "/tmp/dir", "/proc/self/fd", "/proc/self/maps", "/mnt", "/dev/zero"] {
      machine.perform("openat", here, path(name), 0, 0)
    }
    machine.perform("pipe2", data, 0x800)
    machine.perform("pipe2", data, 0)
    machine.perform("eventfd2", 3, 0x800)
    machine.perform("timerfd_create", 1, 0x800)
    machine.perform("signalfd4", .max, data, 8, 0x800)
    machine.perform("epoll_create1", 0)
    machine.perform("inotify_init1", 0x800)
    machine.perform("memfd_create", path("a"), 3)
    openTerminal(machine)
    machine.perform("mmap", FuzzMemory.fileBacked, 8192, 3, 0x11, 3, 0)
    addSockets(to: machine)
    machine.catchSignal(.SIGUSR1)
    // The test host's disk is memory.
    machine.process.limits[ResourceLimits.fileSize].soft = 16 << 20
    return machine
  }

  private static let lower = "/lower-tree"
  private static let mount = "/mounted"

  /// A host as a fresh guest finds it.
  static func freshHost() -> TestHost {
    let host = TestHost()
    SignalMachine.addFiles(to: host, lower: lower, mount: mount)
    addStreams(to: host)
    return host
  }

  private static func addStreams(to host: TestHost) {
    host.inherited[0] = .file(host.files.addFile("/in", "input"), SharedPosition(), .read)
    host.inherited[1] = .stream(TestStream(input: "typed", isTerminal: true))
    host.inherited[2] = .stream(TestStream(options: .write))
    for number in [1, 2] { host.stream(Int32(number)).room = 1 << 20 }
  }

  /// Sockets of every kind: pairs, some that listen and some that are connected to them.
  private static func addSockets(to machine: SignalMachine) {
    let nonBlocking: UInt64 = 0x800
    let data = FuzzMemory.data
    for type: UInt64 in [1, 2, 5] { machine.perform("socketpair", 1, type | nonBlocking, 0, data) }
    func make(_ family: UInt64, _ type: UInt64) -> UInt64 {
      machine.perform("socket", family, type | nonBlocking, 0)
      return UInt64(machine.process.files.descriptors.last!)
    }
    for (index, name) in FuzzMemory.socketAddresses.enumerated() {
      let length = UInt64(name.image.count)
      let family = UInt64(name.image[0])
      if family == 16 {
        machine.perform("bind", make(family, 3), name.address, length)
        continue
      }
      let type: UInt64 = index % 2 == 0 ? 1 : 2
      let server = make(family, type)
      machine.perform("bind", server, name.address, length)
      machine.perform("listen", server, 1)
      let client = make(family, type)
      machine.perform("connect", client, name.address, length)
      machine.perform("sendto", client, data, 100, 0, 0, 0)
    }
  }

  /// Opens both ends of a pseudoterminal, behind the other descriptors.
  private static func openTerminal(_ machine: SignalMachine) {
    let path = FuzzMemory.paths.first { $0.text == "/dev/ptmx" }!.address
    let flags = UInt64(OpenFlags([.O_RDWR, .O_NONBLOCK]).rawValue)
    let master = UInt64(machine.process.files.descriptors.last! + 1)
    machine.perform("openat", UInt64(bitPattern: -100), path, flags, 0)
    let zero = FuzzMemory.data + 0x1000
    machine.perform("ioctl", master, UInt64(TerminalRequest.TIOCSPTLCK.rawValue), zero)
    machine.perform("ioctl", master, UInt64(TerminalRequest.TIOCGPTPEER.rawValue), flags)
  }

  /// Makes a call as the guest's loaded task; one that blocks is interrupted by a signal.
  func call(_ number: Int, _ arguments: [UInt64]) -> Outcome {
    let kernel = machine.kernel
    kernel.load(machine.task)
    machine.engine.registers = SignalMachine.registers(isa)
    machine.task.setSignalMask([])
    var caller: Task?
    let outcome = run { engine in
      caller = kernel.loaded
      return FakeEngine.syscall(number, arguments)(engine)
    }
    guard outcome == .interrupted, let caller else { return .other }
    if caller.call != nil || caller.interruption != nil {
      if machine.process.signals.stopSignal == nil { interrupt(caller) }
      return .other
    }
    guard caller.state == .runnable else { return .other }
    return .result(Int64(bitPattern: machine.engine.registers.syscallResult))
  }

  /// Runs the guest until it has made this step, and no further.
  private func run(_ step: @escaping FakeEngine.Step) -> RunOutcome {
    let kernel = machine.kernel
    kernel.onInterrupt = { .stop }
    machine.engine.script = [
      { engine in
        kernel.interrupt.raise()
        return step(engine)
      }
    ]
    return kernel.run()
  }

  /// Has a blocked call end with EINTR, or begin again.
  private func interrupt(_ task: Task) {
    machine.process.post(userInfo(.SIGUSR1))
    task.post(userInfo(.SIGUSR1))
    if task.state != .blocked { _ = run { _ in .stopped } }
  }

  /// Saves the guest, whatever state it got itself into, and restores it; unless it says why not.
  func travel() throws {
    let kernel = machine.kernel
    guard kernel.untransportable().isEmpty else { return }
    travels += 1
    let restored = try machine.resumed()
    #expect(restored.processes[1]?.space.mappings.count == machine.process.space.mappings.count)
    #expect(restored.processes[1]?.files.descriptors == machine.process.files.descriptors)
  }

  /// Whether it can make another call.
  var isAlive: Bool {
    machine.task.state == .runnable && machine.process.signals.stopSignal == nil
      && machine.kernel.exitStatus == nil && machine.kernel.tasks.count == 1
      && machine.task.call == nil && machine.task.interruption == nil
  }
}
