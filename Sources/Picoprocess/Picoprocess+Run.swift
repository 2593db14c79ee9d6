import LibOS
import PosixHost

extension Picoprocess {
  /// Runs the guest until it ends or is suspended. Throws if it cannot continue.
  package func run() throws(Failure) -> Ending {
    let ending = try runHere()
    return try console.map { (console) throws(Failure) in try followConsole(console) } ?? ending
  }

  private func runHere() throws(Failure) -> Ending {
    catchSignals()
    watchKeeper()
    defer {
      concludeCheckpoints()
      giveUpPreparation(.refused(Failure("the guest has ended")))
      giveUpSuspension(.refused(Failure("the guest has ended")))
      endEndingViews()
      endPrefetching()
      mailbox.close()
      takeLeave()
      HostSignals.uninstall()
      // The name is free when nothing is left to be done.
      control = nil
    }
    log?.start()
    let ending = try loop()
    switch ending {
    case .exited: parting = .ended(status: ending.shellStatus)
    case .suspended: parting = .suspended
    }
    log?.end(parting)
    if case .exited = ending, options.digestEvery != nil { try reports.digest(kernel) }
    // The files of a guest that has moved are not its own any more here.
    if movedTo == nil { kernel.vfs.sync() }
    try workingSet?.finish()
    try reports.finish(self, ending)
    dismissKeeper(ending)
    if let movedTo { Console.complain("\(name) moved to \(movedTo)") }
    return ending
  }

  /// Runs the guest, and ends this process as the guest ended. Throws if it cannot continue.
  package func runToTheEnd() throws(Failure) -> Never {
    let ending = try run()
    // The system takes memory back at once; frame by frame it would take two seconds a gigabyte.
    withExtendedLifetime(self) { Console.exit(ending.shellStatus) }
  }

  private func loop() throws(Failure) -> Ending {
    prepareMachine()
    // Who waits for a guest that has arrived sees all that it does.
    if arrival != nil, let ending = serveRequests() { return ending }
    while true {
      if isPaused {
        // Whatever comes wakes the host.
        _ = host.wait([], until: nil)
        attend()
        if let ending = serveRequests() { return ending }
        continue
      }
      switch kernel.run() {
      case .exited(let status): return .exited(status)
      case .interrupted: if let ending = serveRequests() { return ending }
      case .syscallLimit: if let ending = try limitReached() { return ending }
      case .deadlock: throw Failure("every thread of the guest waits for what can never happen")
      }
    }
  }

  /// Connects a fresh machine to this process.
  func prepareMachine() {
    wake.aim(at: machine)
    connectKeeper()
    connectConsole()
    kernel.onInterrupt = { [unowned self] in
      attend()
      return mailbox.isEmpty && !snapshotIsDue ? .proceed : .stop
    }
    lastRestored = kernel.syscallCount
    setSyscallLimit()
  }

  /// Sees to what needs the guest's thread, but not that the guest stops.
  private func attend() {
    forwardSignals()
    followStop()
    serveAttachments()
    cleanUpAfterViews()
    guestThrottle?.hold()
    followKeeper()
    followPages()
    followBorrowedPages()
  }

  private func setSyscallLimit() {
    let count = kernel.syscallCount
    var limit = suspensionLimit ?? .max
    if let step = options.suspendEvery { limit = min(limit, lastRestored + step) }
    // At multiples of the interval, so that a resumed guest continues the same sequence.
    if let step = options.digestEvery { limit = min(limit, (count / step + 1) * step) }
    kernel.syscallLimit = limit
  }

  private func limitReached() throws(Failure) -> Ending? {
    if let step = options.digestEvery, kernel.syscallCount % step == 0 {
      try reports.digest(kernel)
    }
    if let limit = suspensionLimit, kernel.syscallCount >= limit, suspend() { return .suspended }
    if let step = options.suspendEvery, kernel.syscallCount - lastRestored >= step {
      try saveAndRestore()
    }
    setSyscallLimit()
    return nil
  }

  /// Suspends to the file given at the start. A guest that cannot be saved continues.
  private func suspend() -> Bool {
    suspensionLimit = nil
    do throws(Failure) {
      guard let output = options.output else { throw Failure("there is no file to suspend to") }
      if let notice = try save(to: output) { Console.complain(notice) }
      return true
    } catch {
      Console.complain(error.message)
      return false
    }
  }
}
