import HostABI
import PosixHost
import Snapshot

/// The file that names the parts of a snapshot: `Docs/SnapshotFormat.md`, "In parts".
struct PartList {
  struct Entry {
    /// In the directory of the list.
    var name: String
    /// In bytes.
    var size: UInt64
    /// Of the first `headSize` bytes.
    var head: Digest
    /// Of all.
    var digest: Digest
  }

  let entries: [Entry]

  /// Parts of a snapshot, at most: their numbers have three digits.
  static let countLimit = 1000
  static let headSize = 4096
  private static let magic = "godwit parts "
  private static let version = "1"
  /// Bytes.
  private static let sizeLimit = 1 << 20

  init(entries: [Entry]) { self.entries = entries }

  /// Reads the list in `file`.
  ///
  /// - Returns: nil if it is another file.
  init?(_ file: InputFile, _ path: String) throws(Failure) {
    let magic = Array(Self.magic.utf8)
    let start = try withFailure(path) { () throws(HostError) in
      try file.read(at: 0, count: magic.count)
    }
    guard start == magic else { return nil }
    let damaged = Failure("\(path): it is no proper list of a snapshot's parts")
    guard file.size <= Self.sizeLimit else { throw damaged }
    let bytes = try withFailure(path) { () throws(HostError) in
      try file.read(at: 0, count: Self.sizeLimit)
    }
    guard let text = String(validating: bytes, as: UTF8.self), text.hasSuffix("\n") else {
      throw damaged
    }
    let lines = text.split(separator: "\n")
    let title = lines.first.map { String($0) } ?? ""
    guard title == Self.magic + Self.version else {
      throw Failure("\(path): a newer godwit has written it: '\(title)'")
    }
    var entries: [Entry] = []
    for line in lines.dropFirst() {
      // The name may have blanks.
      let words = line.split(separator: " ", maxSplits: 3)
      guard words.count == 4, let size = UInt64(words[0]), size > 0,
        size <= UInt64(Int64.max) >> 10,
        let head = Digest(hexadecimal: words[1]), let digest = Digest(hexadecimal: words[2]),
        FileName(words[3].utf8) != nil
      else { throw damaged }
      entries.append(Entry(name: String(words[3]), size: size, head: head, digest: digest))
    }
    guard (1...Self.countLimit).contains(entries.count) else { throw damaged }
    self.entries = entries
  }

  var text: [UInt8] {
    let lines = entries.map { "\($0.size) \($0.head) \($0.digest) \($0.name)\n" }
    return Array((Self.magic + Self.version + "\n" + lines.joined()).utf8)
  }

  // MARK: Names

  /// The path of a part of the snapshot at `path`.
  static func partName(_ path: String, _ stamp: String, _ number: Int) -> String {
    let digits = "\(number)"
    return "\(path).\(stamp).\(String(repeating: "0", count: max(0, 3 - digits.count)))\(digits)"
  }

  static func path(of entry: Entry, beside list: String) -> String {
    let directory = String(decoding: AtomicFile.directory(of: list), as: UTF8.self)
    return directory + (directory == "/" ? "" : "/") + entry.name
  }

  // MARK: Parts

  /// Removes the parts of the snapshot at `path` once `commit` has put another one in its place.
  static func replacing<E: Error>(_ path: String, _ commit: () throws(E) -> Void) throws(E) {
    let old = (try? InputFile(path)).flatMap { try? PartList($0, path) }
    try commit()
    for entry in old?.entries ?? [] { try? HostFiles.remove(Self.path(of: entry, beside: path)) }
  }

  /// Opens the file at `path`; if it is a list, its parts, as one.
  static func open(_ path: String) throws(Failure) -> InputFile {
    let file = try SnapshotFile.opening(path)
    guard let list = try PartList(file, path) else { return file }
    let parts = try list.parts(path)
    return try withFailure(path) { () throws(HostError) in try InputFile(joining: parts) }
  }

  /// Opens the parts. Another part in one's place is noticed by its size and first bytes.
  private func parts(_ path: String) throws(Failure) -> [InputFile] {
    try entries.map { (entry) throws(Failure) in
      let place = Self.path(of: entry, beside: path)
      let part: InputFile
      do throws(HostError) { part = try InputFile(place) } catch .notFound {
        throw Failure("\(path): its part \(place) is missing")
      } catch { throw Failure(place, error) }
      let head = try withFailure(place) { () throws(HostError) in
        try part.read(at: 0, count: Self.headSize)
      }
      guard part.size == entry.size, Digest(of: head[...]) == entry.head else {
        throw Failure("\(path): \(place) is another file than its part of that name")
      }
      return part
    }
  }

  /// Reads all parts of the snapshot at `path`, if it is in parts, and checks them.
  static func verify(_ path: String) throws(Failure) {
    guard let list = try PartList(try SnapshotFile.opening(path), path) else { return }
    for (entry, part) in zip(list.entries, try list.parts(path)) {
      let place = Self.path(of: entry, beside: path)
      var digest = DigestBuilder()
      var offset: UInt64 = 0
      while offset < entry.size {
        let bytes = try withFailure(place) { () throws(HostError) in
          try part.read(at: offset, count: 1 << 20)
        }
        if bytes.isEmpty { break }
        digest.append(bytes[...])
        offset += UInt64(bytes.count)
      }
      guard digest.finish() == entry.digest else {
        throw Failure("\(path): its part \(place) is damaged")
      }
    }
  }
}

extension Digest {
  /// - Parameter digits: 64 of them.
  fileprivate init?(hexadecimal digits: Substring) {
    guard digits.utf8.count == 2 * Digest.size else { return nil }
    var bytes: [UInt8] = []
    var rest = digits[...]
    while !rest.isEmpty {
      guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    self.init(bytes)
  }
}
