import HostABI
import LibOS
import LinuxABI
import Machine
import PosixHost
import Snapshot
import SupervisorMessages

extension Picoprocess {
  /// Listens under the picoprocess's name. A name given by the user must be free. Without one, the guest runs
  /// even if the host has no place for control sockets.
  static func openControl(_ options: PicoprocessOptions, name: String) throws(Failure)
    -> ControlListener?
  {
    do throws(HostError) {
      return try ControlDirectory.standard().listen(as: name)
    } catch {
      guard options.name != nil else { return nil }
      switch error {
      case .exists: throw Failure("a picoprocess named \(name) is already running")
      case .invalid:
        throw Failure(ControlDirectory.refusal(ofName: name))
      default: throw Failure("the control socket of \(name)", error)
      }
    }
  }

  /// Starts serving control connections, on their own threads.
  func startControl() {
    guard let listener else { return }
    let service = ControlService(
      mailbox: mailbox, wake: wake, attachments: attachments, exchange: exchange)
    control = ControlServer(listener) { service.serve($0) }
    self.listener = nil
  }

  /// Processes pending requests. The result is not nil if the guest was suspended.
  func serveRequests() -> Ending? {
    concludeWrittenCheckpoints()
    if let letter = takePrepared() { beginSnapshot(for: letter) }
    if continueSuspension() { return .suspended }
    refuseSecondMigrations()
    while let letter = nextRequest() {
      switch letter.request {
      case .info: letter.progress = .answered(.running(picoprocess: info))
      case .kill(let signal): kill(signal, for: letter)
      case .attach: admit(letter)
      case .pause: pause(true, for: letter)
      case .unpause: pause(false, for: letter)
      case .checkpoint, .suspend, .migrate, .listFiles:
        guard !refusesSnapshot(letter), isPrepared(for: letter) else { continue }
        beginSnapshot(for: letter)
        if continueSuspension() { return .suspended }
      case .describe: letter.progress = .answered(.described(guest: description))
      case .carry(let passport):
        self.passport = passport
        letter.progress = .answered(.done)
      case .watch: watchMemory(for: letter)
      case .resolve, .settle, .pages: letter.progress = .answered(resolve(letter.request))
      case .relay: letter.progress = .answered(.failed(error: "it is not being migrated"))
      }
    }
    return nil
  }

  private func beginSnapshot(for letter: Mailbox.Letter) {
    let count = letter.request.wantsProgress ? letter.count : nil
    switch letter.request {
    case .checkpoint(let parent, let compression, let observer, _):
      kernel.expectRelay(false)
      beginCheckpoint(
        for: letter,
        SnapshotSettings(
          observer: observer ?? .user, parent: parent, compression: compression, count: count))
    case .suspend(let parent, let compression, _, _):
      kernel.expectRelay(false)
      beginSuspension(
        for: letter, SnapshotSettings(parent: parent, compression: compression, count: count))
    case .migrate(
      _, let migration, let compression, let maxPause, let throttles, let remoteName, let relays, _,
      let asks, let parent, let observer):
      kernel.expectRelay(relays ?? false)
      beginSuspension(
        for: letter,
        SnapshotSettings(
          observer: observer ?? .user, parent: parent, compression: compression, count: count,
          deferring: remoteName == nil ? nil : migration),
        RoundPace(maxPause: maxPause, throttles: throttles), asks: asks ?? false)
    case .listFiles: listFiles(for: letter)
    case .info, .kill, .attach, .pause, .unpause, .describe, .carry, .watch, .resolve, .settle,
      .pages, .relay:
      break
    }
  }

  /// The oldest request that need not wait. A suspension waits until the checkpoints under way are written, and
  /// all later snapshots wait for it. While one is prepared, the others wait. All wait for pages that are on their way.
  private func nextRequest() -> Mailbox.Letter? {
    var mustWait = suspension != nil || preparation != nil || snapshotsWaitForPages
    return mailbox.take { request in
      switch request {
      case .info, .kill, .attach, .pause, .unpause, .describe, .carry, .watch, .resolve, .settle,
        .pages, .relay:
        return true
      case .checkpoint(_, _, let observer, _):
        let observer = observer ?? .user
        let count = checkpoints.count { $0.observer == observer }
        return !mustWait && count < observer.checkpointLimit
      case .suspend, .migrate:
        defer { mustWait = true }
        return !mustWait && checkpoints.isEmpty
      case .listFiles: return !mustWait
      }
    }
  }

  /// Answers requests while the guest stands still, since the library OS waits for a page that can't be read.
  func serveRequests(waitingFor failure: SnapshotError) {
    while let letter = mailbox.take() {
      switch letter.request {
      case .info: letter.progress = .answered(.running(picoprocess: info))
      case .kill(let signal): kill(signal, for: letter)
      case .attach: admit(letter)
      case .pause: pause(true, for: letter)
      case .unpause: pause(false, for: letter)
      case .describe: letter.progress = .answered(.described(guest: description))
      case .carry(let passport):
        self.passport = passport
        letter.progress = .answered(.done)
      case .watch: watchMemory(for: letter)
      case .resolve, .settle, .pages: letter.progress = .answered(resolve(letter.request))
      case .checkpoint, .suspend, .migrate, .listFiles, .relay:
        letter.progress = .answered(
          .failed(error: "\(SnapshotError.missingPage(failure))"))
      }
    }
  }

