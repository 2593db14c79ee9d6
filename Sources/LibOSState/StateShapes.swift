// What the fields of each message can take, by the numbers of `State.proto`.

extension Godwit_State_Kernel {
  package static let shape = StateCensus.Shape(
    Self.self,
    repeated: [
      64: Godwit_State_PublishedPort.shape, 70: Godwit_State_FormerForeground.shape,
      73: Godwit_State_ProcessAccounts.shape,
    ], single: [40: Godwit_State_Determinism.shape, 80: Godwit_State_Ipc.shape],
    numbers: [15: 4, 71: 4])
}

extension Godwit_State_Ipc {
  package static let shape = StateCensus.Shape(
    Self.self,
    repeated: [
      1: Godwit_State_SharedMemorySegment.shape, 2: Godwit_State_SemaphoreSet.shape,
      3: Godwit_State_MessageQueue.shape,
    ], numbers: [4: 4, 5: 4, 6: 8, 7: 4])
}

extension Godwit_State_IpcObject {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_SharedMemorySegment {
  package static let shape = StateCensus.Shape(Self.self, single: [1: Godwit_State_IpcObject.shape])
}

extension Godwit_State_SemaphoreSet {
  package static let shape = StateCensus.Shape(
    Self.self, single: [1: Godwit_State_IpcObject.shape], numbers: [2: 4, 3: 4])
}

extension Godwit_State_MessageQueue {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [2: Godwit_State_Message.shape], single: [1: Godwit_State_IpcObject.shape])
}

