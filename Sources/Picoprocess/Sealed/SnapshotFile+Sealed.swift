import Age
import HostABI
import PosixHost
import Snapshot

extension SnapshotFile {
  /// What the file holds: itself, or what is decrypted of it if it is sealed.
  func unsealed(_ path: String, _ keys: SealKeys) throws(Failure) -> any SnapshotSource {
    guard try isSealed(path) else { return self }
    do throws(AgeError) { return try SealedSnapshot(file, keys) } catch {
      throw Failure(path, error)
    }
  }

  func isSealed(_ path: String) throws(Failure) -> Bool {
    try withFailure(path) { () throws(HostError) in try SealedSnapshot.isSealed(file) }
  }
}
