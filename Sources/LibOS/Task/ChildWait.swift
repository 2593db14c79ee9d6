import LinuxABI

/// What a caller of `wait4(2)` or `waitid(2)` waits for.
struct ChildWait {
  enum Target {
    case any
    case process(Int32)
    case group(Int32)
  }

  var target: Target
  var options: WaitOptions

  /// The states of a child to wait for.
  struct News {
    var child: Process
    var status: WaitStatus
  }

  /// Whether `child` is among those waited for, whatever its state.
  private func concerns(_ child: Process) -> Bool {
    let isClone = child.life.exitSignal != Signal.SIGCHLD.rawValue
    guard options.contains(.__WALL) || options.contains(.__WCLONE) == isClone else { return false }
    return switch target {
    case .any: true
    case .process(let pid): child.pid == pid
    case .group(let group): child.processGroup == group
    }
  }

  private func status(of child: Process) -> WaitStatus? {
    if let ending = child.life.ending {
      guard options.contains(.WEXITED) else { return nil }
      return switch ending {
      case .exited(let code): .exited(code: code & 0xff)
      case .killed(let signal): .signaled(signal: signal, coreDumped: child.life.hasDumpedCore)
      }
    }
    if child.life.hasStopped, options.contains(.WUNTRACED), let signal = child.signals.stopSignal {
      return .stopped(signal: signal.rawValue)
    }
    if child.life.hasContinued, options.contains(.WCONTINUED) { return .continued }
    return nil
  }

  /// The first state change of a child of `parent`; nil if there is none yet, ECHILD if there cannot be any.
  ///
  /// The state change is consumed, and a zombie is reaped, except with `WNOWAIT`.
  func take(_ parent: Process) throws(Errno) -> News? {
    var isAnyConcerned = false
    for pid in candidates(of: parent) {
      guard let child = parent.kernel.processes[pid], concerns(child) else { continue }
      isAnyConcerned = true
      guard let status = status(of: child) else { continue }
      if !options.contains(.WNOWAIT) {
        switch status {
        case .stopped: child.life.hasStopped = false
        case .continued: child.life.hasContinued = false
        case .exited, .signaled: child.reap()
        }
      }
      return News(child: child, status: status)
    }
    if !isAnyConcerned { throw .ECHILD }
    return nil
  }

  private func candidates(of parent: Process) -> [Int32] {
    guard case .process(let pid) = target else { return parent.kernel.children[parent.pid] }
    return parent.kernel.processes[pid]?.parentPID == parent.pid ? [pid] : []
  }
}
