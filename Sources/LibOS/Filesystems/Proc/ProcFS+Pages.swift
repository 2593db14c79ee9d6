package import LinuxABI
import Machine

/// `/proc/PID/pagemap`: eight bytes for each page of the address space, without where it lies.
final class ProcPageMap: ProcInode {
  init(number: UInt64) { super.init(number: number, permissions: 0o400) }

  override var type: FileType { .S_IFREG }

  override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    PageMapFile(dentry, flags, process)
  }
}

/// An open one. The position is eight times the number of a page.
package final class PageMapFile: ProcessFile {
  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    guard let process else { return 0 }
    guard offset & 7 == 0, buffer.byteCount & 7 == 0 else { throw .EINVAL }
    let end = process.isa.userAddressLimit.page
    let first = min(offset >> 3, end)
    let pages = first..<min(first + UInt64(buffer.byteCount >> 3), end)
    for page in pages {
      buffer.store(process.pageMapEntry(page), at: Int(page - first) << 3)
    }
    return pages.count << 3
  }

  package override func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int {
    throw .EINVAL
  }
}

extension Process {
  /// Bit 63: present; 61: of a file, or shared; 55: written since soft-dirty bits were cleared, which nobody does.
  fileprivate func pageMapEntry(_ page: UInt64) -> UInt64 {
    let address = GuestAddress(page << 12)
    guard let vma = space.mapping(at: address) else { return 0 }
    var entry: UInt64 = 1 << 55
    if residence(of: page..<(page + 1)) == [1] {
      entry |= 1 << 63
      let isOwn = space.privatePages(of: vma.clipped(to: address, address + 4096)) > 0
      if vma.objectPage(page) != nil, !isOwn {
        entry |= 1 << 61
      }
    }
    return entry
  }
}

/// `/proc/PID/map_files`: a link for each mapping of a file.
final class ProcMapFiles: ProcInode {
  init(number: UInt64) { super.init(number: number, permissions: 0o500) }

  override var type: FileType { .S_IFDIR }

  private func name(_ vma: VMA) -> [UInt8]? {
    guard case .object = vma.backing, vma.name.hasPrefix("/") else { return nil }
    return Array("\(hex(vma.start.rawValue, width: 1))-\(hex(vma.end.rawValue, width: 1))".utf8)
  }

  override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let process, let vma = process.space.mappings.first(where: { self.name($0) == name })
    else { throw .ENOENT }
    return link(vma, name)
  }

  override func restoredEntry(_ name: [UInt8]) throws(Errno) -> Inode {
    do { return try lookup(name) } catch { return GoneDirectory(number: number) }
  }

  private func link(_ vma: VMA, _ name: [UInt8]) -> Inode {
    let path = Array(vma.name.utf8)
    let link = ProcLink(
      number: ProcFS.number(self, text(name)), permissions: 0o700,
      text: { () throws(Errno) in path },
      target: { [weak process] () throws(Errno) in
        guard let process else { throw .ENOENT }
        return .dentry(try process.kernel.vfs.resolve(path, in: process.fs))
      })
    link.process = process
    return link
  }

  override func entries() throws(Errno) -> [InodeEntry] {
    guard let process else { return [] }
    return process.space.mappings.compactMap { vma in
      name(vma).map {
        InodeEntry(name: $0, number: ProcFS.number(self, text($0)), type: .S_IFLNK)
      }
    }
  }
}

/// `/proc/PID/timers`: POSIX timers (proc(5)).
func timersText(_ process: Process) -> String {
  process.timers.all.map { state in
    let clock =
      switch state.clock {
      case .realtime: 0
      case .monotonic: 1
      case .process: 2
      case .thread: 3
      case .boottime: 7
      }
    let how =
      switch state.notify {
      case .SIGEV_NONE: "none"
      case .SIGEV_THREAD: "thread"
      default: "signal"
      }
    let whom = state.threadID == 0 ? "pid.\(process.pid)" : "tid.\(state.threadID)"
    return "ID: \(state.id)\nsignal: \(state.signal.rawValue)/\(hex(state.value, width: 16))\n"
      + "notify: \(how)/\(whom)\nClockID: \(clock)\n"
  }.joined()
}
