import HostABI
import JSONText
package import PosixHost
package import SupervisorMessages

/// The answer of a picoprocess to a `ControlRequest`.
package enum ControlAnswer: Sendable, Hashable, Codable {
  /// The request failed, for this reason (one line).
  case failed(error: String)
  /// The file passed along cannot be written, for this reason of the host's.
  case unwritable(reason: String)
  /// The request was carried out.
  case done
  case running(picoprocess: PicoprocessInfo)
  /// The snapshot is being written; another answer will follow. Bytes of memory, and how many there are to write: none
  /// if it has not begun.
  case progress(done: UInt64, total: UInt64)
  /// The client is attached: from now on the connection carries `AttachFrame`s.
  case attached(client: Int, hasTerminal: Bool)
  /// The snapshot is written. After `suspend`, the picoprocess now waits for a `ControlVerdict`.
  case saved(snapshot: SavedSnapshot)
  /// The guest would stop now: it runs until the client's verdict, `goOn` or `stop`.
  case settling
  case described(guest: GuestDescription)
  case watched(activity: MemoryActivity)
  /// The guest runs elsewhere, and its memory is still here.
  case lending(guest: LentGuest)
  /// The guest stands, whatever becomes of the client.
  case held
  /// So many sockets follow, each with a `HandedSocket`; and then an answer that says whether the guest stays.
  ///
  /// - `hasConsole`: if it does not, the connection becomes one to the guest's console.
  case handing(count: Int, hasConsole: Bool)
  /// The guest did not move, and runs here.
  case kept
}

extension Progress {
  /// How long to wait for a word before something else is done.
  private static let wordTime: Int64 = 50_000_000

  /// Shows what a picoprocess says before it answers. `false` if the line is an answer.
  func takes(_ line: [UInt8]?) -> Bool {
    let answer = line.flatMap { JSON.decode(ControlAnswer.self, from: $0) }
    guard case .progress(let done, let total) = answer else { return false }
    hear(done: done, of: total)
    return true
  }

  /// Waits for the answer of a picoprocess; nil if it has gone.
  ///
  /// - Parameter meanwhile: called now and then.
  func answer(over connection: ControlConnection, meanwhile: () -> Void = {}) throws(HostError)
    -> [UInt8]?
  {
    while true {
      do throws(HostError) {
        let line = try connection.receive(timeout: Self.wordTime)
        if !takes(line) { return line }
      } catch .wouldBlock {
        meanwhile()
        tick()
      }
    }
  }
}

/// The state of a picoprocess.
package struct PicoprocessInfo: Sendable, Hashable, Codable {
  package var name: String
  /// The PID of its process on the host.
  package var pid: Int32
  /// The path of the guest's first program.
  package var isa: String
  package var program: String
  package var uptimeNanoseconds: Int64
  /// Guest memory in use.
  package var memoryBytes: Int
  package var threads: Int
  package var syscallCount: UInt64
  /// How far the process is confined.
  package var sandbox: ConfinementReport
  /// What is still in the snapshot that it was resumed from; nil if nothing is.
  package var missingPages: MissingPages?
  /// No instruction of the guest runs; nil: of an older godwit.
  package var isPaused: Bool?
  /// Its streams are not those of a terminal or program of the host.
  package var isDetached: Bool?
  /// The clients that are attached to it, or wait for its end.
  package var attachedClients: Int?
  /// Its ports that others may connect to, as in `--publish`; nil: of an older godwit.
  package var published: [String]?
  /// Those of them that see or type anything, for supervisors; nil: there are none.
  package var users: [AttachedUser]?
  /// Since the last input, by somebody who is attached or at a display; nil: there was none.
  package var inputNanoseconds: Int64?
  /// Since somebody who is attached typed something; nil: nobody has.
  package var typedNanoseconds: Int64?
  /// By which ways its displays are looked at, for supervisors; nil: by none.
  package var displays: [LookedAtDisplay]?
  /// What supervisors know of it, which travels with it; nil: nothing.
  package var passport: String?
  /// Nil if the run takes none by itself.
  package var periodicCheckpoints: PeriodicCheckpoints?
  /// The machine that it is being sent to; nil: none.
  package var movesTo: String?
  /// The migration that may have succeeded or not; nil if there is none.
  package var doubt: MigrationDoubt?
  /// The guest runs elsewhere, and its memory is still here; nil if it does not.
  package var lending: LentGuest?
  /// It is no guest, but a relay of connections.
  package var relay: RelayInfo?
  /// It does not answer, so that nothing but its name is known; nil: it does.
  package var isSilent: Bool?

  /// - Parameter pid: 0: not known either.
  static func silent(_ name: String, pid: Int32) -> PicoprocessInfo {
    PicoprocessInfo(
      name: name, pid: pid, isa: "-", program: "-", uptimeNanoseconds: 0, memoryBytes: 0,
      threads: 0, syscallCount: 0, sandbox: ConfinementReport(), isSilent: true)
  }
}

/// Figures of a written snapshot. Times are in nanoseconds.
package struct SavedSnapshot: Sendable, Hashable, Codable {
  package var bytes: UInt64
  /// The number of system calls the guest had made.
  package var syscallCount: UInt64
  /// From the request until the guest stood still.
  package var freezingTime: Int64
  /// How long the guest stood still.
  package var frozenTime: Int64
  /// How long pages were read, digested, compressed and written; and the part of it that went into writing.
  package var dumpTime: Int64
  package var writeTime: Int64
  /// Pages that the guest has of its own, and those of them that the file has: a parent has the others, or they
  /// are equal.
  package var pages: UInt64
  package var pagesWritten: UInt64
  /// Of a snapshot that was written in rounds.
  package var rounds: Rounds?

  /// How many of the pages were written when the guest stood.
  package struct Rounds: Sendable, Hashable, Codable {
    package var atStop: UInt64
  }

  package init(
    bytes: UInt64, syscallCount: UInt64, freezingTime: Int64, frozenTime: Int64, dumpTime: Int64,
    writeTime: Int64, pages: UInt64, pagesWritten: UInt64
  ) {
    self.bytes = bytes
    self.syscallCount = syscallCount
    self.freezingTime = freezingTime
    self.frozenTime = frozenTime
    self.dumpTime = dumpTime
    self.writeTime = writeTime
    self.pages = pages
    self.pagesWritten = pagesWritten
  }
}

/// The figures for `--print-stats`, by the names that CRIU gives them. Times are in microseconds.
package struct SnapshotStatistics: Encodable {
  private let freezing_time: Int64
  private let frozen_time: Int64
  private let memdump_time: Int64
  private let memwrite_time: Int64
  private let pages_scanned: UInt64
  private let pages_written: UInt64
  private let bytes_written: UInt64
  private let move: MoveReport?

  /// - Parameter move: what it took in nanoseconds, if it is not only a snapshot.
  package init(_ snapshot: SavedSnapshot, move: MoveReport? = nil) {
    self.move = move
    freezing_time = snapshot.freezingTime / 1000
    frozen_time = snapshot.frozenTime / 1000
    memdump_time = snapshot.dumpTime / 1000
    memwrite_time = snapshot.writeTime / 1000
    pages_scanned = snapshot.pages
    pages_written = snapshot.pagesWritten
    bytes_written = snapshot.bytes
  }
}
