import HostABI
import LibOS
import Machine
import PosixHost
import UnicornEngine

/// A running guest, as a migration's negotiation needs it.
package struct GuestDescription: Sendable, Hashable, Codable {
  package struct Mount: Sendable, Hashable, Codable {
    package var host: [UInt8]
    package var guest: [UInt8]
    package var isReadOnly: Bool
  }

  package var name: String
  package var program: String
  package var isa: String
  /// Of all processors that the guest has used, as in a snapshot's header.
  package var features: [String]
  package var abiVersion: UInt32
  /// Bytes in use.
  package var memory: Int
  package var root: [UInt8]
  package var mounts: [Mount]
  /// As in `--publish`.
  package var published: [String]
  package var reachesOthers: Bool
  package var reachesLoopback: Bool
  package var isDeterministic: Bool
  /// Its connections to the outside; nil: of an older godwit.
  package var connections: Int?
  /// The migrations whose relays they go by, in hexadecimal digits.
  package var relays: [String]?
  /// It has the standard streams of its process.
  package var hasStreams: Bool?
  /// Who is attached to it.
  package var clients: Int?
  /// What supervisors know of it.
  package var passport: String?
  /// The copies that other machines have been sent; nil: of an older godwit.
  package var copies: [SentCopy]?

  /// Whether anything of its could have to be relayed once it has moved.
  var needsRelay: Bool {
    reachesOthers || reachesLoopback || !published.isEmpty || hasStreams ?? false
      || (clients ?? 0) > 0 || (connections ?? 0) > 0
  }
}

extension Picoprocess {
  var description: GuestDescription {
    var mounts: [GuestDescription.Mount] = []
    for case .host(let mount) in tree.mounts {
      mounts.append(
        GuestDescription.Mount(
          host: mount.host.path, guest: mount.guest, isReadOnly: mount.isReadOnly))
    }
    return GuestDescription(
      name: name, program: program, isa: kernel.isa.rawValue,
      features: machine.features.sorted(),
      abiVersion: Self.abiVersion, memory: machine.arena.bytesInUse,
      root: tree.lower?.path ?? Array("/".utf8), mounts: mounts,
      published: outside.published.map { PublishOption($0).description },
      reachesOthers: outside.reachesOthers, reachesLoopback: outside.reachesLoopback,
      isDeterministic: kernel.isDeterministic, connections: kernel.outsideConnections.count,
      relays: relays, hasStreams: options.console == nil, clients: attachments.count,
      passport: passport, copies: bases.sentCopies(machine.arena.firstWrites.value))
  }
}
