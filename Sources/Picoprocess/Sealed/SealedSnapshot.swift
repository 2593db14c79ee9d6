import Age
import HostABI
import Machine
import PosixHost
import Snapshot

/// A snapshot that is encrypted in the age format, as if it were plain.
final class SealedSnapshot: SnapshotSource {
  private let reader: AgeReader

  init(_ reader: AgeReader) { self.reader = reader }

  /// - Throws: why none of the keys opens the file.
  convenience init(_ file: InputFile, _ keys: SealKeys) throws(AgeError) {
    self.init(try AgeReader(AgeFile(file), keys.identities))
  }

  /// Whether the file is encrypted, in whichever form.
  static func isSealed(_ file: InputFile) throws(HostError) -> Bool {
    AgeReader.isRecognized(try file.read(at: 0, count: AgeReader.magicSize))
  }

  var byteCount: UInt64 { reader.byteCount }

  func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
    var done = 0
    while done < buffer.byteCount {
      let piece: ArraySlice<UInt8>
      do throws(AgeError) { piece = try reader.bytes(at: offset + UInt64(done)) } catch {
        throw .readFailed("\(error)")
      }
      guard !piece.isEmpty else { throw .truncated(at: byteCount) }
      let count = min(piece.count, buffer.byteCount - done)
      Array(piece.prefix(count)).withRawSpan { buffer.copy(from: $0, at: done) }
      done += count
    }
  }
}

/// An encrypted file of the host.
final class AgeFile: AgeSource {
  private let file: InputFile

  init(_ file: InputFile) { self.file = file }

  var byteCount: UInt64 { file.size }

  func bytes(at offset: UInt64, count: Int) throws(AgeError) -> [UInt8] {
    do throws(HostError) { return try file.read(at: offset, count: count) } catch {
      throw .readFailed(Failure.reason(error))
    }
  }
}

extension Failure {
  /// A sealed snapshot can't be opened; where a key is missing, this says how to give one.
  init(_ path: String, _ error: AgeError) {
    let hint =
      switch error {
      case .needsIdentity: ": say --identity FILE"
      case .needsPassphrase: ": say --passphrase-file FILE"
      default: ""
      }
    self.init("\(path): \(error)\(hint)")
  }
}
