import LibOSState

extension Godwit_State_Node {
  /// Whether it differs from what lies beneath; others are only in use.
  var isOfUpperLayer: Bool {
    !hasLower_p || hasAttributes || object != 0 || opaque || !extended.isEmpty
  }
}
