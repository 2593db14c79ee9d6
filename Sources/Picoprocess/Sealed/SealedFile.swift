import Age
import HostABI
import Machine
import PosixHost
import Snapshot

/// A file in which a snapshot is encrypted on its way to the disk: nothing of it gets there in plain.
final class SealedFile: SnapshotSink {
  /// For messages.
  private let path: String
  private let file: any SnapshotMedium
  /// Kept until the file has its name.
  private let lock: FileLock?
  private var encryptor: AgeEncryptor

  /// How much is written before it is sent on to storage, in bytes.
  private static let writebackStep: UInt64 = 8 << 20

  /// Begins a sealed snapshot that will replace what is at `path`.
  convenience init(_ path: String, _ medium: any SnapshotMedium, _ recipients: Recipients)
    throws(Failure)
  {
    try self.init(path, medium, nil, recipients)
  }

  /// Begins a sealed snapshot that a store which is not sealed has whole.
  convenience init(_ place: StorePath, _ layout: StoreLayout, _ recipients: Recipients)
    throws(Failure)
  {
    let lock = try withFailure("\(place)") { () throws(HostError) in try layout.locked(.shared) }
    let file = try SnapshotFile.beginning(layout.manifest(place.name))
    try self.init("\(place)", file, lock, recipients)
  }

  private init(
    _ path: String, _ file: any SnapshotMedium, _ lock: FileLock?, _ recipients: Recipients
  ) throws(Failure) {
    self.path = path
    self.file = file
    self.lock = lock
    do throws(AgeError) { encryptor = try AgeEncryptor(recipients) } catch {
      throw Failure("\(path): \(error)")
    }
  }

  func write(_ bytes: RawSpan) throws(Failure) { try put(encryptor.append(bytes.array[...])) }

  private func put(_ encrypted: [UInt8]) throws(Failure) {
    let steps = file.length / Self.writebackStep
    try withFailure(path) { () throws(HostError) in
      try encrypted.withRawSpan { (bytes) throws(HostError) in try file.write(bytes) }
    }
    if file.length / Self.writebackStep != steps { file.beginWriteback() }
  }

  /// Decrypts what was written: only who makes the file can do that without an identity.
  func readBack(_ parent: SnapshotReader?) throws(Failure) -> SnapshotReader {
    let input = try withFailure(path) { () throws(HostError) in try file.input() }
    do throws(SnapshotError) {
      let source = SealedSnapshot(encryptor.readBack(AgeFile(input)))
      let reader = try SnapshotReader(source, parent: parent)
      try reader.verifyUnsigned()
      return reader
    } catch { throw unusable(path, error) }
  }

  /// The signature is within what is encrypted.
  func commit(signature: [UInt8]) throws(Failure) {
    try put(encryptor.append(signature[...]))
    try put(encryptor.finish())
    try withFailure(path) { () throws(HostError) in
      try PartList.replacing(path) { () throws(HostError) in try file.commit() }
    }
  }
}
