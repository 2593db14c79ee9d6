import HostABI
import NIOHTTP1
import PosixHost

/// Whom the console answers: its own page, in a browser that has brought its token.
///
/// The token comes once, in the address that the user opens. From then on it is a cookie, which no script can read, and
/// which browsers do not send with what pages of other sites ask for.
struct ConsoleGate: Sendable {
  enum Refusal: Error {
    /// The request is for another machine: for a name that somebody has pointed here (DNS rebinding).
    case host
    /// A page of another site has made it.
    case origin
    case token
  }

  let token: String
  private let cookie: String
  /// What this machine is called, besides its addresses.
  private let names: [String]

  /// - Parameter hostName: that of this machine, if others may reach the console.
  init(_ directory: StateDirectory, hostName: String?) throws(SupervisorError) {
    let secret = try Self.secret(directory.consoleToken)
    // Browsers send cookies to all ports of a machine: those of several consoles differ by name.
    cookie = "godwit-" + secret.prefix(Self.nameLength)
    token = String(secret.dropFirst(Self.nameLength))
    names = ["localhost"] + (hostName.map { [$0.lowercased()] } ?? [])
  }

  /// Of one visitor who has brought the token.
  var welcome: String { "\(cookie)=\(token); Path=/; HttpOnly; SameSite=Strict" }

  // MARK: Requests

  /// Whether a request is from here and for here, whoever makes it.
  ///
  /// - Parameter changes: it does more than to show something, or is one for a socket.
  func checkPlace(_ headers: HTTPHeaders, changes: Bool) throws(Refusal) {
    let hosts = headers["host"]
    guard hosts.count == 1, isHere(hosts[0]) else { throw .host }
    let origins = headers["origin"]
    guard origins.isEmpty ? !changes : origins == ["http://" + hosts[0]] else { throw .origin }
  }

  /// Whether a page of the console has made it; the first one of all is asked for by none.
  func checkVisitor(_ headers: HTTPHeaders, isFirst: Bool) throws(Refusal) {
    guard cookies(headers).contains(where: isToken) else { throw .token }
    // `none` is the user.
    let sites = headers["sec-fetch-site"]
    guard isFirst || sites.allSatisfy({ ["same-origin", "none"].contains($0) }) else {
      throw .origin
    }
  }

  /// In a time that does not tell how much of it is right.
  func isToken(_ given: some StringProtocol) -> Bool {
    guard given.utf8.count == token.utf8.count else { return false }
    return zip(given.utf8, token.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private func cookies(_ headers: HTTPHeaders) -> [Substring] {
    headers["cookie"].flatMap { $0.split(separator: ";") }.compactMap { pair in
      let text = pair.drop { $0 == " " }
      return text.hasPrefix(cookie + "=") ? text.dropFirst(cookie.count + 1) : nil
    }
  }

  /// Nobody can point an address elsewhere. The port may be another one, as with `ssh -L`.
  private func isHere(_ host: String) -> Bool {
    if host.hasPrefix("["), let end = host.lastIndex(of: "]") {
      return NetworkAddress.ipv6(host[..<end].dropFirst()) != nil
    }
    let name = host.prefix { $0 != ":" }.lowercased()
    return names.contains(name) || NetworkAddress.ipv4(name) != nil
  }

  // MARK: The secret

  private static let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
  private static let nameLength = 8
  /// Five bits each.
  private static let tokenLength = 52

  /// What is in the file, which is made if it is not there.
  private static func secret(_ path: String) throws(SupervisorError) -> String {
    do throws(PrivateFile.ReadError) {
      return try valid(try PrivateFile.read(path))
    } catch .host(.notFound) {} catch { throw SupervisorError(path, error) }
    let made = (0..<nameLength + tokenLength).map { _ in letters.randomElement()! }
    do throws(HostError) { try PrivateFile.create(path, Array(String(made).utf8)) } catch {
      throw SupervisorError(path, error)
    }
    return String(made)
  }

  private static func valid(_ bytes: [UInt8]) throws(PrivateFile.ReadError) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.count == nameLength + tokenLength, text.allSatisfy(letters.contains) else {
      throw .notASecret
    }
    return text
  }
}
