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

  /// A queue and whoever waits on it keep each other, and a task all the rest.
  @Test func nobodyGoesOnWaiting() {
    let queue = WaitQueue()
    weak var task: Task?
    do {
      let machine = SignalMachine(.x86_64)
      task = machine.task
      _ = try? machine.task.block(on: [queue])
      #expect(!queue.isEmpty)
    }
    #expect(queue.isEmpty)
    #expect(task == nil)
  }
}
