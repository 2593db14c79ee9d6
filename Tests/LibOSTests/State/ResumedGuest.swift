import HostABI
import LinuxABI
import Machine
import TestHost

import LibOS

/// A guest that was restored from a snapshot which somebody changed, and what it does and looks at next.
/// Whatever comes of it, nothing may trap or take for ever.
struct ResumedGuest {
  let kernel: Kernel
  let host: TestHost

  /// Has whichever thread is next make system calls, plausible and not; time passes, and signals come.
  func run(calls: Int, _ values: inout HostileValues) {
    guard let engine = try? kernel.processor(for: kernel.isa).engine as? FakeEngine else { return }
    let rows = SyscallTable.all.filter {
      $0.number(on: engine.isa) != nil && !Self.deadly.contains($0.name)
    }
    for _ in 0..<calls where kernel.exitStatus == nil {
      let row = values.pick(rows)
      var arguments = row.arguments.map { values.argument($0) }
      while arguments.count < 6 { arguments.append(values.anything()) }
      step(engine, FakeEngine.syscall(row.number(on: engine.isa)!, arguments))
      if values.chance(8) { host.advance(by: values.pick([1, 1_000_000, 1 << 40])) }
      let processes = kernel.processes.keys.sorted()
      if values.chance(8), !processes.isEmpty,
        let process = kernel.processes[values.pick(processes)]
      {
        process.post(
          signal: values.chance(8) ? values.pick([10, 14, 19, 34]) : values.pick([17, 18, 23]))
      }
    }
  }

  /// Most guests would not live long with them among the calls.
  private static let deadly: Set<String> = [
    "exit", "exit_group", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    "pidfd_send_signal", "rt_sigreturn",
  ]

  /// Runs until a thread has taken the step, or none could for a while.
  private func step(_ engine: FakeEngine, _ body: @escaping FakeEngine.Step) {
    let kernel = kernel
    let host = host
    kernel.onInterrupt = { .stop }
    // Neither may keep the kernel, which has both.
    host.schedule(at: host.now(.monotonic).totalNanoseconds + 1000) { [weak kernel, weak host] in
      kernel?.interrupt.raise()
      host?.interrupt()
    }
    engine.script = [
      { [weak kernel] engine in
        kernel?.interrupt.raise()
        return body(engine)
      }
    ]
    _ = kernel.run()
  }

  /// Reads every file, link and directory of `/proc`, as each process finds them, wherever its root may be; how
  /// many there are.
  func readAllOfProc() -> Int {
    var count = 0
    for pid in kernel.processes.keys.sorted() {
      guard let process = kernel.processes[pid] else { continue }
      let caller = PathCaller(fs: process.fs)
      var places = [Array("proc".utf8)]
      while let path = places.popLast(), count < 20_000 {
        let flags: OpenFlags = [.O_PATH, .O_NOFOLLOW]
        guard
          let file = try? kernel.vfs.open(path, from: kernel.vfs.root, flags, caller: caller),
          let place = file.dentry
        else { continue }
        count += 1
        _ = try? place.status()
        switch place.inode.type {
        case .S_IFDIR:
          for entry in (try? place.inode.entries()) ?? [] {
            places.append(path + [UInt8(ascii: "/")] + entry.name)
          }
        case .S_IFLNK:
          _ = try? place.inode.readLink()
          _ = try? place.inode.followMagicLink()
        default:
          guard let open = try? place.inode.open([], at: place) else { continue }
          open.retain()
          for _ in 0..<64 where ((try? open.readText(4096)) ?? "") != "" {}
          open.release()
        }
      }
    }
    return count
  }

  /// Looks at all that a guest has open, as fstat(2), poll(2) and `/proc/self/fdinfo` do.
  func lookAtFiles() {
    for process in kernel.processes.values {
      for fd in process.files.descriptors {
        guard let file = try? process.files.file(fd) else { continue }
        _ = (file.pollEvents(), try? file.status(), file.linkName, file.fdinfo)
      }
    }
  }
}
