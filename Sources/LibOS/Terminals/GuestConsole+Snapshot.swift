import HostABI
import LibOSState
import LinuxABI
import Snapshot

extension GuestConsole {
  func save(_ saver: StateSaver) -> Godwit_State_Console {
    func id(_ file: OpenFile?) -> UInt64 { file.map { saver.id(of: $0, .console) } ?? 0 }
    var state = Godwit_State_Console()
    state.master = id(ends.master)
    state.input = id(ends.input)
    state.output = id(ends.output)
    state.error = id(ends.error)
    state.history = data(history.contents)
    return state
  }
}

/// Standard streams of a host that the guest left. On the next one they are the ends of a console.
struct LeftStreams {
  var ends = GuestConsole.Ends()
  /// The pipes that replace them, by descriptor.
  var pipes: [[UInt8]: Pipe] = [:]
  var isEmpty = true
}

extension StateLoader {
  /// Restores the outer side of the guest's standard streams.
  func restoreConsole() throws(SnapshotError) {
    if !leftStreams.isEmpty {
      guard !files.hasConsole else { throw .invalidState("a console beside the host's streams") }
      kernel.console = GuestConsole(leftStreams.ends)
      return
    }
    guard files.hasConsole else { return }
    let state = files.console
    var ends = GuestConsole.Ends()
    if state.master != 0 {
      guard let master = try file(state.master) as? PseudoterminalMaster else {
        throw .invalidState("the console's terminal")
      }
      ends.master = master
    }
    ends.input = try pipeEnd(state.input, \.isWritable)
    ends.output = try pipeEnd(state.output, \.isReadable)
    ends.error = try pipeEnd(state.error, \.isReadable)
    kernel.console = GuestConsole(
      ends,
      history: try bounded(
        state.history, GuestConsole.historyLimit, "the console's history"))
  }

  private func pipeEnd(_ id: UInt64, _ canBeUsed: (PipeEnd) -> Bool) throws(SnapshotError)
    -> PipeEnd?
  {
    guard id != 0 else { return nil }
    guard let end = try file(id) as? PipeEnd, canBeUsed(end) else {
      throw .invalidState("the console's open file \(id)")
    }
    return end
  }

  /// Makes the stream of a console that replaces one of the host's.
  ///
  /// - Parameter isTerminal: it was the host's terminal, whose successor is a terminal of the guest.
  func leave(_ uri: StreamURI, _ flags: OpenFlags, isTerminal: Bool) throws(SnapshotError)
    -> OpenFile
  {
    leftStreams.isEmpty = false
    do throws(Errno) {
      if isTerminal || uri.scheme == .tty { return try openTerminal(flags) }
    } catch { throw .refused("\(uri.scheme.rawValue): \(error.message)") }
    let pipe = leftStreams.pipes[uri.path] ?? kernel.makeConsolePipe()
    let access: OpenFlags = [.O_RDWR, .O_WRONLY, .O_APPEND]
    let isInput = uri.path == [UInt8(ascii: "0")]
    if leftStreams.pipes.updateValue(pipe, forKey: uri.path) == nil {
      let end = PipeEnd(pipe, flags: isInput ? [.O_WRONLY, .O_NONBLOCK] : .O_NONBLOCK)
      switch uri.path {
      case [UInt8(ascii: "0")]: leftStreams.ends.input = end
      case [UInt8(ascii: "1")]: leftStreams.ends.output = end
      default: leftStreams.ends.error = end
      }
    }
    return PipeEnd(pipe, flags: flags.subtracting(access).union(isInput ? [] : .O_WRONLY))
  }

  private func openTerminal(_ flags: OpenFlags) throws(Errno) -> PseudoterminalSlave {
    if let master = leftStreams.ends.master {
      return try master.pseudoterminal.openSlaveForConsole(flags)
    }
    let master = try kernel.pseudoterminals.openForConsole()
    leftStreams.ends.master = master
    let terminal = master.pseudoterminal
    let slave = try terminal.openSlaveForConsole(flags)
    // Its session and foreground are those of the terminal that it replaces.
    let left = kernel.vfs.streams.control
    if left.session != 0 {
      terminal.control.session = left.session
      terminal.control.foreground = left.foreground
      kernel.controllingTerminals[left.session] = terminal.control
      (left.session, left.foreground) = (0, 0)
    }
    return slave
  }
}
