import LinuxABI
import Machine

/// `/proc/PID`, which stands for the process where a pidfd would do.
final class ProcessDirectory: FixedDirectory {
  fileprivate(set) weak var process: Process?
}

// The directory of a process, and of each of its threads: proc(5).
extension ProcFS {
  /// `/proc/PID`.
  func directory(of process: Process) -> FixedDirectory {
    let directory = ProcessDirectory(
      number: 0x1000 + UInt64(process.pid), permissions: 0o555)
    directory.process = process
    directory.owner = self
    addFiles(to: directory, process, tid: nil)
    directory.add(
      "task",
      ProcNumbers(
        number: Self.number(directory, "task"), entryType: .S_IFDIR,
        numbers: { [weak process] in (process?.tasks.map { $0.tid } ?? []).sorted() }
      ) { [unowned self, unowned process] tid, number in
        let directory = FixedDirectory(number: number, permissions: 0o555)
        directory.owner = self
        addFiles(to: directory, process, tid: tid)
        return directory
      })
    return directory
  }

  private func text(
    _ directory: FixedDirectory, _ name: String, _ process: Process, permissions: UInt32 = 0o444,
    accept: (([UInt8]) throws(Errno) -> Void)? = nil,
    _ make: @escaping (Process) throws(Errno) -> [UInt8]
  ) {
    directory.add(
      name,
      ProcText(
        number: Self.number(directory, name), permissions: permissions,
        text: { [weak process] () throws(Errno) in
          guard let process else { throw .ESRCH }
          return try make(process)
        }, accept: accept))
  }

  private func link(
    _ directory: FixedDirectory, _ name: String, _ process: Process,
    _ target: @escaping (Process) throws(Errno) -> Dentry
  ) {
    directory.add(
      name,
      ProcLink(
        number: Self.number(directory, name),
        text: { [weak process] () throws(Errno) in
          guard let process else { throw .ESRCH }
          return try target(process).shownPath(from: process.fs.root)
        },
        target: { [weak process] () throws(Errno) in
          guard let process else { throw .ESRCH }
          return .dentry(try target(process))
        }))
  }

  private func addFiles(to directory: FixedDirectory, _ process: Process, tid: Int32?) {
    func task(_ process: Process) throws(Errno) -> Task {
      let found = tid == nil ? process.tasks.first : process.tasks.first { $0.tid == tid }
      guard let found else { throw .ESRCH }
      return found
    }
    text(directory, "maps", process) { Array(mapsText($0, isDetailed: false).utf8) }
    text(directory, "smaps", process) { Array(mapsText($0, isDetailed: true).utf8) }
    text(directory, "stat", process) { process throws(Errno) in
      statText(process, try task(process), isThread: tid != nil)
    }
    text(directory, "status", process) { process throws(Errno) in
      statusText(process, try task(process))
    }
    text(directory, "statm", process) {
      let pages = $0.space.mappedBytes >> 12
      let text = ($0.layout.codeEnd - $0.layout.codeStart) >> 12
      let data = pages - min(pages, text)
      return Array("\(pages) \($0.residentPages) 0 \(text) 0 \(data) 0\n".utf8)
    }
    text(directory, "cmdline", process) { process in
      memory(process, process.layout.argumentsStart, process.layout.argumentsEnd)
    }
    text(directory, "environ", process, permissions: 0o400) { process in
      memory(process, process.layout.environmentStart, process.layout.environmentEnd)
    }
    text(directory, "auxv", process, permissions: 0o400) { $0.image.auxv }
    text(
      directory, "comm", process, permissions: 0o644,
      accept: { [weak process] bytes throws(Errno) in
        guard let process else { throw .ESRCH }
        try task(process).name = Array(bytes.prefix { $0 != 0 && $0 != 10 }.prefix(15))
      }
    ) { process throws(Errno) in try task(process).name + [10] }
    text(directory, "limits", process) { Array(limitsText($0.limits).utf8) }
    text(directory, "mounts", process) { [unowned vfs] _ in Array(mountsText(vfs).utf8) }
    text(directory, "mountinfo", process) { [unowned vfs] _ in Array(mountInfoText(vfs).utf8) }
    text(directory, "cgroup", process) { _ in Array("0::/\n".utf8) }
    text(directory, "oom_score", process) { _ in Array("0\n".utf8) }
    // Nothing here is ever killed for want of memory; the value is taken and forgotten.
    text(directory, "oom_score_adj", process, permissions: 0o644, accept: { _ in }) { _ in
      Array("0\n".utf8)
    }
    text(directory, "personality", process) {
      Array((hex(UInt64($0.personality), width: 8) + "\n").utf8)
    }
    text(directory, "loginuid", process) { _ in Array("4294967295".utf8) }
    text(directory, "sessionid", process) { _ in Array("4294967295".utf8) }
    text(directory, "wchan", process) { _ in Array("0".utf8) }
    link(directory, "exe", process) { [unowned vfs] process throws(Errno) in
      guard !process.image.path.isEmpty else { throw .ENOENT }
      return try vfs.resolve(process.image.path, in: process.fs)
    }
    link(directory, "cwd", process) { $0.fs.cwd }
    link(directory, "root", process) { $0.fs.root }
    addDescriptors(to: directory, process)
    let net = FixedDirectory(number: Self.number(directory, "net"), permissions: 0o555)
    net.owner = self
    directory.add("net", net)
    addNetworkFiles { name, make in
      net.add(name, ProcText(number: Self.number(net, name)) { Array(make().utf8) })
    }
  }

