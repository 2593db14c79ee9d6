import Machine
import Testing

import LibOS

@Suite struct RetirementTests {
  /// A machine is replaced by the one restored from it: neither its memory nor its files may stay.
  @Test func nothingOutlivesTheMachine() {
    weak var arena: FrameArena?
    weak var files: VFS?
    do {
      let machine = SignalMachine(.x86_64, lower: "/lower-tree", mount: "/mounted")
      machine.kernel.openStandardStreams(of: machine.process)
      arena = machine.kernel.arena
      files = machine.kernel.vfs
      #expect(arena != nil && files != nil)
    }
    #expect(arena == nil)
    #expect(files == nil)
  }
}
