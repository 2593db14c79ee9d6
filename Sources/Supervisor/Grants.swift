import HostABI
import PosixHost
import SupervisorMessages

/// What peers may have godwit do here. Its user has named it; a peer's own words count for nothing that is not granted.
struct Grants: Sendable {
  private let grants: [Grant]

  init(_ grants: [Grant]) { self.grants = grants }

  /// The arguments of godwit for a wish of `peer`, as far as they go here.
  ///
  /// - Throws: why the peer may not have that.
  func allow(_ arguments: [String], for peer: String) throws(SupervisorError) -> [String] {
    switch arguments.first {
    case "join": return try join(arguments, peer)
    case "receive": return try receive(arguments) + ["--peer", peer]
    case "relay": return try relay(arguments)
    case "send": return try send(arguments, peer)
    default: throw SupervisorError("a peer may not ask for that")
    }
  }

  private func has(_ grant: Grant) -> Bool { grants.contains(grant) || grants.contains(.all) }

  private func refusal(_ what: String, _ grant: String) -> SupervisorError {
    SupervisorError("\(what) is not granted: godwit serve --grant \(grant) there would")
  }

  // MARK: An arriving guest

  private func receive(_ arguments: [String]) throws(SupervisorError) -> [String] {
    var words = Words(arguments)
    var result = [words.next() ?? ""]
    var hasRoot = false
    while let option = words.next() {
      switch option {
      case "--protocol": result += [option, try words.number()]
      case "--connections": result += [option, try words.one(of: ["relay", "reset"])]
      case "--name": result += [option, try words.name()]
      case "--take-root":
        hasRoot = true
        result.append(option)
      case "--take-mounts", "--no-publish": result.append(option)
      case "--root-store":
        guard grants.contains(.all) else { throw refusal("a place for its root", "all") }
        result += [option, try words.path()]
      case "--root":
        hasRoot = true
        result += [option, try root(try words.path())]
      case "--mount": result += [option, try mount(try words.value())]
      case "--publish":
        let port = try words.value()
        guard has(.ports) else { throw refusal("port \(port)", "ports") }
        result += [option, port]
      case "--net=-":
        guard has(.net) || has(.loopback) else { throw refusal("the network", "net") }
        result.append(option)
      case "--net=loopback":
        guard has(.loopback) else { throw refusal("this machine's own network", "loopback") }
        result.append(option)
      default: throw SupervisorError("a peer may not ask for \(option)")
      }
    }
    // Without one it would be all of this machine.
    if !hasRoot { result.append("--take-root") }
    return result
  }

  private func root(_ path: String) throws(SupervisorError) -> String {
    let place = try resolve(path)
    let isGranted = grants.contains { grant in
      guard case .root(let root) = grant else { return grant == .all }
      return (try? resolve(root)) == place
    }
    guard isGranted else { throw refusal("the root \(path)", "root:\(path)") }
    return place
  }

  private func mount(_ text: String) throws(SupervisorError) -> String {
    var parts = text.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
    let isReadOnly = parts.count == 3 && parts[2] == "ro"
    if isReadOnly { parts.removeLast() }
    guard parts.count == 2, parts[0].hasPrefix("/") else {
      throw SupervisorError("'\(text)' is no mount")
    }
    let place = try resolve(parts[0])
    let isGranted = grants.contains { grant in
      guard case .mount(let granted, let onlyToRead) = grant else { return grant == .all }
      guard isReadOnly || !onlyToRead, let top = try? resolve(granted) else { return false }
      return place == top || place.hasPrefix(top == "/" ? top : top + "/")
    }
    guard isGranted else { throw refusal("the mount \(parts[0])", "mount:\(parts[0])") }
    return "\(place):\(parts[1])" + (isReadOnly ? ":ro" : "")
  }

  /// Where a path leads, so that no symbolic link leads out of what is granted. The last name of it may be missing.
  private func resolve(_ path: String) throws(SupervisorError) -> String {
    do throws(HostError) {
      return String(decoding: try HostProcess.resolve(path), as: UTF8.self)
    } catch .notFound {
      var parts = path.split(separator: "/").map { String($0) }
      guard let last = parts.popLast(), last != ".", last != ".." else {
        throw SupervisorError(path, HostError.notFound)
      }
      do throws(HostError) {
        let parent = try HostProcess.resolve("/" + parts.joined(separator: "/"))
        return String(decoding: parent, as: UTF8.self) + (parent == [0x2F] ? "" : "/") + last
      } catch { throw SupervisorError(path, error) }
    } catch { throw SupervisorError(path, error) }
  }

  // MARK: Others

  /// Who knows the name of a relay may join it: it is as long as a key.
  private func relay(_ arguments: [String]) throws(SupervisorError) -> [String] {
    var words = Words(arguments.dropFirst())
    let name = try words.name()
    let tail = Array(arguments.dropFirst(2))
    guard name.hasPrefix("relay-"), tail.isEmpty || tail == ["--shortcut"] else {
      throw SupervisorError("a peer may not ask for that")
    }
    return arguments
  }

  /// A user of the peer's who attaches.
  private func join(_ arguments: [String], _ peer: String) throws(SupervisorError) -> [String] {
    guard has(.attach) else { throw refusal("to attach to what runs here", "attach") }
    var words = Words(arguments.dropFirst())
    let name = try words.name()
    guard words.rest.isEmpty else { throw SupervisorError("a peer may not ask for that") }
    return ["join", name, "--machine", peer]
  }

  private func send(_ arguments: [String], _ peer: String) throws(SupervisorError) -> [String] {
    guard has(.fetch) else { throw refusal("to fetch what runs here", "fetch") }
    var words = Words(arguments.dropFirst())
    var result = ["send", "--destination", "peer://\(peer)"]
    while words.rest.count > 1, let option = words.next() {
      switch option {
      case "--protocol", "--max-pause", "--on-busy", "--bandwidth-limit", "--compress",
        "--connections", "--forward-for":
        result += [option, try words.value()]
      case "--peer": result += [option, try words.value()]
      case "--post-copy", "--with-root", "--with-mounts": result.append(option)
      default: throw SupervisorError("a peer may not ask for \(option)")
      }
    }
    return result + [try words.name()]
  }
}

/// The words of a peer, one after the other.
private struct Words {
  private(set) var rest: ArraySlice<String>

  init(_ words: some Collection<String>) { rest = Array(words)[...] }

  mutating func next() -> String? { rest.popFirst() }

  /// No option.
  mutating func value() throws(SupervisorError) -> String {
    guard let word = next(), !word.hasPrefix("-") else {
      throw SupervisorError("a peer's words are out of order")
    }
    return word
  }

  mutating func number() throws(SupervisorError) -> String {
    let word = try value()
    guard UInt32(word) != nil else { throw SupervisorError("'\(word)' is no number") }
    return word
  }

  mutating func one(of choices: Set<String>) throws(SupervisorError) -> String {
    let word = try value()
    guard choices.contains(word) else { throw SupervisorError("a peer may not ask for \(word)") }
    return word
  }

  mutating func name() throws(SupervisorError) -> String {
    let word = try value()
    guard ControlDirectory.isValid(name: word) else {
      throw SupervisorError("'\(word)' is not a name that a picoprocess can have")
    }
    return word
  }

  mutating func path() throws(SupervisorError) -> String {
    let word = try value()
    guard word.hasPrefix("/") else { throw SupervisorError("'\(word)' is no absolute path") }
    return word
  }
}
