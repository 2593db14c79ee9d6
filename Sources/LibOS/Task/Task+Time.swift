// Processor time: a task is charged for the wall time during which it is the loaded one.

extension Task {
  /// Nanoseconds of processor time used so far.
  package var currentProcessorTime: Int64 {
    guard kernel.loaded === self else { return processorTime }
    return processorTime + kernel.clock.monotonic - kernel.loadedSince
  }
}

extension Process {
  /// Nanoseconds of processor time of all threads, ended ones included.
  package var processorTime: Int64 {
    tasks.reduce(endedProcessorTime) { $0 + $1.currentProcessorTime }
  }
}
