import HostABI
import PosixHost
import Synchronization

/// What the page's buttons ask for.
enum ConsoleWish: Decodable, Sendable {
  case migrate(name: String, peer: String)
  case suspend(name: String)
  case checkpoint(name: String)
  /// - `file`: among the saved ones.
  case resume(file: String)
}

/// What the page's buttons have started, and how it has gone.
final class ConsoleJobs: Sendable {
  struct Job: Encodable, Sendable {
    let id: Int
    let what: String
    /// The application's.
    let name: String
    /// Where it goes, or what it goes on from.
    let place: String?
    /// Nanoseconds since 1970.
    let start: Int64
    var end: Int64?
    var error: String?
  }

  private let verbs: Verbs
  private let snapshots: SavedSnapshots
  private let jobs = Mutex<[Job]>([])

  /// Jobs that are remembered when they are over.
  private static let limit = 20

  init(_ verbs: Verbs, _ snapshots: SavedSnapshots) {
    (self.verbs, self.snapshots) = (verbs, snapshots)
  }

  var all: [Job] { jobs.withLock { $0 } }

  /// Starts what is wished.
  ///
  /// - Throws: if it can't be meant so, or something is under way with the application.
  func start(_ wish: ConsoleWish) throws(SupervisorError) -> Job {
    let verbs = verbs
    switch wish {
    case .migrate(let name, let peer):
      return try start("migrate", name, place: peer) { () throws(SupervisorError) in
        _ = try verbs.ask(Verbs.migration(of: name, to: peer))
      }
    case .suspend(let name):
      let file = snapshots.path(name, .suspended)
      let snapshots = snapshots
      return try start("suspend", name) { () throws(SupervisorError) in
        try snapshots.keepPassport(of: name, for: file, verbs)
        _ = try verbs.ask(Verbs.suspension(of: name, to: file))
      }
    case .checkpoint(let name):
      let file = snapshots.path(name, .checkpoint)
      return try start("checkpoint", name) { () throws(SupervisorError) in
        _ = try verbs.ask(["checkpoint", "--quiet", name, "--output", file])
      }
    case .resume(let file):
      let snapshots = snapshots
      let name = try snapshots.application(file)
      return try start("resume", name, place: file) { () throws(SupervisorError) in
        try snapshots.resume(file, name, verbs)
      }
    }
  }

  private func start(
    _ what: String, _ name: String, place: String? = nil,
    _ body: @escaping @Sendable () throws(SupervisorError) -> Void
  ) throws(SupervisorError) -> Job {
    guard ControlDirectory.isValid(name: name) else {
      throw SupervisorError(ControlDirectory.refusal(ofName: name))
    }
    let job = try add(what, name, place)
    HostThread {
      var error: String?
      do throws(SupervisorError) { try body() } catch let failure { error = failure.message }
      self.end(job.id, error)
    }.detach()
    return job
  }

  private func add(_ what: String, _ name: String, _ place: String?) throws(SupervisorError) -> Job
  {
    try jobs.withLock { (jobs) throws(SupervisorError) in
      if let other = jobs.first(where: { $0.name == name && $0.end == nil }) {
        throw SupervisorError("\(name): \(other.what) is under way")
      }
      let job = Job(
        id: (jobs.last?.id ?? 0) + 1, what: what, name: name, place: place,
        start: HostProcess.realTime)
      jobs.append(job)
      while jobs.count > Self.limit, let oldest = jobs.firstIndex(where: { $0.end != nil }) {
        jobs.remove(at: oldest)
      }
      return job
    }
  }

  private func end(_ id: Int, _ error: String?) {
    jobs.withLock { jobs in
      guard let index = jobs.firstIndex(where: { $0.id == id }) else { return }
      jobs[index].end = HostProcess.realTime
      jobs[index].error = error
    }
  }
}
