internal import FoundationEssentials

// What there may be many of in each section, by the field numbers of `State.proto`.

extension Godwit_State_Kernel {
  package static let shape = StateCensus.Shape(
    Self.self,
    [
      64: .init(Godwit_State_PublishedPort.self), 70: .init(Godwit_State_FormerForeground.self),
      73: .init(Godwit_State_ProcessAccounts.self),
      80: .init(
        Godwit_State_Ipc.self,
        [
          1: .init(Godwit_State_SharedMemorySegment.self),
          2: .init(Godwit_State_SemaphoreSet.self),
          3: .init(Godwit_State_MessageQueue.self, [2: .init(Godwit_State_Message.self)]),
        ]),
    ])
}

extension Godwit_State_Memory {
  package static let shape = StateCensus.Shape(
    Self.self, [1: .init(Godwit_State_MemoryObject.self)])
}

extension Godwit_State_Filesystems {
  private static let tree = StateCensus.Shape(
    Godwit_State_Tree.self,
    [
      1: .init(
        Godwit_State_Node.self,
        [
          6: .init(Godwit_State_Entry.self), 7: .init(Data.self),
          35: .init(Godwit_State_ExtendedAttribute.self),
        ])
    ])

  package static let shape = StateCensus.Shape(
    Self.self,
    [
      1: .init(Godwit_State_Mount.self, [4: tree]), 2: tree,
      3: .init(Godwit_State_Dentry.self),
    ])
}

extension Godwit_State_Files {
  private static let messages = StateCensus.Shape(Godwit_State_SocketMessage.self)

  private static let file = StateCensus.Shape(
    Godwit_State_OpenFile.self,
    [
      10: .init(Godwit_State_NamedFile.self, [2: .init(Godwit_State_Entry.self)]),
      16: .init(Godwit_State_EpollFile.self, [1: .init(Godwit_State_EpollItem.self)]),
      17: .init(
        Godwit_State_InotifyFile.self,
        [1: .init(Godwit_State_InotifyWatch.self), 3: .init(Godwit_State_InotifyEvent.self)]),
      30: .init(
        Godwit_State_UnixSocket.self,
        [1: socket, 14: .init(Godwit_State_StreamPiece.self), 15: messages]),
      31: .init(
        Godwit_State_InternetSocket.self,
        [1: socket, 21: messages, 22: .init(Godwit_State_Endpoint.self)]),
      32: .init(Godwit_State_NetlinkSocket.self, [1: socket, 5: messages]),
    ])

  private static let socket = StateCensus.Shape(
    Godwit_State_Socket.self,
    [8: .init(Godwit_State_SocketSettings.self, [9: .init(Godwit_State_SocketNumber.self)])])

  package static let shape = StateCensus.Shape(
    Self.self,
    [
      1: file, 2: .init(Godwit_State_Pipe.self), 3: .init(Godwit_State_Lock.self),
      30: .init(Godwit_State_Pseudoterminal.self),
    ])
}

extension Godwit_State_Processes {
  package static let shape = StateCensus.Shape(
    Self.self,
    [
      1: .init(
        Godwit_State_Process.self,
        [
          5: .init(Godwit_State_Mapping.self), 8: .init(Godwit_State_Descriptor.self),
          12: .init(Godwit_State_SignalAction.self), 13: .init(Data.self),
          26: .init(Godwit_State_Timer.self), 27: .init(Godwit_State_IntervalTimer.self),
          70: .init(Godwit_State_SemaphoreUndo.self),
        ])
    ])
}

extension Godwit_State_Tasks {
  package static let shape = StateCensus.Shape(
    Self.self, [1: .init(Godwit_State_Task.self, [18: .init(Data.self)])])
}
