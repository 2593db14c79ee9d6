import HostABI
import LibOS
import LibOSState
import Machine
import PosixHost
import Snapshot

/// The files that a snapshot carries.
final class CarriedFiles: TreeContents {
  let listing: TreeListing
  private let reader: SnapshotReader
  /// The contents that were read last, and the number of their section.
  private var section: (index: Int, bytes: [UInt8]) = (-1, [])

  /// Nil if it carries none.
  init?(_ reader: SnapshotReader) throws(SnapshotError) {
    var files: [OutsideFile] = []
    var index = 0
    while let number = CarriedSections.listNumber(index), let part = try reader.section(number) {
      files += try OutsideFile.list(part)
      index += 1
    }
    if index == 0 { return nil }
    listing = try TreeListing(files)
    self.reader = reader
    let contentsSize = try Self.contentsSize(reader)
    for file in files where file.kind == .regular {
      guard try checkedSum(file.offset, file.size ?? 0) <= contentsSize else {
        throw .invalidState(
          "the contents of the carried file \(String(decoding: file.place.path.bytes, as: UTF8.self))"
        )
      }
    }
  }

  private static func contentsSize(_ reader: SnapshotReader) throws(SnapshotError) -> UInt64 {
    let sizes = Dictionary(reader.sections.map { ($0.id, $0.byteCount) }) { first, _ in first }
    var sum: UInt64 = 0
    var index = 0
    var isFull = true
    while let number = CarriedSections.contentsNumber(index), let size = sizes[number] {
      guard isFull, size <= UInt64(CarriedSections.pieceSize) else {
        throw .invalidState("the contents of carried files")
      }
      isFull = size == UInt64(CarriedSections.pieceSize)
      sum += size
      index += 1
    }
    return sum
  }

  func forEachPiece(of file: OutsideFile, _ body: (UInt64, RawSpan) throws(Failure) -> Void)
    throws(Failure)
  {
    var digest = DigestBuilder()
    var offset = file.offset
    let end = file.offset + (file.size ?? 0)
    while offset < end {
      let index = Int(offset / UInt64(CarriedSections.pieceSize))
      if section.index != index {
        section = (index, try contents(index))
      }
      let start = Int(offset % UInt64(CarriedSections.pieceSize))
      let count = min(section.bytes.count - start, Int(clamping: end - offset))
      let bytes = section.bytes[start..<(start + count)]
      digest.append(bytes)
      try Array(bytes).withRawSpan { (bytes) throws(Failure) in
        try body(offset - file.offset, bytes)
      }
      offset += UInt64(count)
    }
    guard digest.finish() == file.digest else {
      let path = String(decoding: file.place.path.bytes, as: UTF8.self)
      throw Failure("the carried file \(path) is not the one that its digest says")
    }
  }

  private func contents(_ index: Int) throws(Failure) -> [UInt8] {
    do throws(SnapshotError) {
      guard let number = CarriedSections.contentsNumber(index) else {
        throw .invalidState("the contents of carried files")
      }
      return try reader.requiredSection(number)
    } catch { throw Failure("\(error)") }
  }

  /// Reads all contents, and checks them.
  func verify() throws(Failure) {
    for file in listing.files where file.kind == .regular {
      try forEachPiece(of: file) { (_, _) throws(Failure) in }
    }
  }

  // MARK: A resume

  /// Names in `options` what the snapshot carries and they do not name: where it will be once it is unpacked.
  ///
  /// - Returns: whether there is anything to unpack.
  func provide(
    _ options: inout PicoprocessOptions, _ remembered: RememberedHost, from store: TreeStore
  ) -> Bool {
    let directory = store.directory(of: listing)
    var isNeeded = false
    if options.root == nil, listing.carries(mount: 0) {
      options.root = directory + "/" + TreeStore.name(ofMount: 0)
      isNeeded = true
    }
    for (index, mount) in remembered.hostMounts.enumerated()
    where mount.isReadOnly && listing.carries(mount: index + 1)
      && !options.mounts.contains(where: { $0.isAt(mount.guest) })
    {
      options.mounts.append(
        MountOption(
          host: directory + "/" + TreeStore.name(ofMount: index + 1),
          guest: String(decoding: mount.guest, as: UTF8.self), isReadOnly: true))
      isNeeded = true
    }
    return isNeeded
  }

  /// - Returns: what the files could not be given.
  func unpack(into store: TreeStore) throws(Failure) -> TreeLosses {
    try store.add(listing, self)
  }
}
