// Processor time: a task is charged for the time during which it is loaded.

extension Task {
  /// Processor time used so far.
  package var currentProcessorTime: GuestDuration {
    guard kernel.loaded === self else { return processorTime }
    return processorTime + kernel.timeLoaded(at: kernel.clock.monotonic)
  }
}

extension Kernel {
  /// How long the loaded task has been running at guest monotonic time `now`.
  func timeLoaded(at now: Int64) -> GuestDuration { GuestDuration(clamping: now &- loadedSince) }
}

extension Process {
  /// Processor time of all threads, ended ones included.
  package var processorTime: GuestDuration {
    tasks.reduce(endedProcessorTime) { $0 + $1.currentProcessorTime }
  }
}
