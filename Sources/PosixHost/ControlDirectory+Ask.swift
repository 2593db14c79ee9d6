package import HostABI

/// What came of a question to one of the picoprocesses that run.
package enum ControlReply: Sendable {
  case answer([UInt8])
  /// None came in time. The process that has the name; 0: that is not known either.
  case silent(process: Int32)
}

extension ControlDirectory {
  /// Asks all picoprocesses at once: see `ask`.
  package func askAll(_ question: [UInt8], within time: Int64) throws(HostError) -> [(
    name: String, reply: ControlReply
  )] { ask(try names(), question, within: time) }

  /// Asks picoprocesses, all of them at once. Those that do not run, or have ended meanwhile, are left out.
  ///
  /// - Parameter time: nanoseconds that all of them together have.
  /// - Returns: by their names, in their order.
  package func ask(_ names: [String], _ question: [UInt8], within time: Int64) -> [(
    name: String, reply: ControlReply
  )] {
    let deadline = HostProcess.monotonicTime + time
    let asked = names.map { ($0, ask($0, question)) }
    return asked.compactMap { name, connection in
      do throws(HostError) {
        let connection = try connection.get()
        do throws(HostError) {
          let rest = max(0, deadline - HostProcess.monotonicTime)
          return try connection.receive(timeout: rest).map { (name, .answer($0)) }
        } catch .wouldBlock {
          return (name, .silent(process: (try? connection.peerProcess()) ?? 0))
        }
      } catch .wouldBlock { return (name, .silent(process: 0)) } catch { return nil }
    }
  }

  private func ask(_ name: String, _ question: [UInt8]) -> Result<ControlConnection, HostError> {
    do throws(HostError) {
      let connection = try connect(to: name)
      try connection.send(question, timeout: 0)
      return .success(connection)
    } catch { return .failure(error) }
  }
}
