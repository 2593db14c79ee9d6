package import LinuxABI
import Machine

/// The outer side of the standard streams of a guest that has none of the host's: the master of its terminal, or the
/// other ends of the pipes that are its streams.
///
/// It belongs to the guest and travels with it. Output is taken at once, so that the guest never waits for somebody to
/// read it.
package final class GuestConsole {
  /// The kinds of standard streams that a guest is started with.
  package struct Shape: Hashable, Sendable {
    /// A terminal, for all three of them; otherwise pipes.
    package var hasTerminal: Bool
    /// Without a terminal: there is input. Otherwise the guest reads from /dev/null.
    package var takesInput: Bool

    package init(hasTerminal: Bool, takesInput: Bool) {
      self.hasTerminal = hasTerminal
      self.takesInput = takesInput
    }
  }

  package enum Stream: Sendable { case output, error }

  /// How much of a terminal's output is kept, in bytes.
  package static let historyLimit = 64 << 10

  /// The ends of the guest's streams here.
  struct Ends {
    var master: PseudoterminalMaster?
    var input: PipeEnd?
    var output: PipeEnd?
    var error: PipeEnd?
  }

  private(set) var ends: Ends
  private var taps: [Tap] = []
  private(set) var history: ByteQueue
  private var onOutput: ((Stream, [UInt8]) -> Void)?
  private var onRoom: (() -> Void)?

  init(_ ends: Ends, history: [UInt8] = []) {
    self.ends = ends
    self.history = ByteQueue(history)
    for file in [ends.master, ends.input, ends.output, ends.error] as [OpenFile?] {
      file?.retain()
    }
    if let master = ends.master { taps.append(Tap(self, master, .output)) }
    if let output = ends.output { taps.append(Tap(self, output, .output)) }
    if let error = ends.error { taps.append(Tap(self, error, .error)) }
    if let input = ends.input { taps.append(Tap(self, input, nil)) }
  }

  deinit { for tap in taps { tap.end() } }

  package var pseudoterminal: Pseudoterminal? { ends.master?.pseudoterminal }

  /// The last output of the terminal, from the start of a line on.
  package var recentOutput: [UInt8] {
    let bytes = history.contents
    guard bytes.count == Self.historyLimit, let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
    else { return bytes }
    return Array(bytes[(end + 1)...])
  }

  /// Passes output on to `onOutput` from now on, and calls `onRoom` when there is room for input again.
  package func connect(
    onOutput: ((Stream, [UInt8]) -> Void)?, onRoom: (() -> Void)?
  ) {
    self.onOutput = onOutput
    self.onRoom = onRoom
    for tap in taps { tap.objectChanged() }
  }

  // MARK: Input

  /// Enters `bytes` as if they had been typed: how many there was room for.
  package func type(_ bytes: [UInt8]) -> Int {
    guard let file = ends.master ?? (ends.input as OpenFile?) else { return bytes.count }
    do throws(Errno) {
      return try bytes.withRawSpan { (span) throws(Errno) in try file.write(from: span) }
    } catch {
      // Nobody reads what was typed into a pipe without a reader.
      return error == .EAGAIN ? 0 : bytes.count
    }
  }

  /// Ends the input of a guest without a terminal.
  package func endInput() {
    guard ends.master == nil, let input = ends.input else { return }
    ends.input = nil
    for tap in taps where tap.stream == nil { tap.end() }
    taps.removeAll { $0.stream == nil }
    input.release()
  }

  /// Gives the terminal a size; the foreground is told even if it has that size already, so that it draws anew.
  package func resize(to size: Winsize) { pseudoterminal?.resize(size, isAlwaysTold: true) }

  /// Sends the terminal's foreground a signal; `false` if there is none.
  package func signalForeground(_ signal: Signal) -> Bool {
    guard let terminal = pseudoterminal, terminal.control.foreground != 0 else { return false }
    terminal.control.signalForeground(signal, terminal.kernel)
    return true
  }

  // MARK: Output

  private func take(from file: OpenFile, _ stream: Stream) {
    var buffer = [UInt8](repeating: 0, count: 16384)
    while let count = try? buffer.withMutableRawSpan({ (span) throws(Errno) in
      try file.read(into: &span)
    }), count > 0 {
      let bytes = Array(buffer[..<count])
      if ends.master != nil { remember(bytes) }
      onOutput?(stream, bytes)
    }
  }

  private func remember(_ bytes: [UInt8]) {
    history.append(bytes)
    history.drop(max(0, history.count - Self.historyLimit))
  }

  /// Notices when one of the files has changed.
  private final class Tap: WaitListener {
    private unowned let console: GuestConsole
    private unowned let file: OpenFile
    /// nil: only written to.
    let stream: Stream?
    private var isTaking = false

    init(_ console: GuestConsole, _ file: OpenFile, _ stream: Stream?) {
      self.console = console
      self.file = file
      self.stream = stream
      file.waitQueue.add(self)
    }

    func end() { file.waitQueue.remove(self) }

    func objectChanged() { objectChanged(.all) }

    func objectChanged(_ events: PollEvents) {
      // What is echoed while output is taken comes behind it.
      if let stream, !isTaking, !events.isDisjoint(with: .readable) {
        isTaking = true
        console.take(from: file, stream)
        isTaking = false
      }
      if stream == nil || console.ends.master === file, !events.isDisjoint(with: .writable) {
        console.onRoom?()
      }
    }
  }
}

