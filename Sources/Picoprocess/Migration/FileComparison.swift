import HostABI
import LibOS
import MigrationMessages
import PosixHost
import Snapshot

/// The files that an offered guest has in use, as they come.
struct OfferedFiles {
  private(set) var files: [OutsideFile] = []
  private var byteCount = 0

  /// Bytes of all messages together, and for each.
  private static let limit = 256 << 20
  private static let messageRoom = 64
  /// Bytes of a message.
  private static let partSize = 256 << 10

  mutating func add(_ message: Godwit_Migration_Files) throws(Failure) { try add(message.list) }

  /// - Parameter list: a message `OutsideFiles`.
  mutating func add(_ list: some Collection<UInt8>) throws(Failure) {
    byteCount += list.count + Self.messageRoom
    guard byteCount <= Self.limit else { throw Failure("it lists too many files") }
    do throws(SnapshotError) { files += try OutsideFile.list(Array(list)) } catch {
      throw Failure("its list of files is none: \(error)")
    }
  }

  /// The messages that list `files`.
  static func messages(_ files: [OutsideFile]) -> [Godwit_Migration_Files] {
    let parts = OutsideFile.encoded(files, inPartsOf: partSize)
    return parts.enumerated().map { index, part in
      var message = Godwit_Migration_Files()
      message.list = messageData(part)
      message.last = index == parts.count - 1
      return message
    }
  }
}

/// Compares files that a guest has in use with those that it would find here.
struct FileComparison {
  private let host = PosixHost()
  private let digests = FileDigests()
  private var differences = NamedFiles()
  /// Files of mounts that are not as the sender has described them, as they are here, and their paths. Which of them the
  /// guest is just writing is for the sender to know.
  private(set) var changed: [(file: OutsideFile, path: String)] = []

  /// More of them are not told.
  private static let changedLimit = 1000

  /// What the next process need not find out again: as much as a message to it has room for.
  var knownDigests: [DigestedFile] { Array(digests.all.prefix(2000)) }

  /// Compares what lies beneath `directory`, one after the other.
  ///
  /// - Parameter tick: is called before each file.
  mutating func compare(
    _ files: [OutsideFile], beneath directory: String, _ tick: () throws(Failure) -> Void
  ) throws(Failure) {
    let top = try withFailure(directory) { () throws(HostError) in
      let path = try HostProcess.resolve(directory)
      try host.grant(FileGrant(path: path, isReadOnly: true))
      return try host.open(StreamURI(.file, path), .read)
    }
    defer { host.close(top) }
    for file in files {
      try tick()
      let name = String(decoding: file.place.path.bytes, as: UTF8.self)
      let path = directory + (directory.hasSuffix("/") || name.isEmpty ? "" : "/") + name
      if file.place.mount > 0, changed.count < Self.changedLimit,
        let changed = changed(file, top)
      {
        self.changed.append((changed, path))
      }
      if let difference = difference(file, top) { differences.note("\(path) \(difference)") }
    }
  }

  /// A file of a mount as it is here, if it has another size or time of change than at the sender.
  private func changed(_ file: OutsideFile, _ top: HostHandle) -> OutsideFile? {
    guard let size = file.size,
      let attributes = try? host.attributes(at: HostName(top, file.place.path)),
      attributes.kind == .regular
    else { return nil }
    if size == attributes.size, file.modified == attributes.modified { return nil }
    var file = OutsideFile(file.place, .regular)
    (file.size, file.modified) = (attributes.size, attributes.modified)
    return file
  }

  /// How the file beneath `top` is another one; nil if it is the same.
  private func difference(_ file: OutsideFile, _ top: HostHandle) -> String? {
    let name = HostName(top, file.place.path)
    do throws(HostError) {
      let attributes = try host.attributes(at: name)
      if let kind = file.kind, kind != attributes.kind { return "is another kind of file" }
      guard file.kind == .regular else { return nil }
      guard let digest = file.digest else { return nil }
      if let size = file.size, size != attributes.size { return "differs" }
      let handle = try host.open(name, .read, permissions: 0)
      defer { host.close(handle) }
      return try digests.digest(of: handle, host) == digest ? nil : "differs"
    } catch .notFound {
      return "is missing"
    } catch {
      return "can't be read (\(Failure.reason(error)))"
    }
  }

  /// The first of the differences, and how many there are; nil if there are none.
  var summary: String? { differences.summary }
}
