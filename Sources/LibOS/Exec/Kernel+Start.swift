import LinuxABI
import Machine

extension Kernel {
  /// Makes the picoprocess's first process from `program`.
  ///
  /// Number 1 is taken by the library OS's own init, whose child it is.
  package func start(
    _ program: Program, environment: [[UInt8]], fs: FSContext
  ) throws(LoadError) -> Process {
    let limits = ResourceLimits()
    let loaded = try LoadedProgram(
      program, environment: environment, fs: fs, rights: (Credentials(), false),
      stackLimit: limits[ResourceLimits.stack].soft, kernel: self)
    guard let pid = try? allocatePID() else { throw .notExecutable("no process id is free") }
    let process = Process(
      pid: pid, kernel: self, processor: loaded.processor, space: loaded.space, fs: fs)
    initialPID = pid
    process.startTime = clock.boottime
    process.parentPID = Self.initPID
    processes[pid] = process
    let task = Task(tid: pid, process: process, kernel: self)
    process.become(loaded, task)
    process.beginNative(task)
    add(task)
    return process
  }
}

extension Process {
  /// Puts a loaded program in place of what the process had; `task` runs it.
  func become(_ loaded: LoadedProgram, _ task: Task) {
    if kernel.loaded === task {
      task.processorTime = task.currentProcessorTime
      kernel.loaded = nil
    }
    if processor !== loaded.processor {
      processor = loaded.processor
      task.context = loaded.processor.engine.makeContext()
    }
    space = loaded.space
    layout = loaded.layout
    image = loaded.image
    executable = loaded.file
    task.name = loaded.name
    kernel.unload(at: kernel.clock.monotonic)
    task.engine.registers = loaded.registers
    task.engine.save(to: task.context)
  }
}
