import HostABI
import JSONText
import NIOHTTP1
import PosixHost
import SupervisorMessages

/// What the console has at its addresses.
struct ConsoleRoutes: Sendable {
  /// What the supervisor knows of all machines.
  struct Machines: Sendable {
    let hosts: @Sendable () throws(SupervisorError) -> [HostReport]
    let lists: @Sendable () throws(SupervisorError) -> [ListReport]
  }

  let gate: ConsoleGate
  let verbs: Verbs
  let machines: Machines
  private let snapshots: SavedSnapshots
  private let jobs: ConsoleJobs

  init(_ gate: ConsoleGate, _ verbs: Verbs, _ directory: StateDirectory, _ machines: Machines)
    throws(SupervisorError)
  {
    (self.gate, self.verbs, self.machines) = (gate, verbs, machines)
    snapshots = try SavedSnapshots(directory)
    jobs = ConsoleJobs(verbs, snapshots)
  }

  enum Response: Sendable {
    case now(ConsoleAnswer)
    /// It takes its time, and may wait.
    case later(@Sendable () throws(SupervisorError) -> ConsoleAnswer)
  }

  // MARK: Who asks

  func respond(to head: HTTPRequestHead, _ body: [UInt8]) -> Response {
    var request = ConsoleRequest(head.uri)
    request.body = body
    guard [.GET, .POST].contains(head.method) else {
      return .now(.refusal(.methodNotAllowed, "The console knows GET and POST."))
    }
    do throws(ConsoleGate.Refusal) {
      let isFirst = request.path == "/"
      let changes = head.method == .POST || ConsoleSockets.has(request.path)
      try gate.checkPlace(head.headers, changes: changes)
      if isFirst, head.method == .GET, let token = request.query["token"] {
        guard gate.isToken(token) else { throw .token }
        return .now(.redirect(to: "/", cookie: gate.welcome))
      }
      try gate.checkVisitor(head.headers, isFirst: isFirst)
    } catch { return .now(Self.answer(to: error)) }
    return head.method == .GET ? get(request) : post(request)
  }

  static func answer(to refusal: ConsoleGate.Refusal) -> ConsoleAnswer {
    switch refusal {
    case .host: .refusal(.misdirectedRequest, "This is no name of the console's machine.")
    case .origin: .refusal(.forbidden, "A page of another site has asked for this.")
    case .token:
      .refusal(.forbidden, "Open the console at the address that godwit serve has printed.")
    }
  }

  // MARK: What is asked for

  private func get(_ request: ConsoleRequest) -> Response {
    if let file = ConsolePage.file(request.path) { return .now(file) }
    let screen = "/novnc/"
    if request.path.hasPrefix(screen) {
      let name = String(request.path.dropFirst(screen.count))
      return .later { Self.part(ConsoleParts.screenScript(name), ConsolePage.script) }
    }
    switch request.path {
    case "/xterm.js": return .later { Self.part(ConsoleParts.terminalScript, ConsolePage.script) }
    case "/xterm.css": return .later { Self.part(ConsoleParts.terminalStyle, ConsolePage.style) }
    case "/api/now": return .later { () throws(SupervisorError) in try now() }
    case "/api/all": return .later { () throws(SupervisorError) in try all() }
    case "/api/writes":
      let names = (request.query["names"] ?? "").split(separator: ",").map { String($0) }
      return .later { .json(ConsoleGuests.writes(names.filter(ControlDirectory.isValid))) }
    case "/api/forecast":
      return .later { () throws(SupervisorError) in try forecast(request.query) }
    default: return .now(.missing)
    }
  }

  private func post(_ request: ConsoleRequest) -> Response {
    guard request.path == "/api/do" else { return .now(.missing) }
    guard let wish = JSON.decode(ConsoleWish.self, from: request.body) else {
      return .now(.failure(.badRequest, "the console does not understand this request"))
    }
    do throws(SupervisorError) { return .now(.json(try jobs.start(wish))) } catch {
      return .now(.failure(.conflict, error.message))
    }
  }

  private static func part(_ bytes: [UInt8]?, _ type: String) -> ConsoleAnswer {
    bytes.map { ConsoleAnswer($0, type: type) } ?? .missing
  }

  // MARK: The state

  /// What changes all the time.
  private struct Now: Encodable {
    /// As `godwit ps --json` prints it.
    let applications: String
    let jobs: [ConsoleJobs.Job]
  }

  private func now() throws(SupervisorError) -> ConsoleAnswer {
    // The jobs first: what one has done is in the list, then.
    let jobs = jobs.all
    return .json(Now(applications: try verbs.list(), jobs: jobs))
  }

  /// What takes a dialogue with other machines, or changes seldom.
  private struct All: Encodable {
    let hosts: [HostReport]
    let lists: [ListReport]
    /// As `godwit moves --json` and `godwit ls --json` print them.
    let moves: String
    let saved: String
  }

  private func all() throws(SupervisorError) -> ConsoleAnswer {
    .json(
      All(
        hosts: try machines.hosts(), lists: try machines.lists(),
        moves: String(decoding: try verbs.output(["moves", "--json"]), as: UTF8.self),
        saved: try snapshots.list(verbs)))
  }

  /// What a move would take, in words.
  private func forecast(_ query: [String: String]) throws(SupervisorError) -> ConsoleAnswer {
    guard let name = query["name"], let peer = query["peer"],
      [name, peer].allSatisfy(ControlDirectory.isValid)
    else { return .failure(.badRequest, "say name and peer") }
    let text = try verbs.ask(Verbs.migration(of: name, to: peer) + ["--dry-run", "--explain"])
    return .json(["forecast": String(decoding: text, as: UTF8.self)])
  }
}