extension Kernel {
  /// Gives the first process standard streams whose outer side is `console`.
  package func openConsole(_ shape: GuestConsole.Shape, of process: Process) throws(Errno) {
    if shape.hasTerminal {
      let master = try pseudoterminals.openForConsole()
      let slave = try master.pseudoterminal.openSlaveForConsole([.O_RDWR, .O_LARGEFILE])
      for descriptor in Int32(0)...2 {
        process.files.replace(descriptor, with: slave, closeOnExec: false)
      }
      attach(master.pseudoterminal.control, to: process)
      console = GuestConsole(GuestConsole.Ends(master: master))
      return
    }
    var ends = GuestConsole.Ends()
    if shape.takesInput {
      let pipe = makeConsolePipe()
      ends.input = PipeEnd(pipe, flags: [.O_WRONLY, .O_NONBLOCK])
      process.files.replace(0, with: PipeEnd(pipe, flags: []), closeOnExec: false)
    } else {
      let null = try vfs.resolve(Array("/dev/null".utf8), in: FSContext(root: vfs.root))
      let file = try null.inode.open(.O_LARGEFILE, at: null)
      process.files.replace(0, with: file, closeOnExec: false)
    }
    for descriptor in Int32(1)...2 {
      let pipe = makeConsolePipe()
      let end = PipeEnd(pipe, flags: .O_NONBLOCK)
      if descriptor == 1 { ends.output = end } else { ends.error = end }
      process.files.replace(
        descriptor, with: PipeEnd(pipe, flags: .O_WRONLY), closeOnExec: false)
    }
    console = GuestConsole(ends)
  }

  func makeConsolePipe() -> Pipe {
    lastInodeNumber += 1
    return Pipe(
      arena, number: lastInodeNumber, created: Timespec(nanoseconds: clock.realtime))
  }
}

extension Pseudoterminal {
  /// Opens the slave by its name in `/dev/pts`.
  func openSlaveForConsole(_ flags: OpenFlags) throws(Errno) -> PseudoterminalSlave {
    guard let directory = kernel.vfs.mounts.first(where: { $0.filesystem is PtsFS })?.root else {
      throw .ENODEV
    }
    size = Winsize(ws_row: 24, ws_col: 80)
    return try openSlave(
      flags, at: directory.child(Array(String(number).utf8), inode))
  }
}
