import HostABI
import JSONText
import PosixHost
import Snapshot

/// Talks to running picoprocesses of the same user.
package struct ControlClient: Sendable {
  private let directory: ControlDirectory

  package init() throws(Failure) {
    directory = try withFailure("the directory of control sockets") { () throws(HostError) in
      try ControlDirectory.standard()
    }
  }

  /// Whether something listens under the name `name`.
  package func isRunning(_ name: String) -> Bool {
    do throws(HostError) { _ = try directory.connect(to: name) } catch {
      return error != .notFound
    }
    return true
  }

  /// The running picoprocesses, ordered by name. All are asked at once, and have 2 s to answer.
  package func list() throws(Failure) -> [PicoprocessInfo] {
    let replies = try withFailure("the directory of control sockets") { () throws(HostError) in
      try directory.askAll(Array(JSON.line(ControlRequest.info).utf8), within: 2_000_000_000)
    }
    return replies.compactMap { name, reply in
      switch reply {
      case .silent(let process): return .silent(name, pid: process)
      case .answer(let line):
        guard case .running(let info) = JSON.decode(ControlAnswer.self, from: line) else {
          return nil
        }
        return info
      }
    }
  }

  /// Sends a request to the picoprocess `name`, and does not wait for the answer.
  func send(_ request: ControlRequest, to name: String) throws(HostError) -> ControlConnection {
    let connection = try directory.connect(to: name)
    try connection.send(Array(JSON.line(request).utf8), timeout: 0)
    return connection
  }

  /// Throws if the picoprocess `name` does not answer at all: what takes its time is asked after that.
  func requireAnswer(of name: String) throws(Failure) {
    _ = try ask(name, .info, timeout: 10_000_000_000)
  }

  /// Sends a request to the picoprocess `name` and waits for the answer.
  ///
  /// - Parameter timeout: nanoseconds; nil: for ever.
  /// - Throws: the reason if the picoprocess could not carry out the request.
  package func ask(_ name: String, _ request: ControlRequest, timeout: Int64? = nil)
    throws(Failure) -> ControlAnswer
  {
    try converse(with: name) { (connection) throws(HostError) in
      try connection.send(Array(JSON.line(request).utf8), timeout: timeout)
      return try Self.answer(connection, timeout)
    }
  }

  /// Makes the picoprocess `name` write a snapshot, and puts it at `path`. The guest continues.
  package func checkpoint(
    _ name: String, to path: String, _ options: SaveOptions
  ) throws(Failure) -> SavedSnapshot {
    try Output.checkParent(options.parent, of: path)
    let parent = try ParentFile(options.parent, options.keys)
    let destination = try Output.destination(
      path, options.compression, options.recipients, options.keys,
      try options.shape(of: name),
      mustBeSealed: !options.keys.identities.isEmpty)
    let request = ControlRequest.checkpoint(
      parent: parent?.named, compression: destination.transfer ?? options.compression,
      reports: true)
    return try save(name, request, to: destination, parent?.reader).snapshot
  }

  /// Makes the picoprocess `name` write a snapshot, puts it at `path`, and then makes the picoprocess end.
  /// When this returns, its name, ports and files are free. `Handover.md` describes what happens if either
  /// side fails.
  package func suspend(
    _ name: String, to path: String, _ options: SaveOptions
  ) throws(Failure) -> SavedSnapshot {
    try Output.checkParent(options.parent, of: path)
    let parent = try ParentFile(options.parent, options.keys)
    let destination = try Output.destination(
      path, options.compression, options.recipients, options.keys,
      try options.shape(of: name),
      mustBeSealed: !options.keys.identities.isEmpty)
    let request = ControlRequest.suspend(
      parent: parent?.named, compression: destination.transfer ?? options.compression,
      reports: true)
    let (connection, snapshot) = try save(name, request, to: destination, parent?.reader)
    let answer: ControlAnswer?
    do throws(HostError) {
      try connection.send(Array(JSON.line(ControlVerdict.commit).utf8))
      answer = try Self.answer(of: name, connection)
    } catch { throw Failure("picoprocess \(name)", error) }
    // It may have ended before it could answer; then no guest is left that could continue.
    if case .failed(let error) = answer { throw Failure("\(name): \(error); \(path) is whole") }
    return snapshot
  }

  /// Makes a snapshot at `destination`, and returns the connection over which it came.
  ///
  /// - Parameter parent: the snapshot that it is an increment to.
  /// - Parameter process: the process that must have the name; nil: any.
  func save(
    _ name: String, _ request: ControlRequest, to destination: any SnapshotDestination,
    _ parent: SnapshotReader?, process: Int32? = nil
  ) throws(Failure) -> (connection: ControlConnection, snapshot: SavedSnapshot) {
    var connection: ControlConnection?
    let answer = try converse(with: name) { (opened) throws(HostError) in
      connection = opened
      if let process, try opened.peerProcess() != process { throw .notFound }
      let answer = try destination.exchange(
        Array(JSON.line(request).utf8), over: opened,
        Progress("writing", by: request.wantsProgress ? name : nil))
      return answer.flatMap { JSON.decode(ControlAnswer.self, from: $0) }
    }
    if let failure = destination.failure {
      throw Failure("\(name): \(failure.message)", status: failure.status)
    }
    guard let connection, case .saved(let snapshot) = answer else {
      if case .unwritable(let reason) = answer {
        throw Failure("\(name): \(destination.path): \(reason)")
      }
      throw Failure("the picoprocess \(name) does not say whether it wrote the snapshot")
    }
    do throws(Failure) {
      // The key stays here: the process that runs a guest must not have it.
      let notice = try destination.conclude(parent, on: PosixHost()) {
        SnapshotSigner(for: $0, of: name)
      }
      if let notice { Console.complain(notice) }
    } catch {
      if case .suspend = request {
        try? connection.send(Array(JSON.line(ControlVerdict.abort).utf8), timeout: 1_000_000_000)
      }
      throw Failure("\(name): \(error.message)", status: error.status)
    }
    return (connection, snapshot)
  }

  static func answer(_ connection: ControlConnection, _ timeout: Int64?)
    throws(HostError) -> ControlAnswer?
  {
    try connection.receive(timeout: timeout).flatMap { JSON.decode(ControlAnswer.self, from: $0) }
  }

  /// The same from the picoprocess `name`, for as long as it takes.
  static func answer(of name: String, _ connection: ControlConnection)
    throws(HostError) -> ControlAnswer?
  {
    try Progress("asking", by: name).answer(over: connection)
      .flatMap { JSON.decode(ControlAnswer.self, from: $0) }
  }

  func converse(
    with name: String, _ body: (ControlConnection) throws(HostError) -> ControlAnswer?
  ) throws(Failure) -> ControlAnswer {
    let answer: ControlAnswer?
    do throws(HostError) {
      answer = try body(try directory.connect(to: name))
    } catch .notFound {
      let whereabouts = newPlace(of: name).map { "; it moved to \($0)" } ?? ""
      throw Failure("no picoprocess named \(name) is running\(whereabouts)")
    } catch .invalid {
      throw Failure("\(name) is not a name that a picoprocess can have")
    } catch .wouldBlock {
      throw Failure("the picoprocess \(name) does not answer")
    } catch { throw Failure("picoprocess \(name)", error) }
    guard let answer else {
      throw Failure("the picoprocess \(name) ended without an answer")
    }
    if case .failed(let error) = answer { throw Failure("\(name): \(error)") }
    return answer
  }
}
