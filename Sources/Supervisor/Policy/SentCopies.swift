import HostABI
import JSONText
import PosixHost
import SupervisorMessages
import Synchronization

/// The applications of this machine of which peers were sent copies. Those that end by themselves are remembered until the peers know it,
/// so that nobody goes on with them: `MachineStatus.ended`.
final class SentCopies: Sendable {
  private struct Entry: Codable, Equatable {
    var name: String
    var peers: Set<String>
    /// The boot of this machine in which it ran here: what ends with the machine is lost, and has not ended.
    var boot: String
    var hasEnded: Bool
  }

  private struct State {
    /// By the ids of applications.
    var entries: [String: Entry] = [:]
    /// Applications that are about to leave, and since when, on the host's monotonic clock.
    var leaving: [String: Int64] = [:]
    /// When it was seen that they have ended, on the clock of `Observation.now`.
    var endings: [String: Int64] = [:]
  }

  private let file: String
  private let boot: String
  private let state: Mutex<State>

  private static let limit: UInt64 = 4 << 20
  /// Whoever is about to leave, and is here after so long, stays; in nanoseconds.
  private static let patience: Int64 = 60_000_000_000

  init(_ directory: StateDirectory) {
    file = directory.sentCopies
    let id = try? InputFile("/proc/sys/kernel/random/boot_id").read(at: 0, count: 36)
    boot = String(decoding: id ?? [], as: UTF8.self)
    let bytes = try? InputFile(file).contents(limit: Self.limit)
    let entries = bytes.flatMap { JSON.decode([String: Entry].self, from: $0) } ?? [:]
    state = Mutex(State(entries: entries))
  }

  /// Those that have ended, and of which peers may have copies.
  var ended: [String] {
    state.withLock { $0.entries.filter { $0.value.hasEnded }.keys.sorted() }
  }

  /// A peer has a copy of an application.
  func note(_ id: String, _ name: String, at peer: String) {
    change { state in
      var entry = state.entries[id] ?? Entry(name: name, peers: [], boot: boot, hasEnded: false)
      entry.peers.insert(peer)
      (entry.name, entry.boot, entry.hasEnded) = (name, boot, false)
      state.entries[id] = entry
    }
  }

  /// An application is about to leave: if it is gone, it has not ended.
  func noteDeparture(of id: String) {
    state.withLock { state in
      if state.entries[id] != nil { state.leaving[id] = HostProcess.monotonicTime }
    }
  }

  /// Takes note of what is not here any more, and of what the peers know.
  ///
  /// - Parameters:
  ///   - here: the ids of the applications that are here, also of suspended ones.
  ///   - busy: the names of those with which something is done.
  ///   - peers: the ids of which each has copies, and when it said so; none of those that do not answer.
  func look(
    _ here: Set<String>, busy: Set<String>, peers: [String: (copies: Set<String>, answered: Int64)],
    known: Set<String>, now: Int64
  ) {
    change { state in
      for (id, entry) in state.entries where !entry.hasEnded {
        if here.contains(id) {
          let start = state.leaving[id] ?? .max
          if !busy.contains(entry.name), HostProcess.monotonicTime - Self.patience > start {
            state.leaving[id] = nil
          }
        } else if busy.contains(entry.name) {
          continue
        } else if state.leaving.removeValue(forKey: id) != nil || entry.boot != boot {
          state.entries[id] = nil
        } else {
          state.entries[id]?.hasEnded = true
          state.endings[id] = now
        }
      }
      for (id, entry) in state.entries where entry.hasEnded {
        let rest = entry.peers.filter { name in
          guard known.contains(name) else { return false }
          guard let peer = peers[name], peer.answered > state.endings[id] ?? 0 else { return true }
          return peer.copies.contains(id)
        }
        state.entries[id]?.peers = rest
        if rest.isEmpty { (state.entries[id], state.endings[id]) = (nil, nil) }
      }
    }
  }

  /// Writes down what has changed.
  private func change(_ body: (inout State) -> Void) {
    let changed: [String: Entry]? = state.withLock { state in
      let before = state.entries
      body(&state)
      return state.entries == before ? nil : state.entries
    }
    guard let changed else { return }
    do throws(HostError) {
      try AtomicFile.replace(file, with: Array(JSON.line(changed).utf8))
    } catch {
      Log.say(SupervisorError(file, error).message)
    }
  }
}
