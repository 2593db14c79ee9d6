import HostABI
import PosixHost

/// Talks to running picoprocesses of the same user.
package struct ControlClient: Sendable {
  private let directory: ControlDirectory

  package init() throws(Failure) {
    directory = try withFailure("the directory of control sockets") { () throws(HostError) in
      try ControlDirectory.standard()
    }
  }

  /// The names of those that may be running. See `info`.
  package func names() throws(Failure) -> [String] {
    try withFailure("the directory of control sockets") { () throws(HostError) in
      try directory.names()
    }
  }

  /// What runs now, in the order of names.
  package func list() throws(Failure) -> [PicoprocessInfo] {
    var list: [PicoprocessInfo] = []
    for name in try names() {
      // What has ended meanwhile, or does not answer, is not running.
      if case .running(let info) = try? ask(name, .info, timeout: 2_000_000_000) {
        list.append(info)
      }
    }
    return list
  }

  /// Sends a request to the picoprocess called `name` and waits for the answer.
  ///
  /// - Parameter timeout: nanoseconds; nil: for ever.
  /// - Throws: what the picoprocess says when it could not do it.
  package func ask(_ name: String, _ request: ControlRequest, timeout: Int64? = nil)
    throws(Failure) -> ControlAnswer
  {
    let answer: ControlAnswer?
    do throws(HostError) {
      let connection = try directory.connect(to: name)
      try connection.send(Array(JSON.line(request).utf8), timeout: timeout)
      answer = try connection.receive(timeout: timeout).flatMap {
        JSON.decode(ControlAnswer.self, from: $0)
      }
    } catch .notFound {
      throw Failure("no picoprocess named \(name) is running")
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

  /// `path` for another process: absolute, over this one's working directory.
  package static func absolute(_ path: String) throws(Failure) -> String {
    if path.hasPrefix("/") { return path }
    let directory = try withFailure("the working directory") { () throws(HostError) in
      try HostProcess.workingDirectory()
    }
    return String(decoding: directory, as: UTF8.self) + "/" + path
  }
}
