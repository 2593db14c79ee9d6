import HostABI
import LibOS
import MigrationMessages
import PosixHost
import Snapshot

/// The writable mounts of a guest that are to go with it. Their files are sent while the guest runs, and what has changed
/// since once it stands.
final class DepartingMounts {
  /// By the numbers that the mounts have in places.
  private let trees: [Int: HostTree]
  private let records: [Int: TreeRecord]
  private let pace: MigrationPace
  private let digests = TreeDigests()
  /// What the receiver has been told.
  private var told: [OutsideFile.Place: OutsideFile] = [:]
  /// Those of which it has something else.
  private var stale: Set<OutsideFile.Place> = []

  /// Passes while the guest's memory was sent.
  private var laterPasses = 0

  /// Passes end with one that has fewer bytes to send, and after so many: those before the guest's memory is sent, and
  /// those between its rounds.
  private static let fewBytes: UInt64 = 1 << 20
  private static let passLimit = 5

  init(_ guest: GuestDescription, _ pace: MigrationPace) throws(Failure) {
    var trees: [Int: HostTree] = [:]
    var records: [Int: TreeRecord] = [:]
    for (index, mount) in guest.mounts.enumerated() where !mount.isReadOnly {
      guard mount.host != [UInt8(ascii: "/")] else {
        throw Failure("a mount of the guest is this machine's /, which does not travel")
      }
      trees[index + 1] = try withFailure(String(decoding: mount.host, as: UTF8.self)) {
        () throws(HostError) in try HostTree(mount.host)
      }
      records[index + 1] = TreeRecord.find(mount.host) ?? TreeRecord(tree: MigrationID.random())
    }
    self.trees = trees
    self.records = records
    self.pace = pace
  }

  /// As they are in an offer.
  var messages: [Godwit_Migration_CarriedMount] {
    records.sorted { $0.key < $1.key }.map { number, record in
      var message = Godwit_Migration_CarriedMount()
      message.number = UInt32(number)
      message.tree = messageData(MigrationID.bytes(record.tree))
      return message
    }
  }

  /// Sends what the receiver lacks, while the guest runs.
  func send(over channel: MigrationChannel) throws(Failure) {
    if trees.isEmpty { return }
    let files = try list(over: channel)
    tell(files, [])
    try answer(files, over: channel)
    var pass = 1
    while true {
      let changes = changes(to: try self.scan(channel))
      pass += 1
      let isSettled = Self.size(of: changes) < Self.fewBytes || pass >= Self.passLimit
      try send(changes, isSettled: isSettled, over: channel)
      if isSettled { return }
    }
  }

  /// Asks what the receiver lacks, and sends nothing.
  func rehearse(over channel: MigrationChannel) throws(Failure) -> FilesToGo {
    if trees.isEmpty { return FilesToGo() }
    let files = try list(over: channel)
    return FilesToGo(lacking: try TreeSending(channel, trees, pace).wanted(of: files), of: files)
  }

  /// Tells the receiver all files.
  private func list(over channel: MigrationChannel) throws(Failure) -> [OutsideFile] {
    let scan = try scan(channel)
    scan.sayWhatStays()
    for message in OfferedFiles.messages(scan.files) { try channel.link.send(.files(message)) }
    return scan.files
  }

  /// Sends what has changed while the guest's memory was sent. The guest runs.
  ///
  /// - Returns: whether that took so long that more may have changed.
  func sendMore(over channel: MigrationChannel) throws(Failure) -> Bool {
    if trees.isEmpty { return false }
    let changes = changes(to: try scan(channel))
    laterPasses += 1
    try send(changes, isSettled: false, over: channel)
    return Self.size(of: changes) >= Self.fewBytes && laterPasses < Self.passLimit
  }

  /// Sends what has changed since. The guest stands.
  func sendRest(over channel: MigrationChannel) throws(Failure) {
    if trees.isEmpty { return }
    let scan = try scan(channel)
    for (number, record) in records {
      guard let tree = trees[number] else { continue }
      var record = record
      record.left = TreeRecord.name(of: scan.files.filter { $0.place.mount == number })
      // Even if the guest stays: whatever it writes then makes that another directory than this one.
      record.save(for: tree.path)
    }
    try send(changes(to: scan), isSettled: true, over: channel)
    if let place = stale.min() {
      throw TreeSending(channel, trees, pace).changed(OutsideFile(place, .regular))
    }
  }

  // MARK: Passes

  private typealias Changes = (files: [OutsideFile], removed: [OutsideFile])

  private static func size(of changes: Changes) -> UInt64 {
    changes.files.reduce(0) { $0 &+ ($1.size ?? 0) }
  }

  private func scan(_ channel: MigrationChannel) throws(Failure) -> TreeScan {
    try TreeScan(trees, digests) { () throws(Failure) in try channel.link.sayIdle() }
  }

  private func changes(to scan: TreeScan) -> Changes {
    let files = scan.files.filter { told[$0.place] != $0 || stale.contains($0.place) }
    let now = Set(scan.files.map(\.place))
    let removed = told.keys.filter { !now.contains($0) }.sorted().map { OutsideFile($0, nil) }
    return (files, removed)
  }

  private func tell(_ files: [OutsideFile], _ removed: [OutsideFile]) {
    for file in removed { told[file.place] = nil }
    for file in files { told[file.place] = file }
  }

  private func send(_ changes: Changes, isSettled: Bool, over channel: MigrationChannel)
    throws(Failure)
  {
    for message in Self.messages(changes, isSettled: isSettled) {
      try channel.link.send(.treeChanges(message))
    }
    tell(changes.files, changes.removed)
    try answer(changes.files, over: channel)
  }

  private static func messages(_ changes: Changes, isSettled: Bool)
    -> [Godwit_Migration_TreeChanges]
  {
    var messages = OfferedFiles.messages(changes.removed).map { part in
      var message = Godwit_Migration_TreeChanges()
      message.removed = part.list
      return message
    }
    messages += OfferedFiles.messages(changes.files).map { part in
      var message = Godwit_Migration_TreeChanges()
      message.list = part.list
      return message
    }
    messages[messages.count - 1].last = true
    messages[messages.count - 1].settled = isSettled
    return messages
  }

  private func answer(_ files: [OutsideFile], over channel: MigrationChannel) throws(Failure) {
    let changed = try TreeSending(channel, trees, pace).answer(files, "sending mounts")
    stale = Set(changed.map(\.place))
  }
}
