import HostABI
import PosixHost

/// A directory of this host, or a file, that a guest's mount arrives for. What comes is beside it until it is whole; what
/// was there, until it is known that the guest runs here.
final class StagedMount {
  /// Absolute, without symbolic links.
  let path: [UInt8]
  /// Beneath the directory that it is in.
  let maker: TreeMaker
  /// Whether there is something.
  let exists: Bool
  private let name: RelativePath
  private let stage: RelativePath
  /// Nil: nothing is to come.
  private let lock: FileLock?
  private var isActive = false

  private static func child(_ name: String) -> FileName { FileName(name.utf8)! }

  /// Where what comes is made.
  var incoming: RelativePath { stage.appending(Self.child("incoming")) }
  private var previous: RelativePath { stage.appending(Self.child("previous")) }

  /// The same, as a path.
  var incomingPath: String { maker.text(stage) + "/incoming" }

  /// - Parameters:
  ///   - target: the directory, as this end's user names it. It may be missing.
  ///   - isRehearsal: it is only looked whether something could come.
  init(_ target: String, isRehearsal: Bool = false) throws(Failure) {
    let path = try Self.resolve(target)
    let end = path.lastIndex(of: UInt8(ascii: "/")) ?? 0
    guard let last = FileName(path[(end + 1)...]),
      let staged = FileName([UInt8(ascii: ".")] + last.bytes + Array(".godwit".utf8))
    else { throw Failure("\(target): a guest's files can't be put there") }
    let parent = end == 0 ? [UInt8(ascii: "/")] : Array(path[..<end])
    let shown = String(decoding: path[..<end], as: UTF8.self)
    let maker = try withFailure(target) { () throws(HostError) in
      try TreeMaker(shown, parent, isWritable: true)
    }
    self.path = path
    self.maker = maker
    name = RelativePath(last)
    stage = RelativePath(staged)
    if isRehearsal {
      lock = nil
      try Self.requireFree(name, stage, maker)
    } else {
      lock = try Self.prepare(stage, maker)
      try Self.recover(name, stage, maker)
    }
    exists = maker.has(name)
    maker.destination = (incoming, name)
    do throws(Failure) { if exists { try requireReplaceable() } } catch {
      giveUp()
      throw error
    }
  }

  deinit { withExtendedLifetime(lock) {} }

  private static func resolve(_ target: String) throws(Failure) -> [UInt8] {
    if let path = try? HostProcess.resolve(target) { return path }
    var bytes = Array(target.utf8)
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    let end = bytes.lastIndex(of: UInt8(ascii: "/"))
    let parent = end.map { $0 == 0 ? "/" : String(decoding: bytes[..<$0], as: UTF8.self) } ?? "."
    let found = try withFailure(target) { () throws(HostError) in try HostProcess.resolve(parent) }
    return (found == [UInt8(ascii: "/")] ? [] : found) + [UInt8(ascii: "/")]
      + bytes[(end.map { $0 + 1 } ?? 0)...]
  }

  /// Makes the directory for what comes, and takes it for this process.
  private static func prepare(_ stage: RelativePath, _ maker: TreeMaker) throws(Failure) -> FileLock
  {
    try maker.naming(stage) { () throws(HostError) in
      do throws(HostError) {
        try maker.host.makeDirectory(at: maker.name(stage), permissions: 0o700)
      } catch .exists {
        let attributes = try maker.host.attributes(at: maker.name(stage))
        // Nobody else may have a hand in it.
        guard attributes.kind == .directory, attributes.userID == HostProcess.userID,
          attributes.permissions & 0o022 == 0
        else { throw .exists }
      }
    }
    return try takeLock(stage, maker, creates: true)
  }

  private static func takeLock(_ stage: RelativePath, _ maker: TreeMaker, creates: Bool)
    throws(Failure) -> FileLock
  {
    let path = maker.text(stage) + "/lock"
    do throws(HostError) {
      return try FileLock(path, .exclusive, creates: creates, waits: false)
    } catch .wouldBlock {
      throw Failure("\(maker.text(stage)): another guest is arriving there")
    } catch { throw Failure(path, error) }
  }

  /// Refuses a place that another arrival has, or has left in doubt, and changes nothing.
  private static func requireFree(
    _ name: RelativePath, _ stage: RelativePath, _ maker: TreeMaker
  ) throws(Failure) {
    guard maker.has(stage) else { return }
    if maker.has(stage.appending(child("lock"))) {
      _ = try takeLock(stage, maker, creates: false)
    }
    let previous = stage.appending(child("previous"))
    if maker.has(previous), maker.has(name) { throw inDoubt(name, previous, maker) }
  }

  private static func inDoubt(
    _ name: RelativePath, _ previous: RelativePath, _ maker: TreeMaker
  ) -> Failure {
    Failure(
      "\(maker.text(previous)): what was in \(maker.text(name)) before a guest came whose migration was left in doubt: remove it, or put it back"
    )
  }

  /// Ends what an arrival has begun that was killed.
  private static func recover(_ name: RelativePath, _ stage: RelativePath, _ maker: TreeMaker)
    throws(Failure)
  {
    let incoming = stage.appending(child("incoming"))
    let previous = stage.appending(child("previous"))
    if maker.has(previous) {
      guard !maker.has(name) else { throw inDoubt(name, previous, maker) }
      try maker.naming(name) { () throws(HostError) in
        try maker.host.rename(maker.name(previous), to: maker.name(name), .exclusive)
      }
    }
    if maker.has(incoming) { try maker.remove(incoming) }
  }

  private func requireReplaceable() throws(Failure) {
    let (target, parent) = try maker.naming(name) { () throws(HostError) in
      (
        try maker.host.attributes(at: maker.name(name)),
        try maker.host.attributes(at: maker.name(.here))
      )
    }
    guard target.kind == .directory || target.kind == .regular else {
      throw Failure("\(maker.text(name)): it is neither a directory nor a regular file")
    }
    guard target.device == parent.device else {
      throw Failure(
        "\(maker.text(name)): a filesystem is mounted there, which can't be replaced: name a directory in it"
      )
    }
  }

  // MARK: The end

  /// Puts what has come in its place.
  func activate() throws(Failure) {
    if exists {
      try maker.naming(name) { () throws(HostError) in
        try maker.host.rename(maker.name(name), to: maker.name(previous), .exclusive)
      }
    }
    do throws(Failure) {
      try maker.naming(name) { () throws(HostError) in
        try maker.host.rename(maker.name(incoming), to: maker.name(name), .exclusive)
      }
    } catch {
      if exists { try? maker.host.rename(maker.name(previous), to: maker.name(name), .exclusive) }
      throw error
    }
    isActive = true
  }

  /// The guest runs here: what was there before goes.
  func keep() { try? maker.remove(stage) }

  /// The guest does not: what was there before is there again.
  func giveUp() {
    if lock == nil { return }
    if isActive {
      isActive = false
      guard
        (try? maker.host.rename(maker.name(name), to: maker.name(incoming), .exclusive)) != nil
      else { return }
      if exists {
        guard
          (try? maker.host.rename(maker.name(previous), to: maker.name(name), .exclusive)) != nil
        else { return }
      }
    }
    try? maker.remove(stage)
  }
}
