import HostABI
import LibOS
import MigrationMessages
import PosixHost
import Snapshot

/// The files of a guest's writable mounts that arrive over a link, each mount for a directory that this end's user has
/// named.
final class ArrivingMounts {
  private let link: MigrationLink
  /// By the numbers that the mounts have in places.
  private let mounts: [Int: StagedMount]
  /// The tree of each, in hexadecimal digits.
  private let trees: [Int: String]
  /// What has come.
  private var files: [OutsideFile.Place: OutsideFile] = [:]
  /// Files that changed while they came: the sender sends them again.
  private var unsettled: Set<OutsideFile.Place> = []
  /// Contents that are in the directories already.
  private var here: [Digest: TreeCopy] = [:]
  /// All has come: the guest stands.
  private(set) var isWhole = false

  /// What can't be given to the files here: a line each.
  var notices: [String] {
    mounts.sorted { $0.key < $1.key }.flatMap { $0.value.maker.losses.lines }
  }

  /// - Parameter targets: the directories, as this end's user has named them, by number.
  init(_ offer: MigrationOffer, _ targets: [Int: String], over link: MigrationLink) throws(Failure)
  {
    self.link = link
    trees = offer.trees
    var mounts: [Int: StagedMount] = [:]
    do throws(Failure) {
      for (number, target) in targets.sorted(by: { $0.key < $1.key }) {
        let mount = try StagedMount(target, isRehearsal: offer.isRehearsal)
        mounts[number] = mount
        try Self.requireUnused(mount)
        for (other, another) in mounts where other != number {
          guard !another.path.overlaps(mount.path) else {
            throw Failure("\(target): two of the guest's mounts can't come to the same place")
          }
        }
      }
    } catch {
      for mount in mounts.values { mount.giveUp() }
      throw error
    }
    self.mounts = mounts
  }

  /// Refuses a directory that a guest here has mounted.
  private static func requireUnused(_ mount: StagedMount) throws(Failure) {
    guard let names = try? ControlDirectory.standard().names() else { return }
    for name in names {
      guard let record = try? GrantRecord(of: name) else { continue }
      if record.mounts.contains(where: { $0.overlaps(mount.path) }) {
        let shown = String(decoding: mount.path, as: UTF8.self)
        throw Failure("\(shown): the picoprocess \(name), which runs there, has it mounted")
      }
    }
  }

  // MARK: While the guest runs

  /// Takes the files, and what changes meanwhile.
  func take() throws(Failure) {
    let listing = try listing()
    try update(listing, sent: listing.files, removed: [])
    while try !takeChanges(nil, isLast: false) {}
  }

  /// Says what is lacking here. Nothing comes.
  func rehearse() throws(Failure) {
    let listing = try listing()
    let contents = ArrivingContents(link, known: known(without: []), mayChange: true)
    for (number, file) in listing.files.enumerated() {
      contents.need(file, number, as: copy(of: file))
    }
    try contents.request()
  }

  /// The files that are to come, of which none would replace anything that is only here.
  private func listing() throws(Failure) -> TreeListing {
    let listing = try ArrivingTree.listing(link, "the mounts that are to come")
    try check(listing)
    for (number, mount) in mounts.sorted(by: { $0.key < $1.key }) {
      try compare(mount, number, with: listing)
    }
    try requireRoom(for: listing)
    return listing
  }

  /// Refuses what is not of these mounts.
  private func check(_ listing: TreeListing) throws(Failure) {
    let numbers = Set(listing.files.map(\.place.mount))
    guard numbers == Set(mounts.keys), numbers.allSatisfy({ listing.carries(mount: $0) }) else {
      throw Failure("it lists other mounts than it has offered")
    }
  }

