import LibOS
import PosixHost

extension Picoprocess {
  /// Takes the directories of checkpoints for this run, and starts the process that takes the checkpoints; nil if
  /// none are to be taken.
  func startKeeper() throws(Failure) -> Companion? {
    if let recovered = options.recovered { checkpointDirectories.append(recovered) }
    var keeper: Companion?
    if let checkpoints = options.checkpoints {
      guard listener != nil else {
        throw Failure("--checkpoint-every: the host has no place for a control socket")
      }
      if options.recovered?.path != checkpoints.directory {
        checkpointDirectories.append(
          try CheckpointDirectory(checkpoints.directory, creates: true))
      }
      keeper = try checkpointDirectories[checkpointDirectories.count - 1].startKeeper(
        KeeperOrders(
          name: name, pid: HostProcess.id, directory: checkpoints.directory,
          period: checkpoints.period.nanoseconds, keep: checkpoints.keep,
          compression: checkpoints.compression, isSealed: checkpoints.secret != nil),
        log?.messages, checkpoints.secret)
    }
    for directory in checkpointDirectories {
      try directory.begin(name, goesOn: directory.path == options.recovered?.path)
    }
    return keeper
  }

  /// Nanoseconds from one checkpoint that the guest asks for to the next.
  private static let leastPeriod: Int64 = 1_000_000_000

  /// Has the guest ask the keeper for checkpoints, where there is one.
  func connectKeeper() {
    guard keeper != nil else { return }
    kernel.onCheckpointWanted = { [unowned self] in
      let now = HostProcess.monotonicTime
      guard now - lastCall >= Self.leastPeriod else { return false }
      guard let keeper, keeper.call() else {
        // It has ended, which `followKeeper` will notice, too.
        kernel.onCheckpointWanted = nil
        return false
      }
      lastCall = now
      return true
    }
  }

  /// Begins to watch the keeper, where there is one.
  func watchKeeper() { keeperWatch = keeper.map { KeeperWatch($0, wake) } }

  /// Tells the user if the keeper has ended, and forgets what only it needed. Called at the top of the loop.
  func followKeeper() {
    guard let watch = keeperWatch, watch.hasEnded else { return }
    watch.note()
    keeperWatch = nil
    keeper = nil
    kernel.onCheckpointWanted = nil
    bases.forget(.keeper)
    periodicCheckpoints?.goOn = false
    Console.complain(PeriodicCheckpoints.ended)
  }

  /// Ends the process that takes checkpoints, and records how the guest ended.
  func dismissKeeper(_ ending: Ending) {
    let how =
      switch ending {
      case .exited: "ended with status \(ending.shellStatus)"
      case .suspended: movedTo.map { "moved to \($0)" } ?? "was suspended"
      }
    keeperWatch = nil
    for directory in checkpointDirectories { directory.end(how) }
    keeper?.dismiss()
  }
}
