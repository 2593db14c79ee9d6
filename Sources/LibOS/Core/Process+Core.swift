import LibOSState
import LinuxABI
import Machine
import Snapshot

// The core file that a process leaves (core(5)): its memory where something is that no program file has, and its
// threads. It is written in the turn in which the process dies.

extension Process {
  /// Ends the process by a signal that may leave a core file.
  ///
  /// - Parameter dying: the thread that the signal hit.
  func die(of info: Siginfo, _ dying: Task) {
    if info.signal.defaultAction == .core { life.hasDumpedCore = dumpCore(info, dying) }
    exit(.killed(signal: info.signal.rawValue))
  }

  /// Writes the core file; whether there is one now.
  private func dumpCore(_ info: Siginfo, _ dying: Task) -> Bool {
    let limit = limits[ResourceLimits.core].soft
    guard limit > 0, isDumpable, let name = coreName(info, dying) else { return false }
    let saver = StateSaver(kernel, sink: nil)
    let others = tasks.filter { $0 !== dying }
    guard let state = try? save(saver),
      let threads = try? ([dying] + others).map({ (task) throws(SnapshotError) in
        try task.save(saver)
      }),
      let notes = try? CoreNotes(
        state, threads, isa, arguments: coreArguments, files: mappedFiles, signal: info
      ).encoded()
    else { return false }
    let layout = CoreLayout(isa, notes: notes, space.mappings.map(coreSegment))
    guard limit >= Self.smallestCore, limit >= UInt64(layout.head.count) else { return false }
    do throws(Errno) {
      let file = try openCore(name, dying)
      file.retain()
      defer { file.release() }
      try write(layout, to: file, limit: limit)
      file.dentry?.report(.IN_MODIFY)
      return true
    } catch { return false }
  }

  private func openCore(_ name: [UInt8], _ dying: Task) throws(Errno) -> OpenFile {
    let file = try kernel.vfs.open(
      name, from: dying.fs.cwd, [.O_WRONLY, .O_CREAT, .O_NOFOLLOW, .O_LARGEFILE],
      permissions: 0o600, caller: PathCaller(fs: dying.fs, credentials: dying.credentials))
    let inode = try file.inode
    let status = try inode.status()
    // Nobody is to get it by a name that leads elsewhere.
    guard status.isRegular, status.linkCount == 1, status.uid == dying.credentials.fsUID else {
      file.retain()
      file.release()
      throw .EPERM
    }
    try inode.truncate(to: 0)
    return file
  }

  /// No core file is begun for a smaller limit (`min_coredump` of `fs/binfmt_elf.c`).
  private static let smallestCore: UInt64 = 4096

  /// - Parameter limit: how many bytes may be written. Holes do not count, and the file ends where it is reached
  ///   (`dump_emit` of `fs/coredump.c`).
  private func write(_ layout: CoreLayout, to file: OpenFile, limit: UInt64) throws(Errno) {
    let end = limits[ResourceLimits.fileSize].soft
    var room = limit
    func write(_ bytes: [UInt8], at place: UInt64) throws(Errno) {
      let count = UInt64(bytes.count)
      guard count <= room, place + count <= end else { throw .EFBIG }
      room -= count
      _ = try bytes.withRawSpan { (span) throws(Errno) in try file.write(at: place, from: span) }
    }
    do throws(Errno) {
      try write(layout.head, at: 0)
      for segment in layout.segments {
        for page in segment.pages.prefix(Int(segment.byteCount >> 12)) {
          // What was never touched is zero, and a hole; what others share may have been touched by them.
          guard
            space.isResident(page)
              || space.mapping(at: GuestAddress(page << 12))?.isOfObject == true,
            let bytes = try? space.bytes(at: GuestAddress(page << 12), count: Frame.size)
          else { continue }
          try write(bytes, at: segment.offset + (page - segment.pages.lowerBound) << 12)
        }
      }
    } catch .EFBIG { return }
    if layout.size <= end, try file.inode.status().size < layout.size {
      try file.inode.truncate(to: layout.size)
    }
  }

  /// How much of a mapping is written: all but what program files have, of which only their first page
  /// (`coredump_filter`).
  private func coreSegment(_ vma: VMA) -> CoreLayout.Segment {
    var count = vma.length
    if !vma.permissions.contains(.read) || vma.flags.contains(.dontDump) {
      count = 0
    } else if vma.isFile, !vma.permissions.contains(.write) {
      count = isProgramStart(vma) ? UInt64(Frame.size) : 0
    } else if vma.isFile, vma.flags.contains(.shared) {
      count = 0
    }
    return CoreLayout.Segment(
      pages: vma.pages, permissions: UInt32(vma.permissions.rawValue), byteCount: count)
  }

  private func isProgramStart(_ vma: VMA) -> Bool {
    guard case .object(_, let offset) = vma.backing, offset == 0 else { return false }
    return (try? space.bytes(at: vma.start, count: 4)) == [0x7f, 0x45, 0x4c, 0x46]
  }

  private var mappedFiles: [CoreNotes.MappedFile] {
    space.mappings.compactMap { vma in
      guard vma.isFile, !vma.name.isEmpty, case .object(_, let offset) = vma.backing else {
        return nil
      }
      return CoreNotes.MappedFile(
        pages: vma.pages, firstFilePage: offset >> 12, name: Array(vma.name.utf8))
    }
  }

  private var coreArguments: [UInt8] {
    guard layout.argumentsStart < layout.argumentsEnd else { return [] }
    let count = Int(clamping: layout.argumentsEnd - layout.argumentsStart)
    return (try? space.bytes(at: layout.argumentsStart, count: min(count, 80))) ?? []
  }

  // MARK: The name

  /// The name that `core_pattern` makes; nil for one that asks for a program, of which there is none.
  private func coreName(_ info: Siginfo, _ dying: Task) -> [UInt8]? {
    var name: [UInt8] = []
    var hasNumber = false
    var rest = kernel.corePattern[...]
    guard let first = rest.first, first != UInt8(ascii: "|") else { return nil }
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        name.append(byte)
        continue
      }
      guard let letter = rest.popFirst() else { break }
      if letter == UInt8(ascii: "p") { hasNumber = true }
      name += coreWord(letter, info, dying)
    }
    if kernel.coreUsesPID, !hasNumber { name += Array(".\(pid)".utf8) }
    return name
  }

  private func coreWord(_ letter: UInt8, _ info: Siginfo, _ dying: Task) -> [UInt8] {
    switch Character(Unicode.Scalar(letter)) {
    case "%": [UInt8(ascii: "%")]
    case "p", "P": Array("\(pid)".utf8)
    case "i", "I": Array("\(dying.tid)".utf8)
    case "u": Array("\(dying.credentials.realUID)".utf8)
    case "g": Array("\(dying.credentials.realGID)".utf8)
    case "s": Array("\(info.si_signo)".utf8)
    case "t": Array("\(Timespec(nanoseconds: kernel.clock.realtime).tv_sec)".utf8)
    case "h": Array(kernel.configuration.hostName.utf8)
    case "e": withoutSlashes(dying.name.bytes)
    case "f":
      withoutSlashes(Array(image.path.split(separator: UInt8(ascii: "/")).last ?? []))
    case "E": withoutSlashes(image.path)
    case "c": Array("\(limits[ResourceLimits.core].soft)".utf8)
    case "d": Array("1".utf8)
    default: []
    }
  }

  private func withoutSlashes(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "!") : $0 }
  }
}

extension VMA {
  /// Whether a file with a name is mapped there.
  fileprivate var isFile: Bool {
    guard case .object(let object, _) = backing else { return false }
    return object.owner is Inode
  }
}
