import FoundationEssentials
import MigrationMessages
import PosixHost
import Snapshot

/// What a sender asks for, once it is checked.
struct MigrationOffer {
  /// In hexadecimal digits.
  let migration: String
  let name: String
  let header: SnapshotHeader
  let formatVersion: UInt32
  /// Bytes of memory in use.
  let memory: UInt64
  /// The memory follows after the commit.
  let isPostCopy: Bool
  /// Its connections are to be relayed.
  let relays: Bool
  /// The migrations whose relays they go by already, in hexadecimal digits.
  let earlier: [String]
  /// What it had of its host.
  let remembered: RememberedHost
  /// Its root follows.
  let carriesRoot: Bool
  /// The mounts whose files follow, by their numbers in places, and what stands for each tree, in hexadecimal digits.
  let trees: [Int: String]
  /// What supervisors know of it.
  let passport: String?
  /// It is to be kept, and not to run.
  let isCopy: Bool
  /// It stays where it is, and so do its files.
  let isRehearsal: Bool

  private static let textLimit = 4096
  private static let featureLimit = 1024
  /// Relays, one behind the other, that connections may go by.
  private static let relayLimit = 64
  private static let passportLimit = 16 << 10

  /// - Throws: what is wrong with it, in one line.
  init(_ offer: Godwit_Migration_Offer) throws(Failure) {
    migration = try MigrationID.text(Array(offer.migration))
    guard ControlDirectory.isValid(name: offer.name) else {
      throw Failure("it offers a guest without a proper name")
    }
    guard offer.isa.utf8.count <= Self.textLimit, offer.features.count <= Self.featureLimit,
      offer.features.allSatisfy({ $0.utf8.count <= Self.textLimit })
    else { throw Failure("it offers a guest with impossible features") }
    name = offer.name
    formatVersion = offer.format
    memory = offer.memory
    carriesRoot = offer.carriesRoot
    isPostCopy = offer.postCopy
    isCopy = offer.copy
    isRehearsal = offer.rehearsal
    relays = offer.relay
    guard offer.relays.count <= Self.relayLimit else { throw Failure("it has moved too often") }
    var earlier: [String] = []
    for migration in offer.relays { earlier.append(try MigrationID.text(Array(migration))) }
    self.earlier = earlier
    var published: [PublishOption] = []
    for text in offer.published {
      guard let port = PublishOption(text) else { throw Failure("it offers an impossible port") }
      published.append(port)
    }
    let paths = [offer.root] + offer.mounts.flatMap { [$0.host, $0.guest] }
    guard paths.allSatisfy({ $0.count <= Self.textLimit && $0.first == 0x2F && !$0.contains(0) })
    else { throw Failure("it offers impossible directories") }
    remembered = RememberedHost(
      root: Array(offer.root),
      mounts: offer.mounts.map {
        RememberedHost.HostMount(
          host: Array($0.host), guest: Array($0.guest), isReadOnly: $0.readOnly)
      }, published: published.map(\.port))
    var trees: [Int: String] = [:]
    for mount in offer.carriedMounts {
      let number = Int(mount.number)
      guard number > 0, number <= offer.mounts.count, !offer.mounts[number - 1].readOnly,
        trees[number] == nil
      else { throw Failure("it offers the files of an impossible mount") }
      trees[number] = try MigrationID.text(Array(mount.tree))
    }
    self.trees = trees
    guard offer.passport.utf8.count <= Self.passportLimit else {
      throw Failure("it offers a guest with an impossible passport")
    }
    passport = offer.passport.isEmpty ? nil : offer.passport
    header = SnapshotHeader(
      guestISA: offer.isa, libraryOSVersion: "", abiVersion: offer.abi,
      requiredFeatures: Set(offer.features))
  }

  /// What the sender says of `guest`.
  static func message(
    _ guest: GuestDescription, _ migration: String, carriesRoot: Bool, relays: Bool
  )
    -> Godwit_Migration_Offer
  {
    var offer = Godwit_Migration_Offer()
    offer.migration = messageData(MigrationID.bytes(migration))
    offer.name = guest.name
    offer.program = guest.program
    offer.format = SnapshotHeader.currentFormatVersion
    offer.abi = guest.abiVersion
    offer.isa = guest.isa
    offer.features = guest.features
    offer.memory = UInt64(clamping: guest.memory)
    offer.root = messageData(guest.root)
    offer.mounts = guest.mounts.map { mount in
      var message = Godwit_Migration_Mount()
      message.host = messageData(mount.host)
      message.guest = messageData(mount.guest)
      message.readOnly = mount.isReadOnly
      return message
    }
    offer.published = guest.published
    offer.deterministic = guest.isDeterministic
    offer.carriesRoot = carriesRoot
    offer.relay = relays
    let earlier = (guest.relays ?? []).suffix(relayLimit)
    offer.relays = earlier.map { messageData(MigrationID.bytes($0)) }
    return offer
  }
}

/// The name of a migration: 16 random bytes.
enum MigrationID {
  private static let size = 16

  static func random() -> String {
    text((0..<size).map { _ in UInt8.random(in: .min ... .max) }[...])
  }

  /// In hexadecimal digits.
  static func text(_ bytes: [UInt8]) throws(Failure) -> String {
    guard bytes.count == size else { throw Failure("it names no migration") }
    return text(bytes[...])
  }

  static func text(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// - Parameter text: made by this type.
  static func bytes(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text.utf8 {
      let value = digit < 58 ? digit &- 48 : digit &- 87
      if let first = high {
        bytes.append(first << 4 | value & 15)
        high = nil
      } else {
        high = value & 15
      }
    }
    return bytes
  }
}
