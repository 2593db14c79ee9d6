import HostABI
import LibOSState
import LinuxABI
import Snapshot

extension StateLoader {
  /// Makes one open file as it was saved, without what it has of other files.
  func restoreFile(_ state: Godwit_State_OpenFile) throws(SnapshotError) -> OpenFile {
    let flags = OpenFlags(rawValue: state.flags)
    switch state.kind {
    case .named(let named): return try restoreNamed(named, flags)
    case .stream(let stream): return try restoreStream(stream, flags)
    case .pipe(let end): return try restorePipeEnd(end, flags)
    case .event(let event):
      let count = try checked(event.count, 0...EventFile.limit, "the count of an eventfd")
      return EventFile(count: count, isSemaphore: event.semaphore, flags: flags)
    case .timer(let timer):
      return TimerFile(try TimerFile.State(timer), kernel: kernel, flags: flags)
    case .signal(let signal):
      return SignalFile(
        kernel: kernel, process: kernel.processes[signal.pid],
        mask: SignalSet(rawValue: signal.mask), flags: flags)
    case .pid(let target):
      let pid = try checked(target.pid, SavedRange.pid, "the process of a pidfd")
      guard target.gone || kernel.processes[pid] != nil || kernel.isInit(pid) else {
        throw .invalidState("a pidfd of process \(pid)")
      }
      return PidFile(
        pid, target.gone ? nil : kernel.processes[pid], kernel: kernel, flags: flags)
    case .epoll: return EpollFile(kernel.arena, flags: flags)
    case .text(let text):
      let place = try dentry(text.dentry)
      guard let inode = place.inode as? ProcText else {
        throw .invalidState("text of open file \(state.id)")
      }
      return inode.open(flags, at: place, begun: text.text.isEmpty ? nil : Array(text.text))
    case .inotify(let inotify): return try InotifyFile(inotify, flags, self)
    case .unixSocket(let socket): return try restoreUnixSocket(socket, flags)
    case .internetSocket(let socket): return try restoreInternetSocket(socket, flags)
    case .netlinkSocket(let socket): return try restoreNetlinkSocket(socket, flags)
    case .namespace(let namespace): return try restoreNamespace(namespace, flags)
    case .seccompListener(let listener): return try SeccompListener(listener, flags, kernel)
    case .posixQueue(let queue): return try restorePosixQueue(queue, flags)
    case .pseudoterminalMaster(let master): return try restoreMaster(master, flags)
    case .pseudoterminalSlave(let slave): return try restoreSlave(slave, flags)
    case .none:
      throw .invalidState("the kind of open file \(state.id)")
    }
  }

  private func restoreNamed(_ state: Godwit_State_NamedFile, _ flags: OpenFlags)
    throws(SnapshotError) -> OpenFile
  {
    let dentry = try dentry(state.dentry)
    if flags.contains(.O_PATH) { return PathFile(dentry, flags) }
    if isRehearsal, dentry.mount.filesystem is HostFS { return PathFile(dentry) }
    if dentry.isDirectory {
      let listing: [InodeEntry]? =
        state.listed
        ? try state.listing.map { (entry) throws(SnapshotError) in
          InodeEntry(
            name: try bounded(entry.name, Limits.NAME_MAX, "a name in a directory's listing"),
            number: entry.number, type: FileType(rawValue: entry.type) ?? .S_IFREG)
        } : nil
      let file = DirectoryFile(dentry, flags, listing: listing)
      if state.notify != 0 {
        file.notice = DirectoryNotice(
          file, state.notifyDescriptor, DirectoryEvents(rawValue: state.notify), kernel)
      }
      return file
    }
    do throws(Errno) { return try dentry.inode.open(flags, at: dentry) } catch {
      throw .missingFile(text(dentry.path().bytes))
    }
  }

  /// A stream of the host's: the new host process's own descriptor of the same number.
  private func restoreStream(_ state: Godwit_State_StandardStream, _ flags: OpenFlags)
    throws(SnapshotError) -> OpenFile
  {
    guard let colon = state.uri.firstIndex(of: ":"),
      let scheme = StreamURI.Scheme(rawValue: String(state.uri[..<colon])),
      scheme == .stdio || scheme == .tty
    else { throw .invalidState("stream \(state.uri)") }
    let uri = StreamURI(scheme, String(state.uri[state.uri.index(after: colon)...]))
    // The other descriptors of this process are not the guest's.
    guard scheme == .tty || ["stdio:0", "stdio:1", "stdio:2"].contains(state.uri) else {
      throw .invalidState("stream \(state.uri)")
    }
    if kernel.keepsStreams {
      return try leave(uri, flags, isTerminal: state.dentry != 0)
    }
    let place = state.dentry == 0 ? nil : try dentry(state.dentry)
    if isRehearsal { return EventFile(count: 0, isSemaphore: false, flags: flags) }
    do throws(Errno) {
      let number = state.number == 0 || state.number > 1 << 62 ? nil : state.number
      let file = try HostStreamFile(kernel.vfs, uri, flags, at: place, number: number)
      // A file that is read goes on where it was; what is written goes on where the new one is.
      if state.hasPosition, file.isSeekable { try file.setPosition(state.position) }
      return file
    } catch {
      throw .refused("\(state.uri): \(error.message)")
    }
  }
}

extension StateLoader {
  /// What all kinds of file have in common.
  func restoreCommon(of file: OpenFile, _ state: Godwit_State_OpenFile) throws(SnapshotError) {
    let what = "open file \(state.id)"
    file.offset = try checked(state.offset, SavedRange.fileOffset, "the position of \(what)")
    try file.restoreSignals(state, kernel)
    if state.writeHint != 0 { (try? file.inode)?.writeHint = state.writeHint }
    if !(file is PathFile) { file.countAsOpen() }
  }

  /// Restores what a file has of other files, which may have it of this one.
  func restoreLinks(of file: OpenFile, _ state: Godwit_State_OpenFile) throws(SnapshotError) {
    switch (file, state.kind) {
    case (let set as EpollFile, .epoll(let state)): try set.restore(state, self)
    case (let file as PosixQueueFile, .posixQueue(let state)): try file.restore(state, self)
    case (let socket as UnixSocket, .unixSocket(let state)): try socket.restoreLinks(state, self)
    case (let socket as InternetSocket, .internetSocket(let state)):
      try socket.restoreLinks(state, self)
    case (let socket as NetlinkSocket, .netlinkSocket(let state)):
      try socket.restoreLinks(state, self)
    default: break
    }
  }
}
