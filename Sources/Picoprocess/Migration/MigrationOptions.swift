import HostABI
import PosixHost
package import Snapshot

/// How fast a guest is to be sent.
package struct MigrationPace: Sendable {
  /// Nanoseconds for which the guest may stand, if rounds can achieve it.
  package var maxPause: Int64 = 50_000_000
  /// Slow a guest with which they can't.
  package var throttles = false
  /// Bytes a second; nil: as many as the link carries.
  package var bandwidth: Int?
  package var compression: Compression?
  /// The guest runs there before its memory is there.
  package var postCopy = false
  /// What becomes of the guest's connections to the outside.
  package var connections = MovedConnections.relay
  /// How long new ones to its ports are relayed, if they are.
  package var forwarding = ForwardingTime.standard

  package init() {}

  /// What godwit is told that sends the guest `name`.
  ///
  /// - Parameters:
  ///   - withRoot: and its root.
  ///   - withMounts: and its writable mounts.
  func sendArguments(_ name: String, withRoot: Bool, withMounts: Bool) -> [String] {
    var words = [
      "send", "--protocol", "\(MigrationLink.versions.upperBound)", "--peer",
      PosixHost().facts.hostName, "--max-pause", "\(max(1, maxPause / 1_000_000))ms",
    ]
    if throttles { words += ["--on-busy", "throttle"] }
    if let bandwidth { words += ["--bandwidth-limit", "\(bandwidth)"] }
    if let compression { words += ["--compress", "\(compression)"] }
    words += ["--connections", connections.rawValue]
    if connections == .relay { words += ["--forward-for", "\(forwarding)"] }
    if postCopy { words.append("--post-copy") }
    if withRoot { words.append("--with-root") }
    if withMounts { words.append("--with-mounts") }
    return words + [name]
  }
}

/// What a guest gets on the machine that it goes to.
package struct MigrationOptions: Sendable {
  package var shell: RemoteShell
  /// Machines to which the relay that stays here may make links itself, when the guest has moved on to one of them.
  package var follow: [RemoteHost] = []
  /// The name that the guest has there; nil: as here.
  package var remoteName: String?
  /// The directory beneath its root there; nil: as here.
  package var remoteRoot: String?
  /// Its root goes with it.
  package var carriesRoot = false
  /// Where that is put there; nil: where the receiver puts such.
  package var remoteRootStore: String?
  package var remoteMounts: [MountOption] = []
  /// The files of its writable mounts go with it.
  package var carriesMounts = false
  /// The ports published there; empty: as here, unless `publishesNothing`.
  package var remotePublish: [PublishOption] = []
  package var publishesNothing = false
  /// What it reaches there; nil: as here.
  package var remoteReach: NetworkReach?

  package init(_ shell: RemoteShell) { self.shell = shell }

  /// What godwit is told that receives `guest`.
  ///
  /// - Parameter relays: its connections.
  func receiveArguments(_ guest: GuestDescription, relays: Bool) throws(Failure) -> [String] {
    var words = ["receive", "--protocol", "\(MigrationLink.versions.upperBound)"]
    words += ["--connections", relays ? "relay" : "reset"]
    if let remoteName { words += ["--name", remoteName] }
    if carriesRoot {
      words.append("--take-root")
      if let remoteRootStore { words += ["--root-store", remoteRootStore] }
    } else {
      words += ["--root", remoteRoot ?? String(decoding: guest.root, as: UTF8.self)]
    }
    if carriesMounts { words.append("--take-mounts") }
    for mount in guest.mounts {
      let place = String(decoding: mount.guest, as: UTF8.self)
      let named = remoteMounts.last { $0.guest == place }
      let host = named?.host ?? String(decoding: mount.host, as: UTF8.self)
      let isReadOnly = named?.isReadOnly ?? mount.isReadOnly
      words += ["--mount", "\(host):\(place)" + (isReadOnly ? ":ro" : "")]
    }
    if let stray = remoteMounts.first(where: { mount in
      !guest.mounts.contains { mount.isAt($0.guest) }
    }) {
      throw Failure(
        "--remote-mount \(stray.host):\(stray.guest): the guest has no mount at \(stray.guest)")
    }
    if publishesNothing {
      words.append("--no-publish")
    } else {
      for port in remotePublish.isEmpty ? guest.published : remotePublish.map(\.description) {
        words += ["--publish", port]
      }
    }
    switch remoteReach {
    case .some(.none): break
    case .some(.others): words.append("--net=-")
    case .some(.othersAndLoopback): words.append("--net=loopback")
    case nil:
      // Programs that listen on another machine's loopback addresses are others than those here.
      guard !guest.reachesLoopback else {
        throw Failure(
          "the guest reaches this machine's own programs: say what it reaches there, with --remote-net none, others or loopback"
        )
      }
      if guest.reachesOthers { words.append("--net=-") }
    }
    return words
  }
}
