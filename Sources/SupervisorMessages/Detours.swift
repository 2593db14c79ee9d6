/// Connections that go by way of a machine to a guest that has moved on from there. Whoever has them may be about to find a shorter way,
/// for which the machine is needed.
package enum Detours {
  /// What ends of relays that are where their guests are have at the ends of their names.
  package static let mark = ".far"

  /// How many there are.
  ///
  /// - Parameters:
  ///   - relays: the ends of relays on the machine, and for how many connections between machines, of which guests, they are.
  ///   - guests: those that run there.
  package static func count(
    _ relays: some Sequence<(name: String, guest: String, connections: Int)>, guests: Set<String>
  ) -> Int {
    relays.reduce(0) { count, relay in
      let passesOn = relay.name.hasSuffix(mark) && !guests.contains(relay.guest)
      return count + (passesOn ? max(0, relay.connections) : 0)
    }
  }
}
