package import Age
import HostABI
import Machine
import PosixHost
import Snapshot

/// The files of a store; `Docs/Store.md`.
package struct StoreLayout: Sendable {
  package let path: String
  /// Whether what is in it is encrypted with a key of the store.
  package let isSealed: Bool

  private static let markerName = "godwit-store"
  private static let keyName = "key"
  private static let version = "1"
  private static let markerText = "godwit store "
  private static let sealedText = " sealed"

  var packs: String { path + "/packs" }
  var snapshots: String { path + "/snapshots" }
  private var lock: String { path + "/lock" }
  /// The secret of a sealed store, encrypted in the age format.
  private var keyFile: String { path + "/" + Self.keyName }

  func manifest(_ name: String) -> String { snapshots + "/" + name }

  /// The store in the directory at `path`.
  package init(_ path: String) throws(Failure) {
    guard let store = try Self.store(path) else {
      throw Failure("\(path): not a store of snapshots")
    }
    self = store
  }

  private init(_ path: String, isSealed: Bool) {
    self.path = path
    self.isSealed = isSealed
  }

  /// Whether the directory at `path` is a store. Throws if it is one of another version.
  package static func isStore(_ path: String) throws(Failure) -> Bool { try store(path) != nil }

  /// Whether there is a store at `path`, which may be missing.
  package static func isThere(_ path: String) throws(Failure) -> Bool {
    do throws(HostError) { _ = try directoryNames(path) } catch .notFound {
      return false
    } catch { throw Failure(path.isEmpty ? "''" : path, error) }
    return try isStore(path)
  }

  /// The store in the directory at `path`; nil if it is something else.
  private static func store(_ path: String) throws(Failure) -> StoreLayout? {
    let bytes: [UInt8]
    do throws(HostError) {
      bytes = try InputFile(path + "/" + markerName).read(at: 0, count: 64)
    } catch .notFound {
      _ = try withFailure(path.isEmpty ? "''" : path) { () throws(HostError) in
        try directoryNames(path)
      }
      return nil
    } catch { throw Failure(path, error) }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix(markerText), text.hasSuffix("\n") else { return nil }
    let found = text.dropFirst(markerText.count).dropLast()
    guard found == version || found == version + sealedText else {
      throw Failure(
        "\(path): the store has version \(found); this version of godwit knows version \(version)")
    }
    return StoreLayout(path, isSealed: found != version)
  }

  /// The store in the directory at `path`, which is made if it is missing or empty.
  ///
  /// - Parameter recipients: who can read the store if it is made, and must be made then; nil: whoever has it.
  /// - Returns: with the secret of a sealed store that was made.
  package static func create(_ path: String, sealedTo recipients: Recipients? = nil)
    throws(Failure) -> (layout: StoreLayout, secret: StoreSecret?)
  {
    guard !path.isEmpty else { throw Failure("a store needs a directory's name, not ''") }
    let isNew = try withFailure(path) { () throws(HostError) in
      try HostFiles.makeDirectory(path)
    }
    if !isNew, let store = try store(path) { return (try found(store, recipients), nil) }
    // Another process may be making it at the same time.
    let own: Set = ["packs", "snapshots", "lock", keyName, markerName]
    let names = try withFailure(path) { () throws(HostError) in try directoryNames(path) }
    for name in names.map({ String(decoding: $0, as: UTF8.self) })
    where !own.contains(name) && !name.hasPrefix(".\(markerName).")
      && !name.hasPrefix(".\(keyName).")
    {
      throw Failure("\(path): neither a store of snapshots nor empty: there is \(name)")
    }
    let lock = try withFailure(path) { () throws(HostError) in
      _ = try HostFiles.makeDirectory(path + "/packs")
      _ = try HostFiles.makeDirectory(path + "/snapshots")
      return try FileLock(path + "/lock", .exclusive, creates: true)
    }
    defer { withExtendedLifetime(lock) {} }
    if let store = try store(path) { return (try found(store, recipients), nil) }
    let layout = StoreLayout(path, isSealed: recipients != nil)
    var secret: StoreSecret?
    if let recipients {
      let new = StoreSecret()
      try new.write(to: layout.keyFile, recipients)
      secret = new
    }
    let marker = markerText + version + (layout.isSealed ? sealedText : "") + "\n"
    try withFailure(path) { () throws(HostError) in
      try AtomicFile.replace(path + "/" + markerName, with: Array(marker.utf8))
    }
    return (layout, secret)
  }

  private static func found(_ store: StoreLayout, _ recipients: Recipients?) throws(Failure)
    -> StoreLayout
  {
    guard recipients == nil else {
      throw Failure(
        "\(store.path): the store is there already, "
          + (store.isSealed ? "sealed to whom it was made for" : "and not sealed"))
    }
    return store
  }

  /// The secret of a sealed store; nil if the store is not sealed.
  package func secret(_ keys: SealKeys) throws(Failure) -> StoreSecret? {
    isSealed ? try StoreSecret(in: keyFile, keys) : nil
  }

  /// The key of a sealed store; nil if the store is not sealed.
  func key(_ keys: SealKeys) throws(Failure) -> StoreKey? { try secret(keys)?.key }

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
