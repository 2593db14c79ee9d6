import HostABI
import PosixHost

/// The sources of the environment of a guest's first program, in this order.
package struct EnvironmentOptions: Sendable {
  /// All of the host's environment (`--env-host`).
  package var includesHost = false
  /// Files of settings (`--env-file`).
  package var files: [String] = []
  /// Settings (`--env`): `NAME=value`, or `NAME` for the host's value.
  package var settings: [String] = []

  package init() {}

  /// Whether `text` has the form of a setting.
  package static func isSetting(_ text: String) -> Bool { !text.isEmpty && !text.hasPrefix("=") }
}

/// The environment of a guest's first program: strings `NAME=value`.
struct GuestEnvironment {
  private(set) var strings: [[UInt8]]
  private let host: [[UInt8]]

  private static let equals = UInt8(ascii: "=")
  private static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The environment of a guest without options for it.
  enum Base {
    /// For a guest that sees the host's tree: the host's environment, as for any program of the host.
    case inherited
    /// For a guest with its own root: nothing of the host's environment, which may contain secrets that would
    /// get into snapshots.
    case clean(hostName: String, isOnTerminal: Bool)
    /// For a deterministic run: only what is given explicitly.
    case deterministic
  }

  init(_ base: Base, _ options: EnvironmentOptions, host: [[UInt8]]) throws(Failure) {
    self.host = host
    strings = []
    switch base {
    case .inherited: strings = host
    case .deterministic: set("PATH=\(Self.searchPath)")
    case .clean(let hostName, let isOnTerminal):
      set("PATH=\(Self.searchPath)")
      set("HOME=/root")
      set("HOSTNAME=\(hostName)")
      if isOnTerminal {
        // A detached guest's terminal is there even if nobody here has one.
        set("TERM=xterm")
        if value(of: "TERM", in: host) != nil { apply(Array("TERM".utf8)) }
      }
    }
    if options.includesHost { for string in host { set(string) } }
    for file in options.files { try read(file) }
    for setting in options.settings { apply(Array(setting.utf8)) }
  }

  /// The default search path for programs.
  var path: [UInt8] { value(of: "PATH", in: strings) ?? Array(Self.searchPath.utf8) }

  private func value(of name: some Collection<UInt8>, in strings: [[UInt8]]) -> [UInt8]? {
    let key = Array(name) + [Self.equals]
    return strings.first { $0.starts(with: key) }.map { Array($0.dropFirst(key.count)) }
  }

  private func value(of name: String, in strings: [[UInt8]]) -> [UInt8]? {
    value(of: name.utf8, in: strings)
  }

  /// `NAME=value` sets a variable; `NAME` copies the host's, if it is set there.
  private mutating func apply(_ setting: [UInt8]) {
    if setting.contains(Self.equals) { return set(setting) }
    strings.removeAll { $0.starts(with: setting + [Self.equals]) }
    if let value = value(of: setting, in: host) { set(setting + [Self.equals] + value) }
  }

  private mutating func set(_ string: String) { set(Array(string.utf8)) }

  private mutating func set(_ string: [UInt8]) {
    let key = string.prefix { $0 != Self.equals } + [Self.equals]
    strings.removeAll { $0.starts(with: key) }
    strings.append(string)
  }

  /// One setting per line; empty lines and lines that start with `#` are skipped.
  private mutating func read(_ path: String) throws(Failure) {
    let text = try withFailure(path) { () throws(HostError) in
      try InputFile(path).contents(limit: 1 << 20)
    }
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      var line = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      guard line.first != Self.equals, !line.contains(0) else {
        throw Failure("\(path):\(index + 1): not NAME=VALUE or NAME")
      }
      apply(Array(line))
    }
  }
}
