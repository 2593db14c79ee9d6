import LinuxABI
import Machine

// `smaps` and `smaps_rollup`: what became of the pages of mappings (`fs/proc/task_mmu.c`).

/// `smaps`.
func smapsText(_ process: Process) -> String {
  process.space.mappings.map { vma in
    mapsLine(vma) + line("Size", Int(vma.length >> 10)) + line("KernelPageSize", 4)
      + line("MMUPageSize", 4) + useLines(process.pageUse(of: vma), vma.lockedPages(process))
      + "THPeligible:           0\nVmFlags: \(vma.flagWords)\n"
  }.joined()
}

/// `smaps_rollup`: all mappings as one.
func rollupText(_ process: Process) -> String {
  guard let first = process.space.mappings.first, let last = process.space.mappings.last else {
    return ""
  }
  var all = PageUse()
  var locked = 0
  for vma in process.space.mappings {
    all += process.pageUse(of: vma)
    locked += vma.lockedPages(process)
  }
  let head =
    "\(hex(first.start.rawValue, width: 8))-\(hex(last.end.rawValue, width: 8)) ---p 00000000 00:00 0 "
  let padding = String(repeating: " ", count: max(0, 73 - head.utf8.count))
  return head + padding + "[rollup]\n" + useLines(all, locked)
}

private func useLines(_ use: PageUse, _ locked: Int) -> String {
  let lines: [(String, Int)] = [
    ("Rss", use.resident * 4), ("Pss", use.proportional >> 10),
    ("Pss_Dirty", use.proportionalDirty >> 10),
    ("Shared_Clean", use.sharedClean * 4), ("Shared_Dirty", use.sharedDirty * 4),
    ("Private_Clean", use.privateClean * 4), ("Private_Dirty", use.privateDirty * 4),
    ("Referenced", use.resident * 4), ("Anonymous", use.anonymous * 4), ("LazyFree", 0),
    ("AnonHugePages", 0), ("ShmemPmdMapped", 0), ("FilePmdMapped", 0), ("Shared_Hugetlb", 0),
    ("Private_Hugetlb", 0), ("Swap", 0), ("SwapPss", 0), ("Locked", locked * 4),
  ]
  return lines.map { line($0.0, $0.1) }.joined()
}

private func line(_ name: String, _ kilobytes: Int) -> String {
  let digits = String(kilobytes)
  let gap = String(repeating: " ", count: max(1, 24 - name.count - 1 - digits.count))
  return "\(name):\(gap)\(digits) kB\n"
}

extension VMA {
  fileprivate func lockedPages(_ process: Process) -> Int {
    flags.contains(.locked) ? process.residentPages(of: self) : 0
  }

  /// The two-letter flags of proc(5).
  fileprivate var flagWords: String {
    let words: [(String, Bool)] = [
      ("rd", permissions.contains(.read)), ("wr", permissions.contains(.write)),
      ("ex", permissions.contains(.execute)), ("sh", flags.contains(.shared)),
      ("mr", true), ("mw", !flags.contains(.readOnlyFile)), ("me", true),
      ("ms", flags.contains(.shared)), ("gd", flags.contains(.growsDown)),
      ("lo", flags.contains(.locked)), ("dc", flags.contains(.dontFork)),
      ("ac", isCommitted), ("nr", flags.contains(.noReserve)), ("wf", flags.contains(.wipeOnFork)),
      ("dd", flags.contains(.dontDump)),
    ]
    return words.map { $0.1 ? $0.0 + " " : "" }.joined()
  }
}
