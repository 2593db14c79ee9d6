import Base64Text
import HostABI
import JSONText
import NIOCore
import NIOPosix
import PosixHost
import SupervisorMessages
import Synchronization

/// One for each user and machine: it knows the peers, makes links to them and hears theirs. It keeps nothing of what runs
/// here: applications are found where `godwit ps` finds them, by each supervisor anew.
package final class Supervisor: Sendable {
  private let options: SupervisorOptions
  private let facts: MachineFacts
  /// What this machine is called among its peers.
  private let name: String
  private let directory: StateDirectory
  private let credentials: Credentials
  private let peers: PeerBook
  private let verbs: Verbs
  private let dialer: PeerDialer
  private let suspended: SuspendedApplications
  private let policies: PolicyKeeper
  private let server: PeerServer
  private let group: MultiThreadedEventLoopGroup
  /// The port where peers are heard.
  private let port = Mutex<Int?>(nil)

  private init(_ options: SupervisorOptions) throws(SupervisorError) {
    self.options = options
    let facts = PosixHost().facts
    self.facts = facts
    name = options.name ?? facts.hostName
    directory = try StateDirectory()
    credentials = try Credentials(try Identity(directory))
    peers = try PeerBook(directory)
    verbs = Verbs(godwit: options.godwit)
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    dialer = PeerDialer(credentials: credentials, group: group)
    suspended = SuspendedApplications(directory, verbs)
    policies = PolicyKeeper(name, directory, verbs, PeerWatch(peers, dialer), suspended)
    server = PeerServer(credentials, peers, Grants(options.grants), verbs, policies) {
      [facts, policies] () throws(SupervisorError) in try policies.status(facts)
    }
  }

  /// Runs until it is told to end by a signal.
  ///
  /// - Parameter text: `SupervisorTask`, as JSON.
  /// - Returns: the exit status.
  package static func run(_ text: String) -> Int32 {
    do throws(SupervisorError) {
      switch JSON.decode(SupervisorTask.self, from: Array(text.utf8)) {
      case .serve(let options):
        // Before anything else is touched, so that there are never two of them.
        let listener = try Self.listen()
        try Supervisor(options).serve(listener)
        return 0
      case .checkPolicy(let file): return try PolicyQuestion.check(file) ? 0 : 1
      case .explainPolicy(let application): return try PolicyQuestion.explain(application) ? 0 : 1
      case nil: throw SupervisorError("this is godwit's own: run godwit serve")
      }
    } catch {
      Log.say(error.message)
      return 125
    }
  }

  private static func listen() throws(SupervisorError) -> ControlListener {
    do throws(HostError) {
      return try SupervisorPlace.directory().listen(as: SupervisorPlace.name)
    } catch .exists {} catch { throw SupervisorError("the directory of control sockets", error) }
    let other = try? SupervisorPlace.directory().connect(to: SupervisorPlace.name).peerProcess()
    throw SupervisorError(
      "a supervisor is running already" + (other.map { " (process \($0))" } ?? ""))
  }

  private func serve(_ listener: ControlListener) throws(SupervisorError) {
    if let listen = options.listen {
      guard let place = NetworkPlace(listen) else {
        throw SupervisorError("--listen \(listen): it is not HOST:PORT")
      }
      let bound = try server.listen(place, on: group)
      port.withLock { $0 = bound }
    }
    if let place = options.console { try openConsole(place) }
    let end = group.next().makePromise(of: Void.self)
    HostSignals.install(Self.endings, waking: PosixHost()) {
      if !HostSignals.takePending().isEmpty { end.succeed() }
    }
    let control = ControlServer(listener) { self.serve($0) }
    suspended.resumeAll()
    policies.start()
    // Starting has needed much that waiting does not.
    HostProcess.giveBackCode()
    _ = try? end.futureResult.wait()
    policies.stop()
    suspended.stop(options.onStop)
    control.stop()
  }

  private func openConsole(_ text: String) throws(SupervisorError) {
    guard let place = NetworkPlace(text) else {
      throw SupervisorError("--console \(text): it is not ADDRESS:PORT")
    }
    let isOpen = options.opensConsole
    let gate = try ConsoleGate(directory, hostName: isOpen ? facts.hostName : nil)
    let machines = ConsoleRoutes.Machines(
      hosts: { () throws(SupervisorError) in try self.hosts() },
      lists: { () throws(SupervisorError) in try self.lists() })
    let server = ConsoleServer(try ConsoleRoutes(gate, verbs, directory, machines))
    Log.say("console: \(try server.listen(place, isOpen: isOpen, on: group))")
  }

  /// SIGINT and SIGTERM.
  private static let endings: [Int32] = [2, 15]

  // MARK: Clients of this user

  private func serve(_ client: ControlConnection) {
    // What an answer has needed, waiting does not.
    defer { HostProcess.giveBackCode() }
    while let line = try? client.receive(timeout: 60_000_000_000) {
      do throws(SupervisorError) {
        guard let request = JSON.decode(SupervisorRequest.self, from: line) else {
          throw SupervisorError("the supervisor does not understand this request")
        }
        if case .link(let peer, let arguments) = request {
          let made = try link(to: peer, arguments)
          try? client.send(Self.line(.link), handing: made)
        } else {
          let answer = try answer(request)
          try? client.send(Self.line(answer), timeout: 10_000_000_000)
        }
      } catch {
        try? client.send(
          Self.line(.failed(error: error.message)), timeout: 10_000_000_000)
      }
    }
  }

  private static func line(_ answer: SupervisorAnswer) -> [UInt8] {
    Array(JSON.line(answer).utf8)
  }

  private func answer(_ request: SupervisorRequest) throws(SupervisorError) -> SupervisorAnswer {
    switch request {
    case .link: return .done
    case .identify:
      return .identity(
        card: card, fingerprint: Fingerprint.text(credentials.certificate),
        process: HostProcess.id)
    case .peers: return .peers(peers.all.map(\.entry))
    case .pin(let card, let replaces):
      try peers.pin(card, replaces: replaces)
      return .done
    case .probe(let address):
      let certificate = try dialer.probe(address)
      let card = PeerCard(
        name: "", address: address,
        certificate: String(decoding: Base64.encode(certificate), as: UTF8.self))
      return .identity(card: card, fingerprint: Fingerprint.text(certificate), process: 0)
    case .unpin(let peer):
      try peers.unpin(peer)
      server.drop(peer)
      return .done
    case .hosts: return .hosts(try hosts())
    case .list: return .lists(try lists())
    case .passport(let application, let peer, let isCopy):
      return .passport(
        try policies.passport(of: application, to: peer, isCopy: isCopy == true))
    case .confirmLoss(let peer): return .text(try policies.confirmLoss(of: peer))
    case .explain(let application): return .text(policies.explain(application))
    case .reload: return .mistakes(policies.reload())
    }
  }

  /// This machine, as others are to know it.
  private var card: PeerCard {
    PeerCard(
      name: name, address: address,
      certificate: String(decoding: Base64.encode(credentials.certificate), as: UTF8.self))
  }

  private var address: String? {
    if let address = options.address { return address }
    guard let port = port.withLock({ $0 }), let listen = options.listen,
      let colon = listen.lastIndex(of: ":")
    else { return nil }
    return "\(listen[..<colon]):\(port)"
  }

  /// - Returns: this user's end.
  private func link(to name: String, _ arguments: [String]) throws(SupervisorError) -> ByteLink {
    let (_, channel) = try PeerLink.outcome(
      dialer.ask(try peers.peer(named: name), .run(arguments: arguments)))
    let (ours, theirs): (ByteLink, ByteLink)
    do throws(HostError) { (ours, theirs) = try ByteLink.pair() } catch {
      channel.close(promise: nil)
      throw SupervisorError("a socket", error)
    }
    try PeerLink.outcome(PeerLink.join(channel, with: ours))
    return theirs
  }

  // MARK: All machines

  private func hosts() throws(SupervisorError) -> [HostReport] {
    let first = HostReport(
      name: name, isThisOne: true, status: try policies.status(facts), error: nil)
    return [first]
      + ask(.status).map { name, result in
        switch result {
        case .success(.status(let status)): HostReport(name: name, status: status, error: nil)
        case .success: HostReport(name: name, status: nil, error: "its answer is another one")
        case .failure(let error): HostReport(name: name, status: nil, error: error.message)
        }
      }
  }

  private func lists() throws(SupervisorError) -> [ListReport] {
    let first = ListReport(
      name: name, isThisOne: true, applications: try verbs.list(), error: nil)
    return [first]
      + ask(.list).map { name, result in
        switch result {
        case .success(.list(let list)): ListReport(name: name, applications: list, error: nil)
        case .success: ListReport(name: name, applications: nil, error: "its answer is another one")
        case .failure(let error): ListReport(name: name, applications: nil, error: error.message)
        }
      }
  }

  /// Asks all peers at once.
  private func ask(_ wish: PeerRequest.Wish) -> [(String, Result<PeerAnswer, SupervisorError>)] {
    peers.all.map { ($0.name, dialer.ask($0, wish)) }.map { name, future in
      do throws(SupervisorError) {
        let (answer, channel) = try PeerLink.outcome(future)
        channel.close(promise: nil)
        return (name, .success(answer))
      } catch { return (name, .failure(error)) }
    }
  }
}
