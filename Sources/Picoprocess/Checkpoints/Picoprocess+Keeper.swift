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
          compression: checkpoints.compression))
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
    guard let keeper else { return }
    kernel.onCheckpointWanted = { [unowned self] in
      let now = HostProcess.monotonicTime
      guard now - lastCall >= Self.leastPeriod, keeper.call() else { return false }
      lastCall = now
      return true
    }
  }

  /// Ends the process that takes checkpoints, and records how the guest ended.
  func dismissKeeper(_ ending: Ending) {
    let how =
      switch ending {
      case .exited: "ended with status \(ending.shellStatus)"
      case .suspended: movedTo.map { "moved to \($0)" } ?? "was suspended"
      }
    for directory in checkpointDirectories { directory.end(how) }
    keeper?.dismiss()
  }
}
