import HostABI
import PosixHost
import Snapshot

// The source's part of a post-copy, after the commit: the guest runs elsewhere, and never again here.

extension ParentLink {
  /// The memory of a guest that follows after its state, of which it is the parent.
  static func memory(pages: UInt64, of migration: String) throws(SnapshotError) -> ParentLink {
    let digest = Digest(of: MigrationID.bytes(migration)[...])
    return try ParentLink(
      id: SnapshotID(of: digest), contentDigest: digest, pageCount: pages, name: "memory")
  }
}

extension Picoprocess {
  /// Keeps the guest's memory, which is in `exchange`, until all of it is where the guest is, or the user gives it up.
  func lend(_ memory: LentMemory, to peer: String, _ remoteName: String) {
    // New connections are not for a guest that has left.
    host.restoreTerminal()
    host.closeAll()
    attachments.end(.suspended)
    lending = LentGuest(
      migration: memory.migration, peer: peer, remoteName: remoteName, bytes: memory.bytesLeft)
    defer { (lending, exchange.memory) = (nil, nil) }
    var state = SourceState.lent
    while state == .lent {
      lending?.bytes = memory.bytesLeft
      if memory.isReturned, let next = state.after(.returned, lends: true) { state = next }
      while let letter = mailbox.take() {
        if letter.request == .resolve(resolution: .drop),
          let next = state.after(.drop, lends: true)
        {
          state = next
          letter.progress = .answered(.done)
          waitUntilSent(letter)
        } else {
          letter.progress = .answered(answer(letter.request, whileLending: memory))
        }
      }
      HostProcess.sleep(nanoseconds: 1_000_000)
    }
  }

  private func answer(_ request: ControlRequest, whileLending memory: LentMemory) -> ControlAnswer {
    let refusal = lending?.refusal ?? ""
    switch request {
    case .info: return .running(picoprocess: info)
    case .describe: return lending.map { .lending(guest: $0) } ?? .failed(error: refusal)
    // A receiver that missed the answer to its commit asks again.
    case .settle(memory.migration, isCommitted: true): return .done
    default: return .failed(error: refusal)
    }
  }
}
