package import LibOSState
package import Snapshot

extension ViewerWatch {
  package func save() -> Godwit_State_ViewerWatch {
    var state = Godwit_State_ViewerWatch()
    state.step = step.rawValue
    state.kind = UInt32(kind)
    state.count = UInt32(count)
    state.value = value
    state.skipped = UInt32(skipped)
    state.rest = rest
    state.moreButtons = hasMoreButtons
    return state
  }

  package init(_ state: Godwit_State_ViewerWatch) throws(SnapshotError) {
    self.init()
    guard let step = Step(rawValue: state.step) else { throw .invalidState("a viewer's step") }
    self.step = step
    kind = try narrowed(state.kind, "the kind of a viewer's message")
    guard step != .head || Self.headSize(kind) != nil else {
      throw .invalidState("a viewer's message of kind \(kind)")
    }
    let size = UInt32(Self.size(of: step, kind))
    count = Int(try checked(state.count, 0...(size - 1), "how much of a viewer's message is there"))
    value = state.value
    // As far as the longest text.
    let longest = UInt64(Int32.max)
    skipped = try checked(UInt64(state.skipped), 0...longest, "the rest of a viewer's message")
    guard skipped == 0 || count == 0 && !isOfGuest else {
      throw .invalidState("a viewer's message within another one")
    }
    let most: UInt32 = step == .encodings ? 0xffff : UInt32(Int32.max)
    rest = try checked(state.rest, 0...most, "what follows in a viewer's message")
    hasMoreButtons = state.moreButtons
  }
}