  /// Refuses to replace what is only there.
  private func compare(_ mount: StagedMount, _ number: Int, with listing: TreeListing)
    throws(Failure)
  {
    guard mount.exists else { return }
    let tree = try mount.maker.naming(.here) { () throws(HostError) in try HostTree(mount.path) }
    let scan = try TreeScan([number: tree], TreeDigests()) { () throws(Failure) in
      try link.sayIdle()
    }
    for file in scan.files {
      guard let digest = file.digest else { continue }
      here[digest] = TreeCopy(
        directory: String(decoding: mount.path, as: UTF8.self), path: file.place.path)
    }
    if let summary = scan.leftOut.summary {
      throw Failure("it can't be replaced, for these files can't be read: \(summary)")
    }
    if let record = TreeRecord.find(mount.path), record.tree == trees[number],
      record.left == TreeRecord.name(of: scan.files)
    {
      return
    }
    let coming = Dictionary(listing.files.map { ($0.place, $0) }) { first, _ in first }
    var only = NamedFiles()
    for file in scan.files where coming[file.place].map({ !$0.isLike(file) }) ?? true {
      only.note(tree.shown(file.place.path))
    }
    if let summary = only.summary {
      throw Failure(
        "these files would be lost: \(summary): name a directory that is empty, or that the guest has left and nobody has changed since"
      )
    }
  }

  private func requireRoom(for listing: TreeListing) throws(Failure) {
    for (number, mount) in mounts {
      let size = listing.files.reduce(0 as UInt64) { sum, file in
        guard file.place.mount == number, file.link == nil else { return sum }
        // The listing has checked the sum of all.
        return sum + (file.size ?? 0) - file.holes.reduce(0) { $0 + UInt64($1.count) }
      }
      try mount.maker.requireRoom(for: size, "the files that come with the guest")
    }
  }

  /// Takes a pass over what has changed.
  ///
  /// - Parameters:
  ///   - first: the message that it begins with; nil: it is still to come.
  ///   - isLast: if it says that it is settled, the guest stands.
  /// - Returns: whether it says so.
  private func takeChanges(_ first: Godwit_Migration_TreeChanges?, isLast: Bool) throws(Failure)
    -> Bool
  {
    var sent = OfferedFiles()
    var removed = OfferedFiles()
    var message = first
    var isSettled = false
    repeat {
      let part: Godwit_Migration_TreeChanges
      if let given = message {
        part = given
      } else {
        guard case .message(.treeChanges(let next)) = try link.receive() else {
          throw Failure("\(link.peer): its messages are out of order")
        }
        part = next
      }
      try sent.add(part.list)
      try removed.add(part.removed)
      isSettled = part.settled
      message = part.last ? part : nil
    } while message == nil
    isWhole = isLast && isSettled
    var changed = files
    for file in removed.files { changed[file.place] = nil }
    for file in sent.files { changed[file.place] = file }
    let listing: TreeListing
    do throws(SnapshotError) {
      listing = try TreeListing(changed.values.sorted { $0.place < $1.place }, takesNodes: true)
    } catch { throw Failure("what has changed in the mounts that come: \(error)") }
    try check(listing)
    guard zip(sent.files, sent.files.dropFirst()).allSatisfy({ $0.place < $1.place }) else {
      throw Failure("\(link.peer): it lists files out of order")
    }
    try update(listing, sent: sent.files, removed: removed.files.map(\.place))
    return isSettled
  }

  // MARK: While its memory comes

  /// Takes a pass between two rounds, or the last one, when the guest stands. It begins with this message.
  func takeMore(_ first: Godwit_Migration_TreeChanges) throws(Failure) {
    guard !isWhole else { throw Failure("\(link.peer): its messages are out of order") }
    if try takeChanges(first, isLast: true), let place = unsettled.min() {
      let path = String(decoding: place.path.bytes, as: UTF8.self)
      throw Failure("\(path), a file that comes with the guest, changed while it was sent")
    }
  }

  // MARK: Files

