package import Machine

/// A guest process: a thread group with its memory, files and signal handlers.
package final class Process {
  package let pid: Int32
  package unowned let kernel: Kernel
  /// The processor of its program.
  package internal(set) var processor: GuestProcessor
  package var isa: GuestISA { processor.isa }
  /// Shared with the parent after `vfork` (`CLONE_VM`), until `execve`.
  package var space: AddressSpace
  package var tasks: [Task] = []

  /// The account for the process, its semaphore adjustments and its signals.
  private let memory: MemoryCharge
  let semaphoreMemory: MemoryCharge
  let signalMemory: MemoryCharge
  /// What a process has of its leader before that is there, and what it keeps of one that has ended.
  private var leaderless: Leaderless
  package var signals = ProcessSignals()
  /// Woken when a signal is sent to the process or to one of its threads.
  package let signalQueue = WaitQueue()
  package var limits = ResourceLimits() {
    didSet {
      let index = ResourceLimits.processorTime
      if limits[index] != oldValue[index] { timers.limitChanged() }
    }
  }
  /// The adjustments of semaphores when the process ends, by set (`SEM_UNDO`).
  package var semaphoreUndo: [Int32: [Int32]] = [:]
  package var layout = MemoryLayout()
  package var image = ProgramImage()
  /// The file of its program; nil if it comes from a snapshot that does not tell.
  var executable: Dentry? { didSet { executable?.inode.wasRun = true } }

  package var parentPID: Int32 = 0 {
    didSet { kernel.children.move(pid, from: oldValue, to: parentPID) }
  }
  package var processGroup: Int32 {
    didSet { kernel.groups.move(pid, from: oldValue, to: processGroup) }
  }
  package var session: Int32
  /// Its state as seen by its parent; see `ProcessLife`.
  package var life = ProcessLife() {
    didSet {
      if oldValue.ending == nil, life.ending != nil { kernel.zombieCount += 1 }
    }
  }
  /// Woken when a child of this process changes state.
  package let childQueue = WaitQueue()
  /// Woken when this process ends, or returns the memory borrowed from its parent.
  package let endQueue = WaitQueue()
  package var parentDeathSignal: Int32 = 0 {
    didSet { if parentDeathSignal != 0 { kernel.usesDeathSignals = true } }
  }
  /// The parent's thread that made it, whose end is the parent's death. If it has ended, all of the parent has to.
  package var forkedBy: Int32 = 0
  /// The registrations of membarrier(2), by their bits.
  var barriers: UInt32 = 0
  /// It has given up its session's terminal (`TIOCNOTTY`).
  package var hasLeftTerminal = false
  /// Orphaned descendants become its children (`PR_SET_CHILD_SUBREAPER`).
  package var isSubreaper = false
  package var isDumpable = true
  /// What the calls of the host ABI keep, if it is a guest of that.
  var native = NativeProcess()
  package var personality: UInt32 = 0
  /// PR_SET_THP_DISABLE, which is kept: there are no huge pages anyway.
  var hasNoHugePages = false
  /// What `/proc/PID/loginuid` and `sessionid` show.
  package struct Login: Equatable {
    var user = UInt32.max
    var session = UInt32.max
  }
  var login = Login()
  package var accounts = ProcessAccounts()
  /// By their numbers.
  var asyncContexts: [UInt64: AsyncContext] = [:]
  /// Guest monotonic time of its start, in nanoseconds.
  package var startTime: Int64 = 0
  /// Processor time of threads that have ended.
  package var endedProcessorTime = GuestDuration.zero
  /// Processor time of children that were waited for, and theirs.
  package var childrenProcessorTime = GuestDuration.zero
  package var isExiting = false
  /// Interval timers and POSIX timers.
  package private(set) lazy var timers = ProcessTimers(self)

  package init(
    pid: Int32, kernel: Kernel, processor: GuestProcessor, space: AddressSpace, fs: FSContext
  ) {
    self.pid = pid
    self.kernel = kernel
    self.processor = processor
    self.space = space
    leaderless = Leaderless(files: FileTable(kernel.arena), fs: fs)
    memory = MemoryCharge(kernel.arena, .tasks, bytes: Self.size)
    semaphoreMemory = MemoryCharge(kernel.arena, .ipc)
    signalMemory = MemoryCharge(kernel.arena, .signals)
    processGroup = pid
    session = pid
    kernel.groups.move(pid, from: 0, to: pid)
  }

  /// Bytes that the library OS needs for a process, and for each of its threads.
  static let size = 4096
  static let threadSize = 16384

  // MARK: The leader's

  private struct Leaderless {
    var files: FileTable
    var fs: FSContext
    var credentials = Credentials()
    var noNewPrivileges = false
  }

  /// The first thread, if it has not ended.
  var leader: Task? { tasks.first(where: \.isLeader) }

  /// The descriptors of its leader, which its other threads share as a rule.
  package var files: FileTable {
    get { leader?.files ?? leaderless.files }
    set {
      leaderless.files = newValue
      leader?.use(newValue)
    }
  }
  package var fs: FSContext {
    get { leader?.fs ?? leaderless.fs }
    set {
      leaderless.fs = newValue
      leader?.fs = newValue
    }
  }
  package var credentials: Credentials {
    get { leader?.credentials ?? leaderless.credentials }
    set {
      leaderless.credentials = newValue
      leader?.credentials = newValue
    }
  }
  package var noNewPrivileges: Bool {
    get { leader?.noNewPrivileges ?? leaderless.noNewPrivileges }
    set {
      leaderless.noNewPrivileges = newValue
      leader?.noNewPrivileges = newValue
    }
  }
  package var umask: UInt16 {
    get { fs.umask }
    set { fs.umask = newValue }
  }

  /// Keeps what is to be seen of an ended leader, which has nothing open any more.
  func keep(of leader: Task) {
    accounts.finalName = leader.name
    leaderless.fs = leader.fs
    leaderless.credentials = leader.credentials
    leaderless.noNewPrivileges = leader.noNewPrivileges
    leaderless.files = FileTable(kernel.arena)
  }

  /// The layout of the address space, for `/proc/self/stat` and `brk`.
  package struct MemoryLayout: Sendable, Equatable {
    package var codeStart = GuestAddress.null
    package var codeEnd = GuestAddress.null
    package var dataStart = GuestAddress.null
    package var dataEnd = GuestAddress.null
    /// The lowest and the current program break (not page aligned).
    package var breakStart = GuestAddress.null
    package var breakEnd = GuestAddress.null
    package var stackTop = GuestAddress.null
    package var argumentsStart = GuestAddress.null
    package var argumentsEnd = GuestAddress.null
    package var environmentStart = GuestAddress.null
    package var environmentEnd = GuestAddress.null
    /// Mappings without an address are placed below this, top down.
    package var mmapTop = GuestAddress.null
    /// The page with the code that returns from signal handlers (`[vdso]`).
    package var signalReturn = GuestAddress.null
    package init() {}
  }

  /// The program that `execve` started.
  package struct ProgramImage: Sendable, Equatable {
    /// The path in `/proc/self/exe`.
    package var path: [UInt8] = []
    /// The auxiliary vector as it was put on the stack.
    package var auxv: [UInt8] = []
    package init() {}
  }
}