  /// Ends this process if the guest was killed: it is in the middle of a call, or of its own end, and can't go on.
  func endIfKilled() {
    guard isKilled else { return }
    let status = ExitStatus.killed(signal: Signal.SIGKILL.rawValue).shellStatus
    parting = .ended(status: status)
    log?.end(parting)
    endPrefetching()
    mailbox.close()
    takeLeave()
    HostProcess.exit(status)
  }

  func kill(_ signal: Int32, for letter: Mailbox.Letter) {
    kernel.processes[kernel.initialPID]?.post(signal: signal, code: SignalCode.SI_USER)
    // It ends a paused guest, too.
    if signal == Signal.SIGKILL.rawValue { (isPaused, isKilled) = (false, true) }
    letter.progress = .answered(.done)
    // The signal may end this process.
    waitUntilSent(letter)
  }

  private func pause(_ isPausing: Bool, for letter: Mailbox.Letter) {
    guard isPaused != isPausing else {
      letter.progress = .answered(
        .failed(error: isPausing ? "it is paused already" : "it is not paused"))
      return
    }
    isPaused = isPausing
    letter.progress = .answered(.done)
  }

  /// Whether a snapshot under way waits for the guest's thread.
  var snapshotIsDue: Bool {
    preparation?.isDone == true || checkpoints.contains(where: \.writing.isDone)
      || suspension?.round?.isDone == true
      || suspension?.round == nil && suspension?.isWaiting == false
  }

  /// Appends bytes to the file that came with a request.
  static func appender(to letter: Mailbox.Letter) -> (RawSpan) throws(SaveError) -> Void {
    var length: UInt64 = 0
    return { (bytes) throws(SaveError) in
      guard let file = letter.file else { throw .refused(Failure("there is no file to write")) }
      do throws(HostError) { try file.write(bytes, at: length) } catch { throw .unwritable(error) }
      length += UInt64(bytes.byteCount)
    }
  }

  /// Waits for the verdict of the client, which syncs the snapshot meanwhile. The guest is stopped; requests
  /// for its state are answered, and all others wait.
  func verdict(on letter: Mailbox.Letter) -> ControlVerdict {
    while true {
      if case .decided(let verdict) = letter.progress { return verdict }
      while let other = mailbox.take(where: { $0 == .info }) {
        other.progress = .answered(.running(picoprocess: info))
      }
      HostProcess.sleep(nanoseconds: 1_000_000)
    }
  }

  /// Releases everything that another picoprocess could need before the client is told: it may resume the
  /// guest at once, under the same name and with the same ports.
  func takeLeave() {
    control?.stop()
    control = nil
    host.restoreTerminal()
    host.closeAll()
    tellWhereItWent()
    attachments.end(parting)
    guard let farewell else { return }
    farewell.progress = .answered(.done)
    waitUntilSent(farewell)
  }

  func waitUntilSent(_ letter: Mailbox.Letter) {
    for _ in 0..<2_000 {
      if case .sent = letter.progress { return }
      HostProcess.sleep(nanoseconds: 1_000_000)
    }
  }

  var info: PicoprocessInfo {
    let displays = kernel.displays.map {
      LookedAtDisplay(isRelayed: $0.isRelayed, inputNanoseconds: $0.inputAge)
    }
    let typed = attachments.inputAge
    return PicoprocessInfo(
      name: name, pid: HostProcess.id, isa: kernel.isa.rawValue, program: program,
      uptimeNanoseconds: host.now(.monotonic).totalNanoseconds - startTime,
      memoryBytes: machine.arena.bytesInUse, threads: kernel.tasks.count,
      syscallCount: kernel.syscallCount, sandbox: confinement, missingPages: missingPages,
      isPaused: isPaused,
      isDetached: kernel.console != nil, attachedClients: attachments.count,
      published: outside.published.map { PublishOption($0).description },
      users: attachments.users,
      inputNanoseconds: (displays.map(\.inputNanoseconds) + [typed]).compactMap(\.self).min(),
      typedNanoseconds: typed, displays: displays.isEmpty ? nil : displays, passport: passport,
      periodicCheckpoints: periodicCheckpoints, movesTo: movesTo, doubt: doubt, lending: lending)
  }

  private var movesTo: String? {
    guard case .migrate(let peer, _, _, _, _, _, _, _, _, _, _) = suspension?.letter.request else {
      return nil
    }
    return peer
  }
}

extension ControlAnswer {
  init(_ error: SaveError) {
    switch error {
    case .refused(let failure): self = .failed(error: failure.message)
    case .unwritable(let error): self = .unwritable(reason: Failure.reason(error))
    }
  }
}