  /// Makes what has come into `listing`.
  ///
  /// - Parameters:
  ///   - sent: those of its files that are new or others than before, in the order in which the sender numbers them.
  ///   - removed: former ones that are not among its files.
  private func update(_ listing: TreeListing, sent: [OutsideFile], removed: [OutsideFile.Place])
    throws(Failure)
  {
    let made = Set(sent.filter { needsMaking($0) }.map(\.place))
    // The other names of a file that is made anew must be made anew, too.
    let links = listing.files.filter { file in
      file.link.map { made.contains(OutsideFile.Place(mount: file.place.mount, path: $0)) } ?? false
    }
    let remade = made.union(links.map(\.place))
    try remove(remade.union(removed).filter { files[$0] != nil })

    let contents = ArrivingContents(
      link, known: known(without: remade.union(removed)), mayChange: !isWhole)
    for (number, file) in sent.enumerated() where remade.contains(file.place) {
      contents.need(file, number, as: copy(of: file))
    }
    try contents.request()

    var directories: Set<OutsideFile.Place> = []
    let changed = Set(sent.map(\.place))
    for file in listing.files where remade.contains(file.place) || changed.contains(file.place) {
      guard let maker = mounts[file.place.mount]?.maker else { continue }
      let path = path(file.place)
      if file.kind == .directory { directories.insert(file.place) }
      if remade.contains(file.place) {
        let first = file.link.map {
          self.path(OutsideFile.Place(mount: file.place.mount, path: $0))
        }
        let isMade = try maker.make(file, at: path, linkedTo: first, contents)
        if let parent = file.place.parent { directories.insert(parent) }
        if isMade, first == nil, file.kind != .directory { try maker.finish(file, at: path) }
      } else if file.kind != .directory, file.link == nil, maker.has(path) {
        try maker.finish(file, at: path, former: files[file.place])
      }
    }
    for place in removed { if let parent = place.parent { directories.insert(parent) } }
    // What is in a directory comes first: it changes the directory's times.
    for file in listing.files.reversed() where directories.contains(file.place) {
      let former = remade.contains(file.place) ? nil : files[file.place]
      try mounts[file.place.mount]?.maker.finish(file, at: path(file.place), former: former)
    }
    unsettled = unsettled.subtracting(remade).subtracting(removed).union(contents.changed)
    files = Dictionary(listing.files.map { ($0.place, $0) }) { first, _ in first }
  }

  /// Whether a file is to be made anew: other attributes can be given to the one that is there.
  private func needsMaking(_ file: OutsideFile) -> Bool {
    guard let former = files[file.place], !unsettled.contains(file.place) else { return true }
    return !former.isLike(file) || former.link != file.link || former.device != file.device
      || former.holes != file.holes
  }

  /// Removes files: what is in a directory before it.
  private func remove(_ places: some Sequence<OutsideFile.Place>) throws(Failure) {
    for place in places.sorted().reversed() {
      guard let maker = mounts[place.mount]?.maker, maker.has(path(place)) else { continue }
      try maker.naming(path(place)) { () throws(HostError) in
        try maker.host.remove(
          at: maker.name(path(place)), isDirectory: files[place]?.kind == .directory)
      }
    }
  }

  /// Where contents are to be had without the sender.
  private func known(without places: Set<OutsideFile.Place>) -> [Digest: TreeCopy] {
    var known = here
    for file in files.values where !places.contains(file.place) && !unsettled.contains(file.place) {
      if let digest = file.digest, file.link == nil { known[digest] = copy(of: file) }
    }
    return known
  }

  private func copy(of file: OutsideFile) -> TreeCopy {
    TreeCopy(directory: mounts[file.place.mount]?.incomingPath ?? "", path: file.place.path)
  }

  private func path(_ place: OutsideFile.Place) -> RelativePath {
    var path = mounts[place.mount]?.incoming ?? .here
    for name in place.path.names.compactMap({ FileName($0) }) { path = path.appending(name) }
    return path
  }

  // MARK: The end

  /// Puts what has come in its place, for the guest to be loaded.
  func activate() throws(Failure) {
    guard isWhole else { throw Failure("\(link.peer): its messages are out of order") }
    for mount in mounts.values { try mount.activate() }
  }

  /// The guest runs here.
  func keep() {
    for (number, mount) in mounts {
      mount.keep()
      if let tree = trees[number] { TreeRecord(tree: tree).save(for: mount.path) }
    }
  }

  /// It does not: all is as it was.
  func giveUp() {
    for mount in mounts.values { mount.giveUp() }
  }
}

extension OutsideFile {
  /// Whether it has the same contents as another file.
  func isLike(_ other: OutsideFile) -> Bool {
    kind == other.kind && digest == other.digest && target == other.target
  }
}

extension OutsideFile.Place {
  /// The directory that it is in; nil for what is mounted itself.
  var parent: OutsideFile.Place? {
    path.split.map { OutsideFile.Place(mount: mount, path: $0.parent) }
  }
}

extension [UInt8] {
  /// Whether one of two absolute paths is the other, or beneath it.
  func overlaps(_ other: [UInt8]) -> Bool {
    let (short, long) = count < other.count ? (self, other) : (other, self)
    return short == [UInt8(ascii: "/")]
      || long.starts(with: short)
        && (long.count == short.count || long[short.count] == UInt8(ascii: "/"))
  }
}
