import HostABI
import LibOS
import MigrationMessages
import PosixHost

/// The root of a guest that is to go with it.
struct DepartingTree {
  private let tree: HostTree
  private let pace: MigrationPace

  /// - Parameter root: absolute, without symbolic links.
  init(_ root: [UInt8], _ pace: MigrationPace) throws(Failure) {
    guard root != [UInt8(ascii: "/")] else {
      throw Failure("the guest's root is this machine's /, which does not travel")
    }
    tree = try withFailure(String(decoding: root, as: UTF8.self)) { () throws(HostError) in
      try HostTree(root)
    }
    self.pace = pace
  }

  /// Sends what the receiver lacks of it.
  func send(over channel: MigrationChannel) throws(Failure) {
    let files = try list(over: channel)
    let sending = TreeSending(channel, [0: tree], pace)
    let changed = try sending.answer(files, "sending the root")
    if let file = changed.first { throw sending.changed(file) }
  }

  /// Asks what the receiver lacks of it, and sends nothing.
  func rehearse(over channel: MigrationChannel) throws(Failure) -> FilesToGo {
    let files = try list(over: channel)
    let wanted = try TreeSending(channel, [0: tree], pace).wanted(of: files)
    return FilesToGo(lacking: wanted, of: files)
  }

  /// Tells the receiver all of its files.
  private func list(over channel: MigrationChannel) throws(Failure) -> [OutsideFile] {
    let scan = try TreeScan([0: tree], TreeDigests()) { () throws(Failure) in
      try channel.link.sayIdle()
    }
    scan.sayWhatStays()
    for message in OfferedFiles.messages(scan.files) { try channel.link.send(.files(message)) }
    return scan.files
  }
}

extension TreeScan {
  /// Tells the user what does not travel.
  func sayWhatStays() {
    guard let summary = leftOut.summary else { return }
    Console.complain(
      "these files stay here, on other filesystems or not to be read by this user: \(summary)")
  }
}
