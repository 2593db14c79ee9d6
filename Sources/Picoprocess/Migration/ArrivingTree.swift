import LibOS
import MigrationMessages
import Snapshot

/// A guest's root that arrives over a link. Contents that a tree of the store has are taken from there.
struct ArrivingTree {
  /// The directory that is the root.
  let root: String
  let losses: TreeLosses

  init(_ link: MigrationLink, _ store: TreeStore) throws(Failure) {
    let (listing, contents) = try Self.request(link, store)
    losses = try store.add(listing, contents)
    root = store.directory(of: listing) + "/" + TreeStore.name(ofMount: 0)
  }

  /// Says what is lacking here of the root that would come. It does not.
  static func rehearse(_ link: MigrationLink, _ store: TreeStore) throws(Failure) {
    let (listing, _) = try request(link, store)
    try store.requireRoom(for: listing)
  }

  private static func request(_ link: MigrationLink, _ store: TreeStore) throws(Failure)
    -> (TreeListing, ArrivingContents)
  {
    let listing = try listing(link, "the root that is to come")
    guard listing.carries(mount: 0), listing.files.allSatisfy({ $0.place.mount == 0 }) else {
      throw Failure("the root that is to come is none")
    }
    let contents = ArrivingContents(link, known: try store.copies(), mayChange: false)
    if try !store.has(listing) {
      for (number, file) in listing.files.enumerated() {
        contents.need(file, number, as: store.unfinishedCopy(of: file, in: listing))
      }
    }
    try contents.request()
    return (listing, contents)
  }

  /// The list of files that comes next.
  static func listing(_ link: MigrationLink, _ what: String) throws(Failure) -> TreeListing {
    var files = OfferedFiles()
    while true {
      guard case .message(.files(let message)) = try link.receive() else {
        throw Failure("the sender's messages are out of order")
      }
      try files.add(message)
      if message.last { break }
    }
    do throws(SnapshotError) { return try TreeListing(files.files, takesNodes: true) } catch {
      throw Failure("\(what): \(error)")
    }
  }
}
