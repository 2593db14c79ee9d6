package import HostABI

/// A program that this process starts and waits for, with its standard streams and terminal.
package final class ChildProgram {
  private let process: Int32
  private var ending: Int32?

  /// - Parameter arguments: the program, which is looked for in PATH, and its arguments.
  package init(_ arguments: [String]) throws(HostError) {
    process = try system_start_program(arguments, input: 0, output: 1)
  }

  /// Its status as a shell gives it; nil while it runs.
  package var status: Int32? {
    if ending == nil {
      switch system_reap(process) {
      case .running: break
      case .ended(let status): ending = status
      // Nobody else waits for it: it can't be told how it ended.
      case .gone: ending = 255
      }
    }
    return ending
  }
}
