import LinuxABI
import Machine
import Testing

import LibOS

/// What the library OS keeps for the guest counts against the guest's memory, and is given back.
@Suite struct KernelMemoryTests {
  private let data = SignalMachine.data

  private func fill(_ machine: SignalMachine) {
    func number(at offset: UInt64) -> UInt64 {
      UInt64(machine.process.space.unchecked(UInt32.self, at: data + offset))
    }
    machine.perform("pipe2", data, 0)
    let (reader, writer) = (number(at: 0), number(at: 4))
    machine.perform("write", writer, data, 4096)
    machine.perform("socketpair", 1, 1, 0, data)
    machine.perform("write", number(at: 0), data, 4096)
    machine.perform("socketpair", 1, 2, 0, data)
    machine.perform("write", number(at: 0), data, 100)
    let set = machine.perform("epoll_create1", 0)
    machine.process.space.put(EpollEvents.EPOLLIN.rawValue, at: data)
    machine.perform("epoll_ctl", UInt64(set), 1, reader, data)
    machine.perform("semget", 0, 3000, 0o1600)
    let queue = machine.perform("msgget", 0, 0o1600)
    machine.process.space.put(UInt64(1), at: data)
    machine.perform("msgsnd", UInt64(queue), data, 1000, 0)
    machine.perform("timer_create", 1, 0, data)
    machine.perform("inotify_init1", 0)
    machine.perform("memfd_create", data + 512, 0)
  }

  @Test func allOfItIsCounted() throws {
    let machine = SignalMachine(.x86_64)
    let arena = machine.kernel.arena
    let before = arena.kernelBytes
    fill(machine)
    #expect(arena.kernelBytes > before + 65536)
    for use in [
      KernelMemory.pageTables, .mappings, .tasks, .files, .pipes, .sockets, .epoll, .timers, .ipc,
    ] {
      #expect(arena.kernelMemory[use.rawValue] > 0, "\(use)")
    }
  }

  @Test func allOfItIsGivenBack() throws {
    var arena: FrameArena?
    do {
      let machine = SignalMachine(.x86_64)
      arena = machine.kernel.arena
      fill(machine)
      // A pair of sockets, and a set with its members, refer to each other until they are closed.
      machine.perform("close_range", 0, 1000, 0)
    }
    #expect(arena!.kernelMemory == Array(repeating: 0, count: KernelMemory.allCases.count))
    #expect(arena!.framesInUse == 0)
  }

  @Test func closingGivesBack() {
    let machine = SignalMachine(.x86_64)
    let arena = machine.kernel.arena
    func memory(_ use: KernelMemory) -> Int { arena.kernelMemory[use.rawValue] }
    let before = (memory(.pipes), memory(.sockets), memory(.epoll), memory(.timers))
    fill(machine)
    machine.perform("close_range", 0, 1000, 0)
    machine.perform("timer_delete", 0)
    #expect((memory(.pipes), memory(.sockets), memory(.epoll), memory(.timers)) == before)
  }

  @Test func aFullGuestIsRefused() {
    let machine = SignalMachine(.x86_64)
    var made = 0
    var answer: Int64 = 0
    // 64 MiB in all; a set takes 256,000 bytes.
    while made < 1000 {
      answer = machine.perform("semget", 0, 32000, 0o1600)
      if answer < 0 { break }
      made += 1
    }
    #expect(answer == SignalMachine.failure(.ENOMEM))
    #expect((200..<262).contains(made))
    // The rest is for programs.
    #expect(machine.kernel.arena.allocate() != nil)
  }
}

extension AddressSpace {
  fileprivate func unchecked<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, at address: UInt64
  )
    -> T
  {
    try! load(type, at: GuestAddress(address))
  }

  fileprivate func put<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at address: UInt64) {
    try! store(value, to: GuestAddress(address))
  }
}
