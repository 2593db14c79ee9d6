import LinuxABI

// What `/proc` tells of locks (`lock_get_status` in `fs/locks.c`).

extension FileLocks {
  /// A line for each lock that `isShown`, without a number.
  fileprivate func lines(of inode: Inode, where isShown: (Owner) -> Bool) -> [String] {
    let device = inode.filesystem?.device ?? DeviceNumber(major: 0, minor: 0)
    let place =
      "\(hex(UInt64(device.major), width: 2)):\(hex(UInt64(device.minor), width: 2)):\(inode.number)"
    func line(_ kind: String, _ isExclusive: Bool, _ pid: Int32, _ range: String) -> String {
      "\(kind)  ADVISORY  \(isExclusive ? "WRITE" : "READ") \(pid) \(place) \(range)\n"
    }
    let whole = self.whole.filter { isShown($0.owner) }.map {
      line("FLOCK", $0.isExclusive, $0.pid, "0 EOF")
    }
    let ranges = records.filter { isShown($0.owner) }.map { record in
      let end = record.range.upperBound == .max ? "EOF" : "\(record.range.upperBound - 1)"
      let range = "\(record.range.lowerBound) \(end)"
      switch record.owner {
      case .process(let pid): return line("POSIX", record.isExclusive, pid, range)
      case .file: return line("OFDLCK", record.isExclusive, -1, range)
      }
    }
    let leases = self.leases.filter { isShown(.file(ObjectIdentifier($0.file))) }.map { lease in
      let state = lease.breaking == nil ? "ACTIVE   " : "BREAKING "
      return
        "LEASE  \(state) \(lease.isExclusive ? "WRITE" : "READ") \(lease.file.signalReceiver.owner.pid) "
        + "\(place) 0 EOF\n"
    }
    return whole + ranges + leases
  }
}

/// `/proc/locks`.
func locksText(_ kernel: Kernel) -> String {
  var seen: Set<ObjectIdentifier> = []
  var lines: [String] = []
  for process in kernel.processes.values.sorted(by: { $0.pid < $1.pid }) {
    for descriptor in process.files.descriptors {
      guard let inode = try? process.files.file(descriptor).inode, let locks = inode.locksInUse,
        seen.insert(ObjectIdentifier(locks)).inserted
      else { continue }
      lines += locks.lines(of: inode) { _ in true }
    }
  }
  return lines.enumerated().map { "\($0 + 1): \($1)" }.joined()
}

/// The `lock:` lines of `/proc/PID/fdinfo/N`: the locks that the process or the file has.
func locksText(_ file: OpenFile, _ process: Process) -> String {
  guard let inode = try? file.inode, let locks = inode.locksInUse else { return "" }
  let lines = locks.lines(of: inode) {
    $0 == .process(process.pid) || $0 == .file(ObjectIdentifier(file))
  }
  return lines.enumerated().map { "lock:\t\($0 + 1): \($1)" }.joined()
}