extension Godwit_State_Message {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Determinism {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_ProcessAccounts {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_FormerForeground {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Memory {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [1: Godwit_State_MemoryObject.shape])
}

extension Godwit_State_MemoryObject {
  package static let shape = StateCensus.Shape(
    Self.self, single: [4: Godwit_State_FileSource.shape])
}

extension Godwit_State_FileSource {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Filesystems {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [1: Godwit_State_Mount.shape, 3: Godwit_State_Dentry.shape],
    single: [2: Godwit_State_Tree.shape, 4: Godwit_State_PosixQueues.shape])
}

extension Godwit_State_PosixQueues {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [1: Godwit_State_PosixQueue.shape],
    single: [3: Godwit_State_Attributes.shape], numbers: [4: 8])
}

extension Godwit_State_PosixQueue {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [7: Godwit_State_PosixMessage.shape],
    single: [3: Godwit_State_Attributes.shape])
}

extension Godwit_State_PosixMessage {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_PosixQueueFile {
  package static let shape = StateCensus.Shape(
    Self.self, single: [2: Godwit_State_QueueNotification.shape])
}

extension Godwit_State_NamespaceFile {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_QueueNotification {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Mount {
  package static let shape = StateCensus.Shape(Self.self, single: [4: Godwit_State_Tree.shape])
}

extension Godwit_State_Tree {
  package static let shape = StateCensus.Shape(Self.self, repeated: [1: Godwit_State_Node.shape])
}

extension Godwit_State_Node {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [6: Godwit_State_Entry.shape, 35: Godwit_State_ExtendedAttribute.shape],
    single: [5: Godwit_State_Attributes.shape])
}

extension Godwit_State_ExtendedAttribute {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Entry {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Attributes {
  package static let shape = StateCensus.Shape(
    Self.self,
    single: [4: Godwit_State_Time.shape, 5: Godwit_State_Time.shape, 6: Godwit_State_Time.shape])
}

extension Godwit_State_Time {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Dentry {
  package static let shape = StateCensus.Shape(
    Self.self, single: [7: Godwit_State_Attributes.shape])
}

extension Godwit_State_Files {
  package static let shape = StateCensus.Shape(
    Self.self,
    repeated: [
      1: Godwit_State_OpenFile.shape, 2: Godwit_State_Pipe.shape, 3: Godwit_State_Lock.shape,
      30: Godwit_State_Pseudoterminal.shape,
    ], single: [31: Godwit_State_Console.shape])
}

extension Godwit_State_Console {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_OpenFile {
  package static let shape = StateCensus.Shape(
    Self.self,
    single: [
      10: Godwit_State_NamedFile.shape, 11: Godwit_State_StandardStream.shape,
      12: Godwit_State_PipeEnd.shape, 13: Godwit_State_EventFile.shape,
      14: Godwit_State_TimerFile.shape, 15: Godwit_State_SignalFile.shape,
      16: Godwit_State_EpollFile.shape, 17: Godwit_State_InotifyFile.shape,
      18: Godwit_State_TextFile.shape, 19: Godwit_State_PidFile.shape,
      30: Godwit_State_UnixSocket.shape, 31: Godwit_State_InternetSocket.shape,
      32: Godwit_State_NetlinkSocket.shape, 33: Godwit_State_PosixQueueFile.shape,
      34: Godwit_State_NamespaceFile.shape,
      40: Godwit_State_PseudoterminalMaster.shape, 41: Godwit_State_PseudoterminalSlave.shape,
      200: Godwit_State_SeccompListener.shape,
    ], numbers: [8: 4])
}

extension Godwit_State_NamedFile {
  package static let shape = StateCensus.Shape(Self.self, repeated: [2: Godwit_State_Entry.shape])
}

extension Godwit_State_StandardStream {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_PipeEnd {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Pipe {
  package static let shape = StateCensus.Shape(
    Self.self, single: [6: Godwit_State_Time.shape, 9: Godwit_State_Attributes.shape],
    numbers: [4: 4])
}

extension Godwit_State_EventFile {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_TimerFile {
  package static let shape = StateCensus.Shape(
    Self.self,
    single: [
      1: Godwit_State_Clock.shape, 2: Godwit_State_Clock.shape, 3: Godwit_State_Schedule.shape,
    ])
}

extension Godwit_State_Clock {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Schedule {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_SignalFile {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_PseudoterminalMaster {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_PseudoterminalSlave {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Pseudoterminal {
  package static let shape = StateCensus.Shape(
    Self.self, single: [2: Godwit_State_LineDiscipline.shape, 11: Godwit_State_Attributes.shape])
}

extension Godwit_State_LineDiscipline {
  package static let shape = StateCensus.Shape(Self.self, numbers: [5: 4, 10: 4])
}

extension Godwit_State_SeccompListener {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_SeccompNotice {
  package static let shape = StateCensus.Shape(
    Self.self, single: [5: Godwit_State_SeccompAnswer.shape])
}

extension Godwit_State_SeccompAnswer {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_PidFile {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_EpollFile {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [1: Godwit_State_EpollItem.shape])
}

extension Godwit_State_EpollItem {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_InotifyFile {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [1: Godwit_State_InotifyWatch.shape, 3: Godwit_State_InotifyEvent.shape])
}

extension Godwit_State_InotifyEvent {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_InotifyWatch {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_TextFile {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_PublishedPort {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Socket {
  package static let shape = StateCensus.Shape(
    Self.self, single: [8: Godwit_State_SocketSettings.shape])
}

extension Godwit_State_SocketSettings {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [9: Godwit_State_SocketNumber.shape])
}

extension Godwit_State_SocketNumber {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Sender {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Endpoint {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_SocketMessage {
  package static let shape = StateCensus.Shape(
    Self.self,
    single: [
      3: Godwit_State_Endpoint.shape, 4: Godwit_State_Sender.shape,
      6: Godwit_State_PacketInfo.shape,
    ], numbers: [5: 8])
}

extension Godwit_State_PacketInfo {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_UnixSocket {
  package static let shape = StateCensus.Shape(
    Self.self,
    repeated: [14: Godwit_State_StreamPiece.shape, 15: Godwit_State_SocketMessage.shape],
    single: [1: Godwit_State_Socket.shape, 6: Godwit_State_Sender.shape], numbers: [7: 4, 10: 8])
}

extension Godwit_State_StreamPiece {
  package static let shape = StateCensus.Shape(
    Self.self, single: [2: Godwit_State_Sender.shape], numbers: [3: 8])
}

extension Godwit_State_InternetSocket {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [21: Godwit_State_SocketMessage.shape, 22: Godwit_State_Endpoint.shape],
    single: [
      1: Godwit_State_Socket.shape, 5: Godwit_State_Endpoint.shape, 6: Godwit_State_Endpoint.shape,
      202: Godwit_State_ViewerWatch.shape,
    ], numbers: [18: 8, 19: 8])
}

extension Godwit_State_ViewerWatch {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_NetlinkSocket {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [5: Godwit_State_SocketMessage.shape],
    single: [1: Godwit_State_Socket.shape])
}

extension Godwit_State_Lock {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Processes {
  package static let shape = StateCensus.Shape(Self.self, repeated: [1: Godwit_State_Process.shape])
}

extension Godwit_State_Process {
  package static let shape = StateCensus.Shape(
    Self.self,
    repeated: [
      5: Godwit_State_Mapping.shape, 8: Godwit_State_Descriptor.shape,
      12: Godwit_State_SignalAction.shape, 26: Godwit_State_Timer.shape,
      27: Godwit_State_IntervalTimer.shape, 70: Godwit_State_SemaphoreUndo.shape,
      71: Godwit_State_AsyncContext.shape,
    ], single: [16: Godwit_State_Credentials.shape, 108: Godwit_State_NativeProcess.shape],
    numbers: [15: 8, 17: 8])
}

extension Godwit_State_NativeProcess {
  package static let shape = StateCensus.Shape(Self.self, numbers: [3: 4])
}

extension Godwit_State_AsyncContext {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [3: Godwit_State_AsyncEvent.shape, 4: Godwit_State_AsyncPoll.shape])
}

extension Godwit_State_AsyncEvent {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_AsyncPoll {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_SemaphoreUndo {
  package static let shape = StateCensus.Shape(Self.self, numbers: [2: 4])
}

extension Godwit_State_Mapping {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Descriptor {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_SignalAction {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Capabilities {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Credentials {
  package static let shape = StateCensus.Shape(
    Self.self, single: [4: Godwit_State_Capabilities.shape], numbers: [1: 4, 2: 4, 3: 4])
}

extension Godwit_State_Timer {
  package static let shape = StateCensus.Shape(
    Self.self,
    single: [
      2: Godwit_State_Clock.shape, 7: Godwit_State_Schedule.shape, 8: Godwit_State_Clock.shape,
    ])
}

extension Godwit_State_IntervalTimer {
  package static let shape = StateCensus.Shape(Self.self, single: [2: Godwit_State_Schedule.shape])
}

extension Godwit_State_PageMaps {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [1: Godwit_State_PageOwner.shape])
}

extension Godwit_State_PageOwner {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Tasks {
  package static let shape = StateCensus.Shape(Self.self, repeated: [1: Godwit_State_Task.shape])
}

extension Godwit_State_Task {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [103: Godwit_State_Descriptor.shape],
    single: [
      3: Godwit_State_Registers.shape, 6: Godwit_State_Call.shape, 9: Godwit_State_FutexWait.shape,
      15: Godwit_State_Rseq.shape, 100: Godwit_State_Credentials.shape,
      201: Godwit_State_SeccompNotice.shape, 204: Godwit_State_ExceptionHandler.shape,
    ], numbers: [28: 8, 200: 8, 202: 8, 203: 8])
}

extension Godwit_State_ExceptionHandler {
  package static let shape = StateCensus.Shape(
    Self.self, single: [3: Godwit_State_Registers.shape])
}

extension Godwit_State_Call {
  package static let shape = StateCensus.Shape(Self.self, numbers: [2: 8])
}

extension Godwit_State_FutexWait {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Rseq {
  package static let shape = StateCensus.Shape(Self.self)
}

extension Godwit_State_Registers {
  package static let shape = StateCensus.Shape(
    Self.self, single: [10: Godwit_State_X87.shape], numbers: [1: 0, 7: 0, 11: 4])
}

extension Godwit_State_X87 {
  package static let shape = StateCensus.Shape(Self.self, numbers: [7: 0, 8: 4])
}

extension Godwit_State_OutsideFiles {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [1: Godwit_State_OutsideFile.shape])
}

extension Godwit_State_OutsideFile {
  package static let shape = StateCensus.Shape(
    Self.self, repeated: [12: Godwit_State_ExtendedAttribute.shape],
    single: [5: Godwit_State_Time.shape], numbers: [16: 8])
}
