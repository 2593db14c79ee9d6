import LibOSState
import LinuxABI

/// A node as it is at one moment, by value: there may be many, so their messages are made later, while the guest
/// runs on.
struct CapturedNode: Sendable {
  let number: UInt64
  let kind: FileType
  let lower: [UInt8]?
  let own: OwnStatus?
  /// In no particular order.
  var entries: [(name: [UInt8], number: UInt64)] = []
  let whiteouts: Set<[UInt8]>
  let target: [UInt8]
  /// The numbers of the memory objects with its content, or with the bytes of an unchanged file; 0 for none.
  var object: UInt64 = 0
  var unchanged: UInt64 = 0
  let device: UInt64
  let seals: UInt32?
  let extended: [[UInt8]: [UInt8]]
  let isTemporary: Bool

  var message: Godwit_State_Node {
    var state = Godwit_State_Node()
    state.number = number
    state.type = UInt32(kind.rawValue)
    if let lower {
      state.hasLower_p = true
      state.lower = data(lower)
    }
    if let own { state.attributes = own.save() }
    state.entries = entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }.map {
      var entry = Godwit_State_Entry()
      entry.name = data($0.name)
      entry.number = $0.number
      return entry
    }
    state.whiteouts = whiteouts.sorted { $0.lexicographicallyPrecedes($1) }.map { data($0) }
    state.target = data(target)
    state.object = object
    state.unchanged = unchanged
    state.device = device
    if let seals { state.seals = seals }
    state.extended = saved(extended)
    state.temporary = isTemporary
    return state
  }
}