  private func addDescriptors(to directory: FixedDirectory, _ process: Process) {
    let open: () throws(Errno) -> [Int32] = { [weak process] () throws(Errno) in
      process?.files.descriptors ?? []
    }
    directory.add(
      "fd",
      ProcNumbers(number: Self.number(directory, "fd"), entryType: .S_IFLNK, numbers: open) {
        [weak process] descriptor, number in
        ProcLink(
          number: number, permissions: 0o700,
          text: { () throws(Errno) in
            guard let process else { throw .ESRCH }
            let file = try Self.file(process, descriptor)
            return file.dentry?.shownPath(from: process.fs.root) ?? Array(file.linkName.utf8)
          },
          target: { () throws(Errno) in
            guard let process else { throw .ESRCH }
            let file = try Self.file(process, descriptor)
            return file.dentry.map { .dentry($0) } ?? .file(file)
          })
      })
    directory.add(
      "fdinfo",
      ProcNumbers(number: Self.number(directory, "fdinfo"), entryType: .S_IFREG, numbers: open) {
        [weak process] descriptor, number in
        ProcText(number: number) { () throws(Errno) in
          guard let process else { throw .ESRCH }
          let slot = try process.files.slot(descriptor)
          var flags = slot.file.flags
          if slot.closeOnExec { flags.insert(.O_CLOEXEC) }
          let position = slot.file.isSeekable ? (try? slot.file.position()) ?? 0 : 0
          let octal = String(flags.encoded(for: process.isa), radix: 8)
          let mount = slot.file.dentry?.mount.id ?? 0
          let number = (try? slot.file.inode.number) ?? 0
          return Array(
            "pos:\t\(position)\nflags:\t0\(octal)\nmnt_id:\t\(mount)\nino:\t\(number)\n\(slot.file.fdinfo)"
              .utf8)
        }
      })
  }

  private static func file(_ process: Process, _ descriptor: Int32) throws(Errno) -> OpenFile {
    do { return try process.files.file(descriptor) } catch { throw .ENOENT }
  }
}

/// Guest memory between two addresses, as far as it can be read.
private func memory(_ process: Process, _ start: GuestAddress, _ end: GuestAddress) -> [UInt8] {
  guard start < end else { return [] }
  var bytes = [UInt8](repeating: 0, count: Int(end - start))
  let result = bytes.withMutableRawSpan { process.space.copyIn(from: start, into: &$0) }
  bytes.removeLast(bytes.count - result.count)
  return bytes
}
