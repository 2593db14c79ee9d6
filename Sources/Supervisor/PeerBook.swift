import Base64Text
import HostABI
import JSONText
import PosixHost
import SupervisorMessages
import Synchronization

/// The machines that are trusted: whoever has one of these certificates, and nobody else.
final class PeerBook: Sendable {
  struct Peer: Sendable {
    let card: PeerCard
    /// DER.
    let certificate: [UInt8]

    var name: String { card.name }
    var entry: PeerEntry {
      PeerEntry(name: name, address: card.address, fingerprint: Fingerprint.text(certificate))
    }

    /// - Returns: nil for a card that none can have.
    init?(_ card: PeerCard) {
      guard ControlDirectory.isValid(name: card.name),
        card.address.map({ NetworkPlace($0) != nil }) ?? true,
        card.certificate.utf8.count <= Self.limit,
        let certificate = Base64.decode(Array(card.certificate.utf8)), !certificate.isEmpty
      else { return nil }
      (self.card, self.certificate) = (card, certificate)
    }

    /// Bytes of a certificate in Base64.
    private static let limit = 16 << 10
  }

  /// Bytes of the file.
  private static let limit: UInt64 = 4 << 20

  private let path: String
  private let peers: Mutex<[Peer]>

  init(_ directory: StateDirectory) throws(SupervisorError) {
    path = directory.peers
    peers = Mutex(try Self.read(path))
  }

  private static func read(_ path: String) throws(SupervisorError) -> [Peer] {
    let bytes: [UInt8]
    do throws(HostError) {
      let file = try InputFile(path)
      bytes = try file.read(at: 0, count: Int(min(file.size, limit)))
    } catch .notFound { return [] } catch { throw SupervisorError(path, error) }
    let cards = JSON.decode([PeerCard].self, from: bytes)
    guard let peers = cards?.map({ Peer($0) }), !peers.contains(where: { $0 == nil }) else {
      throw SupervisorError("\(path): it is not a list of peers")
    }
    return peers.compactMap(\.self)
  }

  var all: [Peer] { peers.withLock { $0 } }

  func peer(named name: String) throws(SupervisorError) -> Peer {
    guard let peer = all.first(where: { $0.name == name }) else {
      throw SupervisorError("there is no peer \(name): see godwit peer add")
    }
    return peer
  }

  /// The peer with this certificate; nil if there is none.
  func peer(with certificate: [UInt8]) -> Peer? { all.first { $0.certificate == certificate } }

  /// Trusts a machine from now on.
  ///
  /// - Parameter replaces: also in place of another one of its name.
  func pin(_ card: PeerCard, replaces: Bool) throws(SupervisorError) {
    guard let peer = Peer(card) else { throw SupervisorError("this is no card of a peer") }
    try change { (peers) throws(SupervisorError) in
      if let other = peers.first(where: { $0.name == peer.name }),
        other.certificate != peer.certificate, !replaces
      {
        throw SupervisorError(
          "there is a peer \(peer.name) with another certificate (\(other.entry.fingerprint)): say another name, or godwit peer rm \(peer.name)"
        )
      }
      if let other = peers.first(where: { $0.certificate == peer.certificate }),
        other.name != peer.name
      {
        throw SupervisorError("this machine is the peer \(other.name) already")
      }
      peers.removeAll { $0.name == peer.name }
      peers.append(peer)
    }
  }

  /// Trusts it no more.
  func unpin(_ name: String) throws(SupervisorError) {
    _ = try peer(named: name)
    try change { peers in peers.removeAll { $0.name == name } }
  }

  /// Changes the list here and in the file, or neither.
  private func change(_ body: (inout [Peer]) throws(SupervisorError) -> Void)
    throws(SupervisorError)
  {
    try peers.withLock { (peers) throws(SupervisorError) in
      var changed = peers
      try body(&changed)
      changed.sort { $0.name < $1.name }
      try write(changed)
      peers = changed
    }
  }

  private func write(_ peers: [Peer]) throws(SupervisorError) {
    do throws(HostError) {
      try AtomicFile.replace(path, with: Array((JSON.pretty(peers.map(\.card)) + "\n").utf8))
    } catch { throw SupervisorError(path, error) }
  }
}

/// `HOST:PORT`; an address of IPv6 is in brackets.
struct NetworkPlace: Sendable {
  let host: String
  let port: Int

  init(host: String, port: Int) { (self.host, self.port) = (host, port) }

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), text.utf8.count <= 300,
      let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    let isPlain = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
    guard !host.isEmpty, isPlain else { return nil }
    (self.host, self.port) = (String(host), Int(port))
  }
}
