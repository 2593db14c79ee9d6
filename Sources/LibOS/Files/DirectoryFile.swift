package import LinuxABI

/// An open directory.
///
/// The entries are taken when the first is read, and again after a rewind: names that come or go in
/// between neither repeat nor hide others. The position is the index of the next entry.
package final class DirectoryFile: OpenFile {
  private let place: Dentry
  /// The entries being listed, from the first read on.
  package private(set) var listing: [InodeEntry]?

  package init(_ dentry: Dentry, _ flags: OpenFlags, listing: [InodeEntry]? = nil) {
    place = dentry
    self.listing = listing
    super.init(flags: flags)
  }

  /// Signals about its entries; gone when a process closes a descriptor of it.
  var notice: DirectoryNotice? {
    didSet {
      if let oldValue, oldValue !== notice { place.inode.watchList.remove(oldValue) }
      if let notice, notice !== oldValue { place.inode.watchList.add(notice) }
    }
  }

  package override func descriptorClosed(by process: Process) { notice = nil }
  package override func close() { notice = nil }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { place.inode } }
  package override var isSeekable: Bool { true }

  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    throw .EISDIR
  }
  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    throw .EISDIR
  }

  private func takeListing() throws(Errno) -> [InodeEntry] {
    if let listing, offset > 0 { return listing }
    if place.isDeleted { throw .ENOENT }
    let up = place.up ?? place
    var entries = [
      InodeEntry(name: Array(".".utf8), number: place.inode.number, type: .S_IFDIR),
      InodeEntry(name: Array("..".utf8), number: up.inode.number, type: .S_IFDIR),
    ]
    for var entry in try place.inode.entries() {
      if let mounted = place.cachedChild(entry.name)?.mounted {
        entry.number = mounted.root.inode.number
        entry.type = mounted.root.inode.type
      }
      entries.append(entry)
    }
    listing = entries
    return entries
  }

  /// The next entries that fit into `limit` bytes, as `encode` writes them (it returns the number of
  /// bytes one takes). EINVAL when not even one fits.
  package func read(
    limit: Int, _ size: (InodeEntry) -> Int, _ encode: (InodeEntry, _ next: Int64) -> Void
  ) throws(Errno) {
    let entries = try takeListing()
    var room = limit
    var index = Int(clamping: offset)
    while index < entries.count {
      let needed = size(entries[index])
      guard needed <= room else {
        if room == limit { throw .EINVAL }
        break
      }
      room -= needed
      index += 1
      encode(entries[index - 1], Int64(index))
    }
    offset = UInt64(max(index, 0))
  }
}
