import HostABI
import JSONText
import PosixHost
import Snapshot
import SupervisorMessages

/// The copy of one guest that is kept here: a directory with a snapshot, increments to it, and a note which says what is the
/// newest.
struct KeptCopy {
  private let directory: String
  /// The newest; nil: there is none that can be read.
  private let note: KeptCopyNote?

  private static let suffix = ".godwit"
  /// Increments, after which a copy begins anew.
  private static let parentLimit = 64

  /// What is read of a passport.
  private struct Identity: Decodable { let id: String? }

  /// - Parameters:
  ///   - name: that the guest would have here.
  ///   - passport: what supervisors know of it; one that was given an id is known by that.
  init(of name: String, _ passport: String?) throws(Failure) {
    guard let place = HostProcess.stateDirectory.map({ $0 + "/" + KeptCopyNote.place }) else {
      throw Failure("neither XDG_STATE_HOME nor HOME says where copies are to be")
    }
    let id = passport.flatMap { JSON.decode(Identity.self, from: Array($0.utf8))?.id }
    directory = place + "/" + (id.flatMap { ControlDirectory.isValid(name: $0) ? $0 : nil } ?? name)
    let file = try? InputFile(directory + "/" + KeptCopyNote.name)
    let bytes = try? file?.contents(limit: KeptCopyNote.limit)
    note = bytes.flatMap { JSON.decode(KeptCopyNote.self, from: $0) }
  }

  /// The name of the newest snapshot's file, and its path.
  var file: String? { note?.file }
  var path: String? { file.map { directory + "/" + $0 } }

  /// The newest snapshot, whose parents are all there.
  func reader() -> SnapshotReader? {
    guard let path, let reader = try? SnapshotFile.reader(path, .none),
      (try? reader.requireParents()) != nil
    else { return nil }
    return reader
  }

  /// Whether an increment is worth more than a whole one. Numbers of pages grow with each, and the guest's machine remembers
  /// them.
  ///
  /// - Parameter memory: bytes that the guest has in use.
  func takesIncrements(_ reader: SnapshotReader, memory: UInt64) -> Bool {
    guard let note, note.parents < Self.parentLimit else { return false }
    return reader.pageCount <= 2 * (memory / UInt64(Page.size)) + 16384
  }

  /// Where the next one is put, which is not there before it is committed.
  func next() throws(Failure) -> (file: AtomicFile, name: String) {
    let name = String(UInt64.random(in: .min ... .max), radix: 36) + Self.suffix
    let file = try withFailure(directory) { () throws(HostError) in
      try HostFiles.makeDirectories(directory)
      return try AtomicFile(replacing: directory + "/" + name)
    }
    return (file, name)
  }

  /// Keeps a snapshot from now on. Whatever happens meanwhile, there is the one before or this one.
  ///
  /// - Parameters:
  ///   - note: its `parents` count those of an increment.
  ///   - isIncrement: to the one before.
  func keep(_ file: AtomicFile, _ note: KeptCopyNote, isIncrement: Bool) throws(Failure) {
    var note = note
    note.parents = isIncrement ? (self.note?.parents ?? 0) + 1 : 0
    try withFailure(directory) { () throws(HostError) in
      try file.commit()
      try AtomicFile.replace(
        directory + "/" + KeptCopyNote.name, with: Array(JSON.line(note).utf8))
    }
    if !isIncrement {
      HostFiles.removeFiles(in: directory, except: [note.file, KeptCopyNote.name])
    }
  }

  /// Forgets it: the guest runs here.
  func remove() {
    HostFiles.removeFiles(in: directory)
    try? HostFiles.removeDirectory(directory)
  }
}

extension ArrivalOptions {
  /// The options of `godwit resume` that give a guest what it would have got here as it arrived.
  ///
  /// - Parameter root: the one that came with it.
  func resumeOptions(root: String?) -> [String] {
    var words = ["--root", root ?? picoprocess.root ?? "/"]
    for mount in picoprocess.mounts {
      words += ["--mount", "\(mount.host):\(mount.guest)" + (mount.isReadOnly ? ":ro" : "")]
    }
    for port in picoprocess.publish { words += ["--publish", "\(port)"] }
    if publishesNothing { words.append("--no-publish") }
    switch picoprocess.reach {
    case .none: break
    case .others: words.append("--net=-")
    case .othersAndLoopback: words.append("--net=loopback")
    }
    return words
  }
}
