import Age
import HostABI
import Machine
import PosixHost
import Snapshot
import Synchronization

/// What the key of a sealed store is made of. It is overwritten when it is let go.
package final class StoreSecret: Sendable {
  private let bytes: Mutex<[UInt8]>

  /// In front of the secret in the file.
  private static let label = Array("godwit store key 1\n".utf8)

  /// A new one, which nobody can guess.
  init() { bytes = Mutex(StoreKey.randomBytes(StoreKey.size)) }

  /// - Returns: nil unless there are as many bytes as a secret has.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == StoreKey.size else { return nil }
    self.bytes = Mutex(bytes)
  }

  /// Reads the secret in the file at `path`, which is in the age format.
  convenience init(in path: String, _ keys: SealKeys) throws(Failure) {
    let file = try withFailure(path) { () throws(HostError) in try InputFile(path) }
    var content: [UInt8]
    do throws(AgeError) {
      let reader = try AgeReader(AgeFile(file), keys.identities)
      // It is one chunk.
      content = Array(try reader.bytes(at: 0))
    } catch { throw Failure(path, error) }
    defer { wipe(&content) }
    guard content.starts(with: Self.label),
      content.count == Self.label.count + StoreKey.size
    else { throw Failure("\(path): it is not the key of a store") }
    self.init(Array(content.dropFirst(Self.label.count)))!
  }

  deinit { bytes.withLock { wipe(&$0) } }

  var key: StoreKey { bytes.withLock { StoreKey($0) } }

  /// Writes the secret to a new file at `path`, for these recipients.
  func write(to path: String, _ recipients: Recipients) throws(Failure) {
    var encryptor: AgeEncryptor
    do throws(AgeError) { encryptor = try AgeEncryptor(recipients) } catch {
      throw Failure("\(path): \(error)")
    }
    var content = Self.label + bytes.withLock { $0 }
    defer { wipe(&content) }
    let encrypted = encryptor.append(content[...]) + encryptor.finish()
    try withFailure(path) { () throws(HostError) in
      try AtomicFile.replace(path, with: encrypted)
    }
  }

  /// Passes the secret to another process, and forgets it: there is no `key` any more.
  func hand<E: Error>(_ body: ([UInt8]) throws(E) -> Void) throws(E) {
    try bytes.withLock { (bytes) throws(E) in
      defer {
        wipe(&bytes)
        bytes = []
      }
      try body(bytes)
    }
  }
}
