import LibOS
import LibOSState
import LinuxABI
import Machine
import Snapshot

extension SnapshotDescription {
  /// The notes of a core file of `process`, in the order of Linux: those of the first thread and the process, then
  /// those of the other threads.
  func coreNotes(of process: Godwit_State_Process, _ memory: SavedMemory, isa: GuestISA)
    throws(SnapshotError) -> [UInt8]
  {
    let threads = tasks.tasks.filter { $0.pid == process.pid }
    let leader = threads.firstIndex { $0.tid == process.pid } ?? 0
    var notes: [UInt8] = []
    func add(_ note: CoreNote, _ contents: [UInt8]) throws(SnapshotError) {
      guard let bytes = note.encoded(contents) else {
        throw .tooLarge(
          what: "a note of the core file", size: UInt64(contents.count), limit: 1 << 32)
      }
      notes += bytes
    }
    for index in [leader] + threads.indices.filter({ $0 != leader }) {
      let task = threads[index]
      guard let registers = RegisterFile(isa: isa, task.registers) else {
        throw .invalidState("the registers of task \(task.tid)")
      }
      try add(.NT_PRSTATUS, status(of: task, process, registers).bytes)
      if index == leader {
        try add(.NT_PRPSINFO, information(on: process, task).bytes)
        try add(.NT_AUXV, Array(process.auxv))
        try add(.NT_FILE, memory.fileNote)
      }
      try add(.NT_FPREGSET, registers.fpregset)
      if isa == .aarch64 {
        var writer = ByteWriter()
        writer.write(registers.threadPointer)
        try add(.NT_ARM_TLS, writer.bytes)
      }
    }
    return notes
  }

  private func status(
    of task: Godwit_State_Task, _ process: Godwit_State_Process, _ registers: RegisterFile
  ) -> ElfPrstatus {
    var status = ElfPrstatus(registers)
    status.pr_cursig = task.stopped ? Int16(truncatingIfNeeded: process.stopSignal) : 0
    for info in task.pendingSignals + process.pendingSignals {
      let signal = Siginfo(bytes: Array(info)).si_signo
      if (1...64).contains(signal) { status.pr_sigpend |= 1 << UInt64(signal - 1) }
    }
    status.pr_sighold = task.signalMask
    status.pr_pid = task.tid
    status.pr_ppid = process.parentPid
    status.pr_pgrp = process.processGroup
    status.pr_sid = process.session
    status.pr_utime = Timeval(
      tv_sec: task.processorTime / 1_000_000_000,
      tv_usec: task.processorTime % 1_000_000_000 / 1000)
    status.syscall = task.hasCall ? task.call.number : nil
    return status
  }

  private func information(on process: Godwit_State_Process, _ task: Godwit_State_Task)
    -> ElfPrpsinfo
  {
    var information = ElfPrpsinfo()
    information.pr_state = task.stopped ? .stopped : task.blocked ? .sleeping : .running
    information.pr_nice = Int8(clamping: task.niceness)
    information.pr_uid = process.credentials.uids.first ?? 0
    information.pr_gid = process.credentials.gids.first ?? 0
    information.pr_pid = process.pid
    information.pr_ppid = process.parentPid
    information.pr_pgrp = process.processGroup
    information.pr_sid = process.session
    information.pr_fname = Array(task.name)
    information.pr_psargs = arguments(of: process)
    return information
  }

  /// The arguments of the program with spaces between them, as far as they are in one page.
  private func arguments(of process: Godwit_State_Process) -> [UInt8] {
    let start = 7
    guard process.layout.count > start + 1, process.layout[start] < process.layout[start + 1] else {
      return Array(process.executable)
    }
    let count = Int(clamping: process.layout[start + 1] - process.layout[start])
    var bytes = bytes(of: process, at: process.layout[start], count: min(count, 80))
    while bytes.last == 0 { bytes.removeLast() }
    return bytes.map { $0 == 0 ? UInt8(ascii: " ") : $0 }
  }
}

extension SavedMemory {
  /// The content of NT_FILE: the mappings of files (`fill_files_note` of `fs/binfmt_elf.c`).
  fileprivate var fileNote: [UInt8] {
    let files = mappings.filter { $0.hasFile && !$0.name.isEmpty }
    var writer = ByteWriter()
    writer.write(UInt64(files.count))
    writer.write(UInt64(Page.size))
    for file in files {
      writer.write(file.pages.lowerBound << 12)
      writer.write(file.pages.upperBound << 12)
      writer.write(file.firstFilePage)
    }
    for file in files { writer.write(Array(file.name.prefix { $0 != 0 }) + [0]) }
    return writer.bytes
  }
}
