package import HostABI
internal import Synchronization

/// A deterministic host in memory: the same calls give the same answers on every machine.
///
/// The clock stands still except in `wait` and `advance`; random bytes come from a seed; files live in a
/// tree of objects; standard input is scripted and output captured; any call can be made to fail. It
/// implements the whole contract and nothing else, so it is also the skeleton to copy for a new
/// platform.
///
/// Since its clock stands still while guest code runs, its alarm never interrupts a guest that spins.
package final class TestHost: Host {
  package static let version = HostABIVersion(1, 0)

  /// The files. Permissions are kept but not enforced: everything runs as root.
  package let files: FileTree

  /// The files and directories that the picoprocess may use.
  private(set) var grants: [(grant: FileGrant, node: FileTree.Node)] = []

  /// Which of the inherited streams it may have.
  package var inheritable: Set<Int32> = [0, 1, 2]

  /// What the picoprocess inherited, by number. 0 has ended, 1 and 2 are captured.
  package var inherited: [Int32: Inherited]

  /// The controlling terminal (`tty:`), if there is one.
  package var terminal: TestStream?

  /// Everybody else.
  package let network = TestNetwork()

  /// What was logged, line by line.
  package private(set) var logged: [String] = []

  package var facts = MachineFacts(processors: 2, memory: 1 << 30, hostName: "testhost")

  var open: [Int32: OpenStream] = [:]
  var clock: TestClock
  var faults = FaultPlan()
  private var random: SplitMix64
  let isInterrupted = Atomic(false)

  /// - Parameters:
  ///   - seed: of the random bytes.
  ///   - start: the wall clock's first value.
  package init(
    seed: UInt64 = 0, start: HostTime = HostTime(seconds: 1_000_000_000)
  ) {
    random = SplitMix64(state: seed)
    clock = TestClock(start: start)
    files = FileTree()
    inherited = [
      0: .stream(TestStream(ended: true)), 1: .stream(TestStream()), 2: .stream(TestStream()),
    ]
    files.now = start
  }

  /// Lets the picoprocess use what lies at `path`, which must be there.
  package func grant(_ path: String, isReadOnly: Bool = false) throws(HostError) {
    guard let node = try files.find(path).node else { throw .notFound }
    grants.append((FileGrant(path: Array(path.utf8), isReadOnly: isReadOnly), node))
  }

  /// The stream inherited as `number`. Traps when that is no stream.
  package func stream(_ number: Int32) -> TestStream {
    guard case .stream(let stream)? = inherited[number] else {
      preconditionFailure("\(number) is not an inherited stream")
    }
    return stream
  }

  /// Makes `call` fail with `error` the next `times` times, after it has gone well `after` times.
  package func fail(
    _ call: HostCall, with error: HostError, after successes: Int = 0, times: Int = 1
  ) {
    faults.add(call, error, after: successes, times: times)
  }

  /// How often each call was made.
  package func count(of call: HostCall) -> Int { faults.counts[call, default: 0] }

  /// Counts a call, and throws what was planned for it.
  func begin(_ call: HostCall) throws(HostError) { try faults.begin(call) }

  package func entropy(into buffer: inout MutableRawSpan) {
    for offset in 0..<buffer.byteCount {
      buffer.storeBytes(
        of: UInt8(truncatingIfNeeded: random.next()), toByteOffset: offset, as: UInt8.self)
    }
  }

  package func log(_ message: String) {
    logged.append(printable(message))
  }
}

/// Something inherited from the process that started this one.
package enum Inherited {
  case stream(TestStream)
  /// A file, at a position that it shares with others who have it.
  case file(FileTree.Node, SharedPosition, OpenOptions)
}

/// A position that several descriptors share.
package final class SharedPosition {
  package var offset: UInt64
  package init(_ offset: UInt64 = 0) { self.offset = offset }
}

/// A small generator with a full period (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators").
struct SplitMix64 {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
