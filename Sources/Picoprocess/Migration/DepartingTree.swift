import HostABI
import LibOS
import MigrationMessages
import PosixHost
import Snapshot

/// The root of a guest that is to go with it.
struct DepartingTree {
  private let tree: HostTree
  private let plan: CarryPlan
  private let bandwidth: Int?

  /// - Parameter root: absolute, without symbolic links.
  init(_ root: [UInt8], _ pace: MigrationPace) throws(Failure) {
    guard root != [UInt8(ascii: "/")] else {
      throw Failure("the guest's root is this machine's /, which does not travel")
    }
    plan = try CarryPlan(allOf: root)
    guard let tree = plan.trees[0] else { throw Failure("the guest has no root") }
    self.tree = tree
    bandwidth = pace.bandwidth
  }

  /// Sends what the receiver lacks of it.
  func send(over channel: MigrationChannel) throws(Failure) {
    let link = channel.link
    let files = try digested(link)
    for message in OfferedFiles.messages(files) { try link.send(.files(message)) }
    let wanted = try wanted(of: files, channel)
    let progress = Progress("sending the root", of: wanted.reduce(0) { $0 &+ ($1.size ?? 0) })
    let start = HostProcess.monotonicTime
    var sent: UInt64 = 0
    for file in wanted {
      try send(file, link) { count in
        sent += count
        progress.advance(by: count)
        guard let bandwidth else { return }
        let due = start + Int64(Double(sent) / Double(bandwidth) * 1e9)
        HostProcess.sleep(nanoseconds: min(due - HostProcess.monotonicTime, 1_000_000_000))
      }
    }
  }

  /// The files with the digests of their contents, without those that can't be read.
  private func digested(_ link: MigrationLink) throws(Failure) -> [OutsideFile] {
    var files: [OutsideFile] = []
    var leftOut = plan.leftOut
    for file in plan.files {
      var file = file
      if file.kind == .regular {
        try link.sayIdle()
        guard let digest = try? tree.digest(of: file.place.path) else {
          leftOut += 1
          continue
        }
        file.digest = digest
      }
      files.append(file)
    }
    if leftOut > 0 {
      Console.complain(
        "\(tree.shown(.here)): \(leftOut) files stay here: devices, sockets, other filesystems, or not to be read by this user"
      )
    }
    return files
  }

  private func wanted(of files: [OutsideFile], _ channel: MigrationChannel) throws(Failure)
    -> [OutsideFile]
  {
    var wanted: [OutsideFile] = []
    var next = 0
    while true {
      guard case .treeWanted(let message) = try channel.message() else {
        throw Failure("\(channel.link.peer): its messages are out of order")
      }
      guard message.last || !message.files.isEmpty else {
        throw Failure("\(channel.link.peer): it wants nothing, and more")
      }
      for number in message.files.map({ Int($0) }) {
        guard number >= next, number < files.count, files[number].kind == .regular else {
          throw Failure("\(channel.link.peer): it wants files that are not in the root")
        }
        wanted.append(files[number])
        next = number + 1
      }
      if message.last { return wanted }
    }
  }

  private func send(_ file: OutsideFile, _ link: MigrationLink, _ report: (UInt64) -> Void)
    throws(Failure)
  {
    let shown = tree.shown(file.place.path)
    let size = file.size ?? 0
    var end: UInt64 = 0
    try tree.forEachPiece(of: file.place.path, failure: { Failure(shown, $0) }) {
      (offset, bytes) throws(Failure) in
      end = offset + UInt64(bytes.byteCount)
      guard end <= size else { throw Failure("\(shown) changed while it was sent") }
      try link.send(bytes: bytes)
      report(UInt64(bytes.byteCount))
    }
    guard end == size else { throw Failure("\(shown) changed while it was sent") }
  }
}
