import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

/// Has a picoprocess watch how its guest writes memory, while this process does something else.
struct MemoryWatch {
  private let connection: ControlConnection

  /// For how long the command watches that has nothing else to do, in nanoseconds.
  static let longest: Int64 = 1_000_000_000

  /// - Returns: nil if the picoprocess can't be asked.
  init?(_ name: String, _ client: ControlClient) {
    guard let connection = try? client.send(.watch(time: Self.longest), to: name) else {
      return nil
    }
    self.connection = connection
  }

  /// Ends it.
  ///
  /// - Parameter early: before its time.
  /// - Returns: what was seen; nil: nothing, as by an older picoprocess.
  func end(early: Bool) -> MemoryActivity? {
    if early { try? connection.send(Array("\"enough\"".utf8), timeout: 0) }
    let answer = try? ControlClient.answer(connection, Self.longest * 2)
    guard case .watched(let activity)? = answer, activity.isPossible else { return nil }
    return activity
  }
}

extension Picoprocess {
  /// Chunks by which is told how well memory compresses.
  private static let sampleCount = 16

  /// Begins to tell pages that are written from now on. The thread that serves the client looks how many there are.
  func watchMemory(for letter: Mailbox.Letter) {
    let arena = machine.arena
    guard arena.beginEpoch() else {
      letter.progress = .answered(.failed(error: "its memory can't be watched any more"))
      return
    }
    letter.watch = Mailbox.Letter.Watch(
      start: HostProcess.monotonicTime, writes: arena.firstWrites,
      writesBefore: arena.firstWrites.value, memory: UInt64(arena.framesInUse * Frame.size),
      sample: sample)
    letter.progress = .answered(.done)
  }

  /// Just after a move most of it is still in the snapshot.
  private var sample: [[UInt8]] {
    let reader = borrowed == nil ? kernel.storedPages?.anotherReader() : nil
    return machine.arena.sample(
      Self.sampleCount, of: BlockDescriptor.chunkSize / Frame.size
    ) { page in
      guard let reader else { return nil }
      var bytes = [UInt8](repeating: 0, count: Page.size)
      do throws(SnapshotError) {
        try bytes.withMutableRawSpan { (span) throws(SnapshotError) in
          try reader.page(PageReference(rawValue: UInt64(page)), into: &span)
        }
        return bytes
      } catch { return nil }
    }
  }
}

extension ControlService {
  private static let firstLook: Int64 = 4 * millisecond

  /// Looks time and again how much the guest has written, until `time` has passed or the client says a word.
  func watch(_ watch: Mailbox.Letter.Watch, for time: Int64, _ connection: ControlConnection) {
    var activity = MemoryActivity(
      memory: watch.memory, compressed: Self.compressed(watch.sample), written: [])
    let end = watch.start + min(max(0, time), MemoryWatch.longest)
    var pause = Self.firstLook
    var isOver = false
    while !isOver {
      let rest = max(0, end - HostProcess.monotonicTime)
      do throws(HostError) {
        _ = try connection.receive(timeout: min(pause, rest))
        isOver = true
      } catch .wouldBlock { isOver = rest <= pause } catch { return }
      let writes = watch.writes.value - watch.writesBefore
      activity.written.append(
        MemoryActivity.Written(
          time: HostProcess.monotonicTime - watch.start,
          bytes: min(watch.memory, writes * UInt64(Frame.size))))
      pause += pause / 2
    }
    send(.watched(activity: activity), to: connection)
  }

  /// What is left of `sample`, from 0 to 1.
  private static func compressed(_ sample: [[UInt8]]) -> Double {
    let coder = BlockCoder(.standard)
    let sizes = sample.map { (try? coder.pageChunk($0).stored.count) ?? $0.count }
    let size = sample.reduce(0) { $0 + $1.count }
    return size == 0 ? 1 : Double(sizes.reduce(0, +)) / Double(size)
  }
}
