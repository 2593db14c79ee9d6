import ELF
import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot

/// What the calls of the host ABI keep of a process. Its handles are its descriptors from 3 on; below are the streams
/// that it inherited.
struct NativeProcess {
  /// In nanoseconds of the guest's monotonic clock.
  var alarm: Int64?
  /// The next wait ends at once.
  var isInterrupted = false
  /// Handles beneath which nothing may be changed.
  var readOnly: Set<Int32> = []
  /// Threads that wait. Every process has a place for it, and few use it.
  private(set) lazy var waiters = WaitQueue()

  static let firstHandle: Int32 = 3
}

extension Process {
  /// Gives a guest of the host ABI what it starts with: no handle, and no signal that a call could raise.
  func beginNative(_ task: Task) {
    native = NativeProcess()
    guard processor.isNative else { return }
    for signal in [Signal.SIGPIPE, .SIGXFSZ] { signals[signal].handler = Sigaction.SIG_IGN }
    for handle in task.files.descriptors where handle >= NativeProcess.firstHandle {
      try? task.files.close(handle)
    }
  }
}

extension Program {
  var isNative: Bool { image.nativeNote != nil }
}

/// Refuses a guest of the host ABI that wants another version of it, or a loader.
func checkNative(_ image: ELFImage, _ path: [UInt8]) throws(LoadError) {
  guard let note = image.nativeNote else { return }
  let version = HostABIVersion.current
  guard note.major == UInt32(version.major), note.minor <= UInt32(version.minor) else {
    throw .notExecutable(
      "\(text(path)): it is made for version \(note.major).\(note.minor) of the host ABI; this is \(version)",
      .ENOEXEC)
  }
  guard image.kind == .executable, image.interpreter == nil else {
    throw .notExecutable(
      "\(text(path)): guests of the host ABI are linked statically, at fixed addresses", .ENOEXEC)
  }
}

// MARK: State

extension NativeProcess {
  func save() -> Godwit_State_NativeProcess {
    var state = Godwit_State_NativeProcess()
    if let alarm { state.alarm = alarm }
    state.interrupted = isInterrupted
    state.readOnly = readOnly.sorted()
    return state
  }

  init(_ state: Godwit_State_NativeProcess, _ pid: Int32) throws(SnapshotError) {
    if state.hasAlarm { alarm = state.alarm }
    isInterrupted = state.interrupted
    readOnly = Set(state.readOnly)
  }
}
