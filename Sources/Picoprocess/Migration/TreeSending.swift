import HostABI
import LibOS
import Machine
import MigrationMessages
import PosixHost
import Snapshot

/// Sends the contents of files that a receiver lacks.
struct TreeSending {
  private let channel: MigrationChannel
  /// By their numbers in places.
  private let trees: [Int: HostTree]
  private let bandwidth: Int?

  private static let pieceSize = 256 << 10

  init(_ channel: MigrationChannel, _ trees: [Int: HostTree], _ pace: MigrationPace) {
    self.channel = channel
    self.trees = trees
    bandwidth = pace.bandwidth
  }

  /// Sends of `files`, which the receiver has been told, those that it wants.
  ///
  /// - Returns: those that were not any more what it has been told.
  func answer(_ files: [OutsideFile], _ title: String) throws(Failure) -> [OutsideFile] {
    let wanted = try wanted(of: files)
    let progress = Progress(title, of: wanted.reduce(0) { $0 &+ ($1.size ?? 0) })
    let start = HostProcess.monotonicTime
    var sent: UInt64 = 0
    var changed: [OutsideFile] = []
    for file in wanted {
      let isSame = try send(file) { count in
        sent += count
        progress.advance(by: count)
        guard let bandwidth else { return }
        let due = start + Int64(Double(sent) / Double(bandwidth) * 1e9)
        HostProcess.sleep(nanoseconds: min(due - HostProcess.monotonicTime, 1_000_000_000))
      }
      if !isSame { changed.append(file) }
    }
    return changed
  }

  /// The error for a file that is not any more what the receiver has been told.
  func changed(_ file: OutsideFile) -> Failure {
    let shown = trees[file.place.mount]?.shown(file.place.path) ?? ""
    return Failure("\(shown) changed while it was sent")
  }

  /// Those of `files`, which the receiver has been told, that it wants.
  func wanted(of files: [OutsideFile]) throws(Failure) -> [OutsideFile] {
    let peer = channel.link.peer
    var wanted: [OutsideFile] = []
    var next = 0
    while true {
      guard case .treeWanted(let message) = try channel.message() else {
        throw Failure("\(peer): its messages are out of order")
      }
      guard message.last || !message.files.isEmpty else {
        throw Failure("\(peer): it wants nothing, and more")
      }
      for number in message.files.map({ Int($0) }) {
        guard number >= next, number < files.count, files[number].kind == .regular,
          files[number].link == nil
        else { throw Failure("\(peer): it wants files that it was not told of") }
        wanted.append(files[number])
        next = number + 1
      }
      if message.last { return wanted }
    }
  }

  /// Sends as many bytes as were promised: zeroes where the file has fewer.
  ///
  /// - Returns: whether they are those that were promised.
  private func send(_ file: OutsideFile, _ report: (UInt64) -> Void) throws(Failure) -> Bool {
    guard let tree = trees[file.place.mount] else { return false }
    let handle = try? tree.open(file.place.path)
    defer { if let handle { tree.close(handle) } }
    var digest = DigestBuilder()
    var buffer = [UInt8](repeating: 0, count: Self.pieceSize)
    for stretch in file.stretches {
      if stretch.isHole {
        digest.append(zeroes: UInt64(stretch.range.count))
        continue
      }
      var offset = stretch.range.lowerBound
      while offset < stretch.range.upperBound {
        let rest = Int(clamping: stretch.range.upperBound - offset)
        var count = 0
        if let handle { count = (try? tree.read(handle, at: offset, into: &buffer)) ?? 0 }
        if count == 0 {
          count = buffer.count
          buffer = [UInt8](repeating: 0, count: count)
        }
        count = min(count, rest)
        digest.append(buffer[..<count])
        try buffer.withRawSpan { (bytes) throws(Failure) in
          try channel.link.send(bytes: bytes.extracting(0..<count))
        }
        report(UInt64(count))
        offset += UInt64(count)
      }
    }
    return digest.finish() == file.digest
  }
}
