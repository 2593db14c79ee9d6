package import LibOSState
package import LinuxABI
package import Machine
package import Snapshot

/// The notes of a core file, in the order of Linux: those of one thread and the process, then those of the other
/// threads.
package struct CoreNotes {
  /// A mapping of a file.
  package struct MappedFile {
    package var pages: Range<UInt64>
    /// Of its first page within the file, in pages.
    package var firstFilePage: UInt64
    package var name: [UInt8]

    package init(pages: Range<UInt64>, firstFilePage: UInt64, name: [UInt8]) {
      self.pages = pages
      self.firstFilePage = firstFilePage
      self.name = name
    }
  }

  private let process: Godwit_State_Process
  /// The first is the one that debuggers show.
  private let threads: [Godwit_State_Task]
  private let isa: GuestISA
  /// The program's arguments as they are in memory.
  private let arguments: [UInt8]
  private let files: [MappedFile]
  /// What the first thread died of.
  private let signal: Siginfo?

  package init(
    _ process: Godwit_State_Process, _ threads: [Godwit_State_Task], _ isa: GuestISA,
    arguments: [UInt8], files: [MappedFile], signal: Siginfo? = nil
  ) {
    self.process = process
    self.threads = threads
    self.isa = isa
    self.arguments = arguments
    self.files = files
    self.signal = signal
  }

  package func encoded() throws(SnapshotError) -> [UInt8] {
    var notes: [UInt8] = []
    func add(_ note: CoreNote, _ contents: [UInt8]) throws(SnapshotError) {
      guard let bytes = note.encoded(contents) else {
        throw .tooLarge(
          what: "a note of the core file", size: UInt64(contents.count), limit: 1 << 32)
      }
      notes += bytes
    }
    for (index, task) in threads.enumerated() {
      guard let registers = RegisterFile(isa: isa, task.registers) else {
        throw .invalidState("the registers of task \(task.tid)")
      }
      try add(.NT_PRSTATUS, status(of: task, registers).bytes)
      if index == 0 {
        try add(.NT_PRPSINFO, information(task).bytes)
        if let signal { try add(.NT_SIGINFO, signal.bytes) }
        try add(.NT_AUXV, Array(process.auxv))
        try add(.NT_FILE, fileNote)
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
    of task: Godwit_State_Task, _ registers: RegisterFile
  ) -> ElfPrstatus {
    var status = ElfPrstatus(registers)
    if task.stopped { status.pr_cursig = Int16(truncatingIfNeeded: process.stopSignal) }
    if let signal { status.pr_cursig = Int16(truncatingIfNeeded: signal.si_signo) }
    for info in task.pendingSignals {
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

  private func information(_ task: Godwit_State_Task) -> ElfPrpsinfo {
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
    information.pr_psargs = shownArguments
    return information
  }

  /// The arguments with a space behind each.
  private var shownArguments: [UInt8] {
    arguments.isEmpty
      ? Array(process.executable) : arguments.map { $0 == 0 ? UInt8(ascii: " ") : $0 }
  }

  /// The content of NT_FILE (`fill_files_note` of `fs/binfmt_elf.c`).
  private var fileNote: [UInt8] {
    var writer = ByteWriter()
    writer.write(UInt64(files.count))
    writer.write(UInt64(Frame.size))
    for file in files {
      writer.write(file.pages.lowerBound << 12)
      writer.write(file.pages.upperBound << 12)
      writer.write(file.firstFilePage)
    }
    for file in files { writer.write(Array(file.name.prefix { $0 != 0 }) + [0]) }
    return writer.bytes
  }
}
