internal import FoundationEssentials
internal import HostABI
internal import PosixHost

/// logind over D-Bus, by busctl(1) and other programs that speak it.
package final class BusctlLogind: Logind {
  /// What comes before each command.
  private let prefix: [String]
  private var bell: Bell?

  /// - Parameter prefix: for example env(1) with the address of a bus.
  package init(prefix: [String] = []) {
    self.prefix = prefix
    bell = Bell(prefix)
  }

  private static let service = "org.freedesktop.login1"

  package func state() -> LogindState? {
    guard
      let manager = properties(
        "/org/freedesktop/login1", "Manager",
        ["PreparingForSleep", "PreparingForShutdown", "InhibitDelayMaxUSec", "LidClosed"])
    else { return nil }
    var state = LogindState()
    state.preparesForSleep = manager["PreparingForSleep"]?.flag ?? false
    state.preparesForShutdown = manager["PreparingForShutdown"]?.flag ?? false
    state.longestDelay = manager["InhibitDelayMaxUSec"]?.number ?? state.longestDelay
    state.lidIsClosed = manager["LidClosed"]?.flag ?? false
    let user = properties(
      "/org/freedesktop/login1/user/self", "User", ["State", "IdleHint", "IdleSinceHint"])
    let idle =
      user ?? properties("/org/freedesktop/login1", "Manager", ["IdleHint", "IdleSinceHint"])
    state.isIdle = idle?["IdleHint"]?.flag
    state.idleSince = idle?["IdleSinceHint"]?.number
    state.isActive = user?["State"]?.text.map { $0 == "active" }
    return state
  }

  package func hasNews() -> Bool { bell?.hasRung() ?? false }

  package var descriptor: Int32? { bell?.descriptor }

  /// Properties of an object; nil if there are none, or nobody answers.
  private func properties(_ object: String, _ interface: String, _ names: [String]) -> [String:
    BusValue]?
  {
    let command =
      ["busctl", "--system", "--json=short", "--timeout=2", "get-property", Self.service, object]
      + ["\(Self.service).\(interface)"]
    if let values = Self.values(prefix + command + names), values.count == names.count {
      return Dictionary(uniqueKeysWithValues: zip(names, values))
    }
    // It tells none of them if one is missing.
    var found: [String: BusValue] = [:]
    for name in names {
      if let value = Self.values(prefix + command + [name])?.first { found[name] = value }
    }
    return found.isEmpty ? nil : found
  }

  /// One for each line that a command writes; nil if it fails.
  private static func values(_ command: [String]) -> [BusValue]? {
    guard let output = output(of: command) else { return nil }
    return output.split(separator: UInt8(ascii: "\n")).map {
      BusValue($0) ?? BusValue()
    }
  }

  /// Nanoseconds.
  private static let patience: Int64 = 3_000_000_000
  private static let outputLimit = 1 << 16

  /// What a command writes; nil if it fails or takes too long.
  private static func output(of command: [String]) -> [UInt8]? {
    guard let (process, link) = try? LinkProcess.start(silent(command)) else { return nil }
    let deadline = HostProcess.monotonicTime + patience
    var output: [UInt8] = []
    while output.count <= outputLimit {
      let rest = deadline - HostProcess.monotonicTime
      guard rest > 0, let piece = try? link.read(1 << 14, timeout: rest) else { break }
      if piece.isEmpty {
        return process.end(within: patience) == 0 ? output : nil
      }
      output += piece
    }
    _ = process.end(within: 0)
    return nil
  }

  /// The command without its standard error: that there is no logind is no error here.
  static func silent(_ command: [String]) -> [String] {
    ["sh", "-c", "exec \"$@\" 2>/dev/null", "sh"] + command
  }

  /// Says that something happened, and not what: any word of a program that listens to logind. busctl(1) may do so only for
  /// root on the bus of most machines, so that others are tried.
  private final class Bell {
    private var candidates: [[String]]
    private var listener: (process: LinkProcess, link: ByteLink)?

    init(_ prefix: [String]) {
      // Its signals only: who heard the questions that are put to it would go on to ask for ever.
      let signals = "type='signal',sender='\(BusctlLogind.service)'"
      candidates = [
        ["busctl", "--system", "--json=short", "--match=\(signals)", "monitor"],
        ["gdbus", "monitor", "--system", "--dest", BusctlLogind.service],
        ["dbus-monitor", "--system", signals],
      ].map { prefix + $0 }
      startNext()
    }

    deinit { stop() }

    var descriptor: Int32? { listener?.link.descriptor }

    func hasRung() -> Bool {
      var hasRung = false
      while let link = listener?.link {
        do throws(HostError) {
          guard let piece = try link.readSome(1 << 16) else { return hasRung }
          if piece.isEmpty { startNext() }
        } catch { startNext() }
        hasRung = true
      }
      return hasRung
    }

    private func startNext() {
      stop()
      while listener == nil, !candidates.isEmpty {
        listener = try? LinkProcess.start(BusctlLogind.silent(candidates.removeFirst()))
      }
    }

    private func stop() {
      guard let (process, link) = listener else { return }
      listener = nil
      link.close()
      _ = process.end(within: 0)
    }
  }
}

/// A value as busctl(1) writes it.
private struct BusValue: Decodable {
  var flag: Bool?
  var number: Int64?
  var text: String?

  private enum Key: CodingKey { case data }

  init() {}

  init?(_ line: ArraySlice<UInt8>) {
    guard let value = try? JSONDecoder().decode(BusValue.self, from: Data(line)) else { return nil }
    self = value
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    flag = try? container.decode(Bool.self, forKey: .data)
    number = try? container.decode(Int64.self, forKey: .data)
    text = try? container.decode(String.self, forKey: .data)
  }
}

/// Has logind wait with sleep and shutdown, for at most its `InhibitDelayMaxUSec`, until this is released.
package final class SleepInhibitor {
  private let process: LinkProcess
  private let link: ByteLink
  private var isReleased = false

  /// - Returns: nil if logind can't be asked.
  package init?(prefix: [String] = [], why: String) {
    // cat(1) ends with its input, also if this process is killed, and with it the inhibitor.
    let command = [
      "systemd-inhibit", "--what=sleep:shutdown", "--mode=delay", "--who=godwit", "--why=\(why)",
      "cat",
    ]
    guard let started = try? LinkProcess.start(BusctlLogind.silent(prefix + command)) else {
      return nil
    }
    (process, link) = started
  }

  deinit { release() }

  /// Lets logind go on.
  package func release() {
    guard !isReleased else { return }
    isReleased = true
    link.close()
    _ = process.end(within: 2_000_000_000)
  }
}
