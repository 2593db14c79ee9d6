import PosixHost

/// Another machine, as people name it: `ssh://[USER@]HOST[:PORT]`, or `peer://NAME` or `NAME` for a peer of this user's
/// supervisor.
package struct RemoteHost: Sendable, Hashable, Codable, CustomStringConvertible {
  package let user: String?
  /// The name of a peer.
  package let host: String
  package let port: UInt16?
  /// The supervisor makes links to it, else ssh.
  package let isPeer: Bool

  private static let scheme = "ssh://"
  private static let peerScheme = "peer://"

  /// A peer of the supervisor.
  private init?(peer name: String) {
    guard ControlDirectory.isValid(name: name) else { return nil }
    (user, host, port, isPeer) = (nil, name, nil, true)
  }

  /// - Parameter text: an address of IPv6 is in brackets.
  /// - Returns: nil for anything that ssh(1) could take for something else.
  package init?(_ text: String) {
    guard text.hasPrefix(Self.scheme) else {
      let isFull = text.hasPrefix(Self.peerScheme)
      let name = isFull ? String(text.dropFirst(Self.peerScheme.count)) : text
      guard let peer = RemoteHost(peer: name) else { return nil }
      self = peer
      return
    }
    isPeer = false
    var rest = text.dropFirst(Self.scheme.count)
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    if let at = rest.lastIndex(of: "@") {
      let user = rest[..<at]
      guard Self.isPlain(user, "._-+@") else { return nil }
      self.user = String(user)
      rest = rest[rest.index(after: at)...]
    } else {
      user = nil
    }
    var port: Substring?
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      let address = rest[rest.index(after: rest.startIndex)..<end]
      guard Self.isPlain(address, ".:%-_") else { return nil }
      host = String(address)
      let tail = rest[rest.index(after: end)...]
      guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
      port = tail.isEmpty ? nil : tail.dropFirst()
    } else {
      let colon = rest.firstIndex(of: ":")
      let name = rest[..<(colon ?? rest.endIndex)]
      guard Self.isPlain(name, "._-") else { return nil }
      host = String(name)
      port = colon.map { rest[rest.index(after: $0)...] }
    }
    if let port {
      guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = UInt16(port), number > 0
      else { return nil }
      self.port = number
    } else {
      self.port = nil
    }
  }

  /// Letters, digits and what is in `others`, and no `-` in front, which would make it an option.
  private static func isPlain(_ text: Substring, _ others: String) -> Bool {
    !text.isEmpty && !text.hasPrefix("-")
      && text.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
          || others.unicodeScalars.contains($0)
      }
  }

  package var description: String {
    if isPeer { return Self.peerScheme + host }
    let place = host.contains(":") ? "[\(host)]" : host
    return Self.scheme + (user.map { "\($0)@" } ?? "") + place + (port.map { ":\($0)" } ?? "")
  }

  /// The name of a file about it, in which another machine's can't be.
  package var fileName: String {
    isPeer ? Self.peerFile + host : String(description.dropFirst(Self.scheme.count))
  }

  /// No machine of ssh has this in its name.
  private static let peerFile = "peer="

  package init?(fileName: String) {
    if fileName.hasPrefix(Self.peerFile) {
      self.init(peer: String(fileName.dropFirst(Self.peerFile.count)))
    } else {
      self.init(Self.scheme + fileName)
    }
  }

  /// A guest there, as people name it: `ssh://[USER@]HOST[:PORT]/NAME`, or `[peer://]PEER/NAME`.
  package static func guest(_ text: String) -> (host: RemoteHost, name: String)? {
    guard let slash = text.lastIndex(of: "/"),
      let host = RemoteHost(String(text[..<slash]))
    else { return nil }
    let name = String(text[text.index(after: slash)...])
    return ControlDirectory.isValid(name: name) ? (host, name) : nil
  }

  /// What stands behind `ssh` to run `command` there.
  func arguments(_ command: String) -> [String] {
    (port.map { ["-p", "\($0)"] } ?? []) + [(user.map { "\($0)@" } ?? "") + host, command]
  }
}
