import HostABI
import LinuxABI
import Machine
import TestHost

import LibOS

/// A kernel with one process of one thread on a scripted engine.
final class SignalMachine {
  let host = TestHost()
  let engine: FakeEngine
  let kernel: Kernel
  let process: Process
  let task: Task
  /// What its files are.
  let tree: FilesystemConfiguration
  /// The kernel that went on from a snapshot of this one; processes do not keep theirs alive.
  var successor: Kernel?

  static let code: UInt64 = 0x40_0000
  static let handler: UInt64 = 0x40_1000
  static let restorer: UInt64 = 0x40_2000
  static let trampoline: UInt64 = 0x40_3000
  /// Free memory for arguments.
  static let data: UInt64 = 0x50_0000
  static let stackTop: UInt64 = 0x70_0000

  /// - Parameters:
  ///   - lower: a directory of the host to put beneath the root.
  ///   - mount: a directory of the host to show at /mnt.
  ///   - outside: what it has of the host's network.
  init(
    _ isa: GuestISA, lower: String? = nil, mount: String? = nil,
    outside: OutsideConfiguration = OutsideConfiguration()
  ) {
    var tree = FilesystemConfiguration()
    Self.addFiles(to: host, lower: lower, mount: mount)
    if let lower {
      tree.lower = StreamURI(.dir, lower)
    }
    if let mount {
      tree.mounts = [.host(.init(host: StreamURI(.dir, mount), guest: Array("/mnt".utf8)))]
    }
    self.tree = tree
    let arena = FrameArena(byteLimit: 64 << 20)!
    engine = FakeEngine(isa: isa)
    var configuration = KernelConfiguration()
    configuration.outside = outside
    kernel = Kernel(host: host, arena: arena, configuration: configuration)
    kernel.use(engine, stop: EngineStop {})
    let space = AddressSpace(arena: arena, isa: isa)
    process = Process(
      pid: 1, kernel: kernel, processor: try! kernel.processor(for: isa), space: space,
      fs: try! kernel.mountFilesystems(tree))
    process.layout.signalReturn = GuestAddress(Self.trampoline)
    for (start, end) in [(Self.code, 0x40_4000), (Self.data, 0x52_0000), (0x6f_0000, 0x70_0000)] {
      let isMapped = space.map(
        VMA(
          start: GuestAddress(start), end: GuestAddress(UInt64(end)),
          permissions: [.read, .write, .execute]))
      precondition(isMapped)
    }
    kernel.processes[1] = process
    task = Task(tid: 1, process: process, kernel: kernel)
    engine.registers = Self.registers(isa)
    engine.save(to: task.context)
    kernel.add(task)
    kernel.nextPID = 2
    kernel.initialPID = 1
    kernel.load(task)
    engine.onEnd = { [unowned self] in
      kernel.onInterrupt = { .stop }
      kernel.interrupt.raise()
    }
  }

  /// What a host has beneath the root, and in the directory that is mounted. Both are granted.
  static func addFiles(to host: TestHost, lower: String?, mount: String?) {
    if let lower {
      host.files.addFile(lower + "/lower/file", "lower")
      host.files.addDirectory(lower + "/lower/dir")
      try! host.grant(lower, isReadOnly: true)
    }
    if let mount {
      host.files.addFile(mount + "/file", "mounted")
      host.files.addDirectory(mount + "/dir")
      try! host.grant(mount)
    }
  }

  /// Every register different, so that a frame which mixes two up is caught.
  static func registers(_ isa: GuestISA) -> RegisterFile {
    var registers = RegisterFile(isa: isa)
    for index in 0..<(isa == .x86_64 ? 16 : 31) {
      registers.general[index] = 0x1111_0000_0000 + UInt64(index)
    }
    for index in 0..<(isa == .x86_64 ? 16 : 32) {
      registers.vectors[index] = Vector128(
        low: 0xaaa0 + UInt64(index), high: isa == .riscv64 ? 0 : 0xbbb0 + UInt64(index))
    }
    registers.stackPointer = stackTop - 0x1008 + (isa == .x86_64 ? 0 : 8)
    registers.programCounter = code
    if isa == .aarch64 { registers.flags = 0x6000_0000 }
    return registers
  }

  func addTask() -> Task {
    let tid = kernel.nextPID
    kernel.nextPID += 1
    let task = Task(tid: tid, process: process, kernel: kernel)
    (task.context as! FakeEngine.Context).registers = Self.registers(engine.isa)
    kernel.add(task)
    return task
  }

  /// Catches `signal` at `handler`.
  func catchSignal(
    _ signal: Signal, flags: SigactionFlags = .SA_SIGINFO, mask: SignalSet = [],
    handler: UInt64 = SignalMachine.handler
  ) {
    var flags = flags
    if engine.isa == .x86_64 { flags.insert(.SA_RESTORER) }
    process.signals[signal] = Sigaction(
      handler: handler, flags: flags,
      restorer: engine.isa == .x86_64 ? Self.restorer : 0, mask: mask)
  }

  func ignoreSignal(_ signal: Signal) {
    process.signals[signal] = Sigaction(handler: Sigaction.SIG_IGN)
  }

  /// Runs the script until its end (`.interrupted`), a deadlock or the process's end. The first
  /// task's registers are loaded afterwards, if it still lives.
  @discardableResult func run(_ script: [FakeEngine.Step] = []) -> RunOutcome {
    engine.script = script
    kernel.onInterrupt = nil
    let outcome = kernel.run()
    if task.state != .exited { kernel.load(task) }
    return outcome
  }

  /// The number of the call on this ISA.
  func number(_ name: String) -> Int {
    SyscallTable.all.first { $0.name == name }!.number(on: engine.isa)!
  }

  /// Makes a call that does not block; returns what the guest finds in the result register.
  func call(_ name: String, _ arguments: UInt64...) -> Int64 {
    run([FakeEngine.syscall(number(name), arguments)])
    return Int64(bitPattern: engine.registers.syscallResult)
  }

  /// What `rt_sigreturn` does to the registers; the frame is the one on the stack.
  func returnFromHandler() {
    // The handler's `ret` takes the return address.
    if engine.isa == .x86_64 { engine.stackPointer &+= 8 }
    run([FakeEngine.syscall(number("rt_sigreturn"))])
  }

  var firstArgument: UInt64 { engine.registers.syscallArgument(0) }

  /// The siginfo that a handler with SA_SIGINFO was given.
  var handlerInfo: Siginfo {
    let address = engine.registers.syscallArgument(1)
    return Siginfo(bytes: try! process.space.bytes(at: GuestAddress(address), count: 128))
  }

  func bytes(at address: UInt64, count: Int) -> [UInt8] {
    try! process.space.bytes(at: GuestAddress(address), count: count)
  }

  func store(_ bytes: [UInt8], at address: UInt64 = SignalMachine.data) {
    try! process.space.store(bytes, to: GuestAddress(address))
  }

  func store(_ set: SignalSet, at address: UInt64 = SignalMachine.data) {
    try! process.space.store(set.rawValue, to: GuestAddress(address))
  }
}

func userInfo(_ signal: Signal, value: UInt64? = nil) -> Siginfo {
  guard let value else { return .kill(signal, code: SignalCode.SI_USER, pid: 7, uid: 8) }
  return .queue(signal, pid: 7, uid: 8, value: value)
}
