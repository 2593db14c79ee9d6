package import HostABI

/// A program that this process starts and waits for.
package final class ChildProgram {
  private let process: Int32
  private var ending: Int32?

  /// It has the standard streams and the terminal of this process.
  ///
  /// - Parameters:
  ///   - arguments: the program, which is looked for in PATH, and its arguments.
  ///   - isLogged: its standard output is the standard error of this process.
  package init(_ arguments: [String], isLogged: Bool = false) throws(HostError) {
    process = try system_start_program(arguments, input: 0, output: isLogged ? 2 : 1)
  }

  /// One that was started otherwise.
  init(_ process: Int32) { self.process = process }

  /// Its standard input and output are `link`, which is closed here.
  package init(_ arguments: [String], over link: ByteLink) throws(HostError) {
    process = try system_start_program(arguments, input: link.input, output: link.output)
    link.close()
  }

  /// Waits for its end: its status as a shell gives it.
  package func waitForEnd() -> Int32 {
    if let ending { return ending }
    // Somebody else has waited for it: it can't be told how it ended.
    let status = (try? system_wait_for(process)).map(shellStatus) ?? 255
    ending = status
    return status
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
