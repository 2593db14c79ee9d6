import HostABI
import PosixHost

/// Where the logs of detached applications are: two files each, which are written in turn, so that a log stays within
/// its size. They stay when the application has ended, until another one has its name.
struct LogPlace: Sendable {
  private let directory: String
  private let name: String

  /// `$XDG_STATE_HOME/godwit/logs`, or below `~/.local/state`.
  init(_ name: String) throws(Failure) {
    guard let folder = HostProcess.stateDirectory else {
      throw Failure("there is no place for a log: neither XDG_STATE_HOME nor HOME is set")
    }
    directory = folder + "/godwit/logs"
    guard ControlDirectory.isValid(name: name) else {
      throw Failure("\(name) is not a name that a picoprocess can have")
    }
    self.name = name
  }

  var paths: [String] { [0, 1].map { "\(directory)/\(name).\($0)" } }

  func makeDirectory() throws(Failure) {
    try withFailure(directory) { () throws(HostError) in
      try HostFiles.makeDirectories(directory)
    }
  }

  func remove() throws(Failure) {
    for path in paths {
      do throws(HostError) { try HostFiles.remove(path) } catch {
        guard error == .notFound else { throw Failure(path, error) }
      }
    }
  }
}
