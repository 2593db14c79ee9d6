import HostABI
import JSONText
import LibOS
package import PosixHost

/// What a detached picoprocess tells the process that started it, once its guest is there.
package struct StartReport: Sendable, Hashable, Codable {
  package var name: String
  package var pid: Int32
}

extension Picoprocess {
  /// Tells the process that started this one that the guest is there, and gives up the streams that both have.
  ///
  /// - Parameter joins: the starter attaches itself before the guest runs; otherwise it goes its own way.
  package func report(to starter: Starter, joins: Bool) throws(Failure) {
    let report = StartReport(name: name, pid: HostProcess.id)
    do throws(HostError) {
      try starter.connection.send(Array(JSON.line(report).utf8), timeout: 10_000_000_000)
      if joins { try join(starter.connection) }
    } catch { throw Failure("the process that started \(name)", error) }
    starter.leaveStreams(keepsError: joins, messages: log?.messages)
  }

  private func join(_ connection: ControlConnection) throws(HostError) {
    guard let line = try connection.receive(timeout: 10_000_000_000),
      case .attach(let size, let output, let input, _, _, _) = ControlRequest(line)
    else { throw .brokenPipe }
    let answer = attach(size?.window, output: output, input: input)
    try connection.send(Array(JSON.line(answer).utf8), timeout: 10_000_000_000)
    guard case .attached(let client, _) = answer else { return }
    let (stream, received) = connection.becomeStream()
    attachments.connect(client, stream, received)
  }
}

/// A picoprocess that is started in a process of its own.
package enum Launch {
  /// The guest is there.
  case started(StartReport, ControlConnection)
  /// The picoprocess has said what is wrong, and ended with this status.
  case failed(status: Int32)

  /// Starts this program with `arguments`, which make it call `report(to:joins:)`.
  package init(_ arguments: [String]) throws(Failure) {
    let process = try withFailure("the picoprocess") { () throws(HostError) in
      try DetachedProcess(arguments)
    }
    if let line = try? process.connection.receive(),
      let report = JSON.decode(StartReport.self, from: line)
    {
      self = .started(report, process.connection)
      return
    }
    let ending = try withFailure("the picoprocess") { () throws(HostError) in
      try process.waitForEnd()
    }
    switch ending {
    case .exited(let status) where status != 0: self = .failed(status: status)
    case .exited: throw Failure("the picoprocess ended before its guest began")
    case .killed(let signal):
      throw Failure("the picoprocess was killed by signal \(signal) before its guest began")
    }
  }
}
