import HostABI
import Machine
import PosixHost

/// The files of a store; `Docs/Store.md`.
package struct StoreLayout: Sendable {
  package let path: String

  private static let markerName = "godwit-store"
  private static let version = "1"
  private static let markerText = "godwit store "

  var packs: String { path + "/packs" }
  var snapshots: String { path + "/snapshots" }
  private var lock: String { path + "/lock" }

  func manifest(_ name: String) -> String { snapshots + "/" + name }

  /// The store in the directory at `path`.
  package init(_ path: String) throws(Failure) {
    guard try Self.isStore(path) else { throw Failure("\(path): not a store of snapshots") }
    self.path = path
  }

  /// Whether the directory at `path` is a store. Throws if it is one of another version.
  package static func isStore(_ path: String) throws(Failure) -> Bool {
    let bytes: [UInt8]
    do throws(HostError) {
      bytes = try InputFile(path + "/" + markerName).read(at: 0, count: 64)
    } catch .notFound {
      _ = try withFailure(path.isEmpty ? "''" : path) { () throws(HostError) in
        try directoryNames(path)
      }
      return false
    } catch { throw Failure(path, error) }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix(markerText), text.hasSuffix("\n") else { return false }
    let found = text.dropFirst(markerText.count).dropLast()
    guard found == version else {
      throw Failure(
        "\(path): the store has version \(found); this version of godwit knows version \(version)")
    }
    return true
  }

  /// The store in the directory at `path`, which is made if it is missing or empty.
  package static func create(_ path: String) throws(Failure) -> StoreLayout {
    guard !path.isEmpty else { throw Failure("a store needs a directory's name, not ''") }
    let isNew = try withFailure(path) { () throws(HostError) in
      try HostFiles.makeDirectory(path)
    }
    if !isNew, try isStore(path) { return try StoreLayout(path) }
    // Another process may be making it at the same time.
    let own: Set = ["packs", "snapshots", "lock", markerName]
    let names = try withFailure(path) { () throws(HostError) in try directoryNames(path) }
    for name in names.map({ String(decoding: $0, as: UTF8.self) })
    where !own.contains(name) && !name.hasPrefix(".\(markerName).") {
      throw Failure("\(path): neither a store of snapshots nor empty: there is \(name)")
    }
    try withFailure(path) { () throws(HostError) in
      _ = try HostFiles.makeDirectory(path + "/packs")
      _ = try HostFiles.makeDirectory(path + "/snapshots")
      _ = try FileLock(path + "/lock", .shared, creates: true)
      try AtomicFile.replace(path + "/" + markerName, with: Array("\(markerText)\(version)\n".utf8))
    }
    return try StoreLayout(path)
  }

  /// Keeps others from removing anything or, if exclusive, from changing anything.
  func locked(_ kind: FileLock.Kind, waits: Bool = true) throws(HostError) -> FileLock {
    try FileLock(lock, kind, waits: waits)
  }

  /// The names of the snapshots, in order.
  package func names() throws(Failure) -> [String] {
    try withFailure(path) { () throws(HostError) in try directoryNames(snapshots) }
      .compactMap { String(validating: $0, as: UTF8.self) }.filter(StorePath.isValid)
  }
}

extension AtomicFile {
  /// Replaces the file at `path` with one of these bytes.
  static func replace(_ path: String, with bytes: [UInt8]) throws(HostError) {
    let file = try AtomicFile(replacing: path)
    try bytes.withRawSpan { (bytes) throws(HostError) in try file.write(bytes) }
    try file.commit()
  }
}
