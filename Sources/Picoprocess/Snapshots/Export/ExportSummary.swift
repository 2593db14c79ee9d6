/// What was made of a snapshot's files, and what could not be kept of it.
struct ExportSummary {
  var files = 0
  var directories = 0
  var others = 0
  var removed = 0
  /// Files whose owner only a privileged user can set.
  var foreign = 0
  /// Device nodes that only a privileged user can make.
  var devices = 0
  /// Extended attributes that the host did not take.
  var attributes = 0
  /// Files that would have run with the rights of their owner.
  var privileged = 0
  /// The first file that is not there, and why.
  private var omission: (path: String, reason: String)?
  private var omitted = 0

  mutating func omit(_ path: String, _ reason: String) {
    if omission == nil { omission = (path, reason) }
    omitted += 1
  }

  /// A line of counts, and one for each kind of loss.
  func lines(_ directory: String) -> [String] {
    var lines = [
      "\(directory): \(count(files, "file")), \(count(directories, "directory", "directories")), "
        + "\(others) of other kinds, \(removed) removed"
    ]
    func note(_ number: Int, _ what: String) {
      if number > 0 { lines.append("\(number) \(what)") }
    }
    note(foreign, "with another owner than in the guest: only root can give files away")
    note(devices, "device nodes not made: only root can make them")
    note(attributes, "extended attributes not set: this host does not take them")
    note(privileged, "without the right to run as another user: see --set-id")
    return lines
  }

  private func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    "\(number) " + (number == 1 ? one : many ?? one + "s")
  }

  /// Nil if all files are there.
  ///
  /// - Parameter snapshot: its path.
  func failure(_ snapshot: String) -> Failure? {
    omission.map { first in
      Failure(
        "\(snapshot): \(first.path) is left out"
          + (omitted > 1 ? ", with \(omitted - 1) more" : "") + ": \(first.reason)")
    }
  }
}
