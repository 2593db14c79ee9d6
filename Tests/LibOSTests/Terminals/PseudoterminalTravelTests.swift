import LinuxABI
import Machine
import Testing

import LibOS

/// A pseudoterminal in a snapshot: what is on its way, who is at it.
@Suite struct PseudoterminalTravelTests {
  let machine = SignalMachine(.x86_64)

  /// Opens a pair; the descriptors of its master and its slave.
  private func open() throws -> (master: Int32, slave: Int32) {
    let master = try machine.open("/dev/ptmx")
    let file = try machine.file(master) as! PseudoterminalMaster
    machine.perform(
      "ioctl", UInt64(master), UInt64(TerminalRequest.TIOCSPTLCK.rawValue), SignalMachine.data)
    return (master, try machine.open("/dev/pts/\(file.pseudoterminal.number)"))
  }

  @Test func whatIsOnItsWayStays() throws {
    let (master, slave) = try open()
    try machine.file(master).write("line\nhal")
    // Stopped, so that echo is held back.
    try machine.file(master).write("\u{13}f")
    #expect(throws: Errno.EAGAIN) { try machine.file(slave).write("x") }
    let kernel = try machine.resumed()
    let files = kernel.processes[1]!.files
    #expect(try files.file(master).readText() == "line\r\nhal")
    #expect(try files.file(slave).readText() == "line\n")
    #expect(files.descriptors == machine.process.files.descriptors)
    try files.file(master).write("\u{11}!\n")
    #expect(try files.file(master).readText() == "f!\r\n")
    #expect(try files.file(slave).readText() == "half!\n")
    #expect(try files.file(slave).linkName == "/dev/pts/0")
  }

  @Test func whoIsAtItStays() throws {
    let (master, _) = try open()
    let terminal = (try machine.file(master) as! PseudoterminalMaster).pseudoterminal
    machine.kernel.attach(terminal.control, to: machine.process)
    machine.process.hasLeftTerminal = true
    let kernel = try machine.resumed()
    let process = kernel.processes[1]!
    let restored = (try process.files.file(master) as! PseudoterminalMaster).pseudoterminal
    #expect(process.controllingTerminal == nil)
    process.hasLeftTerminal = false
    #expect(process.controllingTerminal === restored.control)
    #expect(restored.control.foreground == process.processGroup)
  }

  @Test func anEndThatIsGoneStaysGone() throws {
    let (master, slave) = try open()
    let second = try open()
    try machine.process.files.close(master)
    try machine.process.files.close(second.slave)
    let kernel = try machine.resumed()
    let files = kernel.processes[1]!.files
    #expect(try files.file(slave).readText() == "")
    #expect(throws: Errno.EIO) { try files.file(slave).write("x") }
    #expect(try files.file(slave).linkName == "/dev/pts/0 (deleted)")
    #expect(throws: Errno.EIO) { try files.file(second.master).readText() }
    #expect(try files.file(second.master).pollEvents() == [.POLLOUT, .POLLWRNORM, .POLLHUP])
    // The number is not free while somebody has it open.
    #expect(kernel.pseudoterminals.all.map(\.number) == [0, 1])
    try files.close(slave)
    #expect(kernel.pseudoterminals.all.map(\.number) == [1])
  }
}
