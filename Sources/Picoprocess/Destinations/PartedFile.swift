import HostABI
import Machine
import PosixHost
import Snapshot

/// A snapshot in parts: files of a size that a filesystem can have, and one that names them (`--split`). The latter has
/// the snapshot's name. The parts' names are never those of parts that another snapshot has, so that the one before is
/// whole until the new one is.
final class PartedFile: SnapshotMedium {
  private let path: String
  private let partSize: UInt64
  private let stamp = String(UInt32.random(in: .min ... .max), radix: 36)
  private var parts: [AtomicFile] = []
  private var entries: [PartList.Entry] = []
  private var digest = DigestBuilder()
  private var head: [UInt8] = []
  /// Parts that have their names.
  private var named = 0
  private var isCommitted = false
  private(set) var length: UInt64 = 0

  /// Begins a snapshot that will replace what is at `path`.
  ///
  /// - Parameter partSize: bytes of each part but the last.
  init(_ path: String, partSize: Int) throws(Failure) {
    self.path = path
    self.partSize = UInt64(partSize)
    try withFailure(path) { () throws(HostError) in try beginPart() }
  }

  deinit {
    guard !isCommitted else { return }
    for number in 0..<named { try? HostFiles.remove(partPath(number)) }
  }

  private func partPath(_ number: Int) -> String { PartList.partName(path, stamp, number) }

  private func beginPart() throws(HostError) {
    guard parts.count < PartList.countLimit else { throw .fileTooLarge }
    parts.append(try AtomicFile(replacing: partPath(parts.count)))
  }

  private func endPart() {
    let number = entries.count
    let name = partPath(number).split(separator: "/").last.map { String($0) } ?? ""
    entries.append(
      PartList.Entry(
        name: name, size: parts[number].length, head: Digest(of: head[...]),
        digest: digest.finish()))
    digest = DigestBuilder()
    head = []
  }

  func write(_ bytes: RawSpan) throws(HostError) {
    var done = 0
    while done < bytes.byteCount {
      if parts[parts.count - 1].length == partSize {
        endPart()
        try beginPart()
      }
      let part = parts[parts.count - 1]
      let count = Int(min(UInt64(bytes.byteCount - done), partSize - part.length))
      let piece = bytes.extracting(done..<(done + count))
      try part.write(piece)
      let copy = piece.array
      digest.append(copy[...])
      if head.count < PartList.headSize { head += copy.prefix(PartList.headSize - head.count) }
      done += count
      length += UInt64(count)
    }
  }

  func beginWriteback() { parts[parts.count - 1].beginWriteback() }

  func input() throws(HostError) -> InputFile {
    try InputFile(joining: parts.map { (part) throws(HostError) in try part.input() })
  }

  func commit() throws(HostError) {
    endPart()
    let list = try AtomicFile(replacing: path)
    try list.write(PartList(entries: entries).text)
    for part in parts {
      try part.commit()
      named += 1
    }
    try list.commit()
    isCommitted = true
  }
}
