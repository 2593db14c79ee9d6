import LibOSState
import LinuxABI
import Machine
import Snapshot

extension AsyncContext {
  func save(_ saver: StateSaver) -> Godwit_State_AsyncContext {
    var state = Godwit_State_AsyncContext()
    state.address = address.rawValue
    state.capacity = UInt32(capacity)
    state.events = events.elements.map { event in
      var saved = Godwit_State_AsyncEvent()
      saved.data = event.data
      saved.request = event.obj
      saved.result = event.res
      return saved
    }
    state.polls = polls.map { poll in
      var saved = Godwit_State_AsyncPoll()
      saved.file = saver.id(of: poll.file, .polling)
      saved.events = UInt32(poll.events.rawValue)
      saved.data = poll.data
      saved.request = poll.request
      if let file = poll.eventFile { saved.eventFile = saver.id(of: file, .polling) }
      return saved
    }
    return state
  }

  convenience init(_ state: Godwit_State_AsyncContext, _ loader: StateLoader) throws(SnapshotError)
  {
    let capacity = Int(try checked(state.capacity, 1...65536, "a context of asynchronous requests"))
    self.init(GuestAddress(state.address), capacity: capacity, loader.kernel.arena)
    guard state.events.count + state.polls.count <= capacity else {
      throw .invalidState("the requests of a context")
    }
    restore(state.events.map { IoEvent(data: $0.data, obj: $0.request, res: $0.result) })
    for saved in state.polls {
      var eventFile: EventFile?
      if saved.eventFile != 0 {
        guard let file = try loader.file(saved.eventFile) as? EventFile else {
          throw .invalidState("the eventfd of a request")
        }
        eventFile = file
      }
      add(
        AsyncPoll(
          self, try loader.file(saved.file),
          PollEvents(rawValue: try narrowed(saved.events, "the events of a request")),
          data: saved.data, request: saved.request, eventFile))
    }
  }
}
