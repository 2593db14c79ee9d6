import LinuxABI
import Machine

/// All pseudoterminals, by number.
package final class PseudoterminalTable {
  /// The largest number of pseudoterminals (`/proc/sys/kernel/pty/max`).
  package static let limit: Int32 = 4096

  unowned let kernel: Kernel
  private var terminals: [Int32: Pseudoterminal] = [:]

  init(_ kernel: Kernel) { self.kernel = kernel }

  /// By number.
  package var all: [Pseudoterminal] { terminals.values.sorted { $0.number < $1.number } }

  package subscript(number: Int32) -> Pseudoterminal? { terminals[number] }

  /// Makes a pseudoterminal with the lowest free number and opens its master as `dentry`.
  ///
  /// - Throws: ENOSPC.
  func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> PseudoterminalMaster {
    guard let number = (0..<Self.limit).first(where: { terminals[$0] == nil }) else {
      throw .ENOSPC
    }
    guard kernel.arena.hasRoom(forKernel: Pseudoterminal.footprint) else { throw .ENOMEM }
    let terminal = make(number)
    terminal.inode.belong(to: kernel.loaded?.credentials)
    return PseudoterminalMaster(terminal, flags, at: dentry)
  }

  /// Makes an unlocked one whose master is not a guest's.
  func openForConsole() throws(Errno) -> PseudoterminalMaster {
    guard let directory = kernel.vfs.mounts.first(where: { $0.filesystem is PtsFS })?.root else {
      throw .ENODEV
    }
    let name = Array("ptmx".utf8)
    let place = directory.child(name, try directory.inode.lookup(name))
    let master = try open([.O_RDWR, .O_NONBLOCK], at: place)
    master.pseudoterminal.isLocked = false
    return master
  }

  func make(_ number: Int32) -> Pseudoterminal {
    let terminal = Pseudoterminal(number, kernel: kernel)
    terminals[number] = terminal
    return terminal
  }

  /// Frees the number.
  func forget(_ terminal: Pseudoterminal) { terminals[terminal.number] = nil }

  /// Removes its name; the slave may still be open.
  func removeName(of terminal: Pseudoterminal) {
    let name = Array(String(terminal.number).utf8)
    terminal.inode.wasRemoved = true
    if let directory = kernel.vfs.mounts.first(where: { $0.filesystem is PtsFS })?.root {
      directory.forget(name)
      directory.inode.report(.IN_DELETE, entry: name)
    }
    terminal.inode.reportNameRemoved()
  }

  /// Breaks reference cycles.
  func dismantle() {
    for terminal in terminals.values { terminal.dismantle() }
    terminals = [:]
  }
}
