import HostABI
import LibOS
import Machine
import MigrationMessages
import PosixHost
import Snapshot

/// A guest's root that arrives over a link. Contents that a tree of the store has are taken from there.
final class ArrivingTree: TreeContents {
  private let link: MigrationLink
  private let store: TreeStore
  private let listing: TreeListing
  /// The numbers of the files whose contents come over the link.
  private let wanted: [UInt32]
  private let isWanted: Set<OutsideFile.Place>
  /// Where other contents are, by their digests.
  private let known: [Digest: TreeStore.Copy]
  /// Bytes that came, and are not yet of use.
  private var pending: [UInt8] = []

  /// Files in a message.
  private static let partSize = 100_000

  /// Takes the list of files, and says which contents are wanted.
  init(_ link: MigrationLink, _ store: TreeStore) throws(Failure) {
    let listing = try Self.listing(link)
    var known = try store.copies()
    var wanted: [UInt32] = []
    var isWanted: Set<OutsideFile.Place> = []
    if try !store.has(listing) {
      for (number, file) in listing.files.enumerated() {
        guard let digest = file.digest, known[digest] == nil else { continue }
        wanted.append(UInt32(number))
        isWanted.insert(file.place)
        // Of those that are equal, the first one is enough.
        known[digest] = store.unfinishedCopy(of: file, in: listing)
      }
    }
    self.link = link
    self.store = store
    self.listing = listing
    self.known = known
    self.wanted = wanted
    self.isWanted = isWanted
  }

  private static func listing(_ link: MigrationLink) throws(Failure) -> TreeListing {
    var files = OfferedFiles()
    while true {
      guard case .message(.files(let message)) = try link.receive() else {
        throw Failure("the sender's messages are out of order")
      }
      try files.add(message)
      if message.last { break }
    }
    do throws(SnapshotError) { return try TreeListing(files.files) } catch {
      throw Failure("the root that is to come: \(error)")
    }
  }

  /// Takes the contents.
  ///
  /// - Returns: the directory that is the root.
  func take() throws(Failure) -> String {
    guard listing.carries(mount: 0), listing.files.allSatisfy({ $0.place.mount == 0 }) else {
      throw Failure("the root that is to come is none")
    }
    var rest = wanted[...]
    repeat {
      var message = Godwit_Migration_TreeWanted()
      message.files = Array(rest.prefix(Self.partSize))
      rest = rest.dropFirst(Self.partSize)
      message.last = rest.isEmpty
      try link.send(.treeWanted(message))
    } while !rest.isEmpty
    try store.add(listing, self)
    return store.directory(of: listing) + "/" + TreeStore.name(ofMount: 0)
  }

  func forEachPiece(of file: OutsideFile, _ body: (RawSpan) throws(Failure) -> Void)
    throws(Failure)
  {
    var digest = DigestBuilder()
    if isWanted.contains(file.place) {
      var rest = file.size ?? 0
      while rest > 0 {
        if pending.isEmpty { try receive() }
        let piece = Array(pending.prefix(Int(clamping: rest)))
        pending.removeFirst(piece.count)
        rest -= UInt64(piece.count)
        digest.append(piece[...])
        try piece.withRawSpan(body)
      }
    } else if let copy = file.digest.flatMap({ known[$0] }) {
      try copy.forEachPiece { (bytes) throws(Failure) in
        try link.sayIdle()
        digest.append(bytes.array[...])
        try body(bytes)
      }
    }
    guard digest.finish() == file.digest else {
      let path = String(decoding: file.place.path.bytes, as: UTF8.self)
      throw Failure("\(path), a file of the root that comes, is not what its digest says")
    }
  }

  private func receive() throws(Failure) {
    switch try link.receive() {
    case .bytes(let bytes): pending = bytes
    case .message(.abort(let abort)): throw Failure("\(link.peer): it gave up: \(abort.reason)")
    case .message: throw Failure("\(link.peer): its messages are out of order")
    case .end: throw Failure("\(link.peer): the link ended too soon")
    }
  }
}
