/// What `godwit` has `godwit-supervisor` do: JSON, as its only argument.
package enum SupervisorTask: Sendable, Codable {
  case serve(SupervisorOptions)
  /// Say what is wrong with a policy file; nil: with the user's own.
  case checkPolicy(file: String?)
  /// Say in sentences what it means; for all names if there is no `application`.
  case explainPolicy(application: String?)
}

/// How to serve.
package struct SupervisorOptions: Sendable, Codable {
  /// The command that carries out what the supervisor decides.
  package var godwit: String
  /// What this machine is called among its peers; nil: by its host name.
  package var name: String?
  /// Where peers are heard, as in `0.0.0.0:7410`; port 0 is any free one; nil: nowhere.
  package var listen: String?
  /// What machines that dial this one are to call it; nil: as they reach it.
  package var address: String?
  /// What peers may ask for, besides asking what runs here.
  package var grants: [Grant] = []
  package var onStop = StopAction.leave
  /// Where browsers are heard, as in `127.0.0.1:7411`; nil: nowhere.
  package var console: String?
  /// The console may be where other machines reach it.
  package var opensConsole = false

  package init(godwit: String) { self.godwit = godwit }
}

/// Something of this machine that peers may have.
package enum Grant: Sendable, Hashable, Codable, CustomStringConvertible {
  /// A directory that arriving guests may have beneath their root.
  case root(String)
  /// A directory of which they may mount what is in it.
  case mount(String, isReadOnly: Bool)
  /// They may reach other machines.
  case net
  /// They may reach this machine's own programs, too.
  case loopback
  /// They may publish ports.
  case ports
  /// Peers may fetch what runs here.
  case fetch
  /// Their users may attach to it.
  case attach
  /// All of that, wherever it is: as over ssh.
  case all

  /// Parses `root:DIR`, `mount:DIR[:ro]`, `net`, `loopback`, `ports`, `fetch`, `attach` or `all`; DIR is absolute.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map { String($0) }
    switch (parts.first, parts.count) {
    case ("root", 2) where parts[1].hasPrefix("/"): self = .root(parts[1])
    case ("mount", 2) where parts[1].hasPrefix("/"):
      let isReadOnly = parts[1].hasSuffix(":ro")
      self = .mount(isReadOnly ? String(parts[1].dropLast(3)) : parts[1], isReadOnly: isReadOnly)
    case ("net", 1): self = .net
    case ("loopback", 1): self = .loopback
    case ("ports", 1): self = .ports
    case ("fetch", 1): self = .fetch
    case ("attach", 1): self = .attach
    case ("all", 1): self = .all
    default: return nil
    }
  }

  package var description: String {
    switch self {
    case .root(let path): "root:\(path)"
    case .mount(let path, let isReadOnly): "mount:\(path)" + (isReadOnly ? ":ro" : "")
    case .net: "net"
    case .loopback: "loopback"
    case .ports: "ports"
    case .fetch: "fetch"
    case .attach: "attach"
    case .all: "all"
    }
  }
}

/// What becomes of the applications when the supervisor is told to end (SIGTERM).
package enum StopAction: Sendable, Hashable, Codable, CustomStringConvertible {
  /// They run on.
  case leave
  /// They are suspended, and go on when a supervisor starts again.
  case suspend
  /// They move to this peer. What can't, is suspended.
  case evacuate(peer: String)

  /// Parses `leave`, `suspend` or `evacuate:PEER`.
  package init?(_ text: String) {
    switch text {
    case "leave": self = .leave
    case "suspend": self = .suspend
    default:
      guard text.hasPrefix(Self.evacuation), text != Self.evacuation else { return nil }
      self = .evacuate(peer: String(text.dropFirst(Self.evacuation.count)))
    }
  }

  private static let evacuation = "evacuate:"

  package var description: String {
    switch self {
    case .leave: "leave"
    case .suspend: "suspend"
    case .evacuate(let peer): Self.evacuation + peer
    }
  }
}
