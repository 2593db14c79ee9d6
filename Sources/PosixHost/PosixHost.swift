internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The host ABI on a POSIX system: Linux, and Darwin as far as its kernel goes (no terminal modes, no
/// reserved extents).
///
/// A handle is a descriptor of this process. Making a host ignores SIGPIPE and SIGXFSZ for the
/// process, so that the calls concerned fail with `brokenPipe` and `fileTooLarge` instead. It also lets
/// the process have as many descriptors as its hard limit allows.
package final class PosixHost: Host {
  package static let version = HostABIVersion(1, 0)

  /// How bytes are moved through a descriptor.
  enum Transfer {
    /// Has positions; never has to be waited for.
    case positioned
    case terminal
    case pipe
    case socket
    case other
  }

  struct OpenStream {
    var kind: StreamKind
    var transfer: Transfer
    /// Other processes share its open file description, so its flags must not be changed: it may be blocking.
    var isInherited: Bool
    /// Which files names beneath it may lead to.
    var reach: FileReach = .nothing
    /// For a datagram service: the recent senders, which may be answered.
    var correspondents: Correspondents? = nil
  }

  /// Open streams, by descriptor.
  var streams: [OpenStream?] = []

  /// Terminals whose modes were changed, each with a descriptor and its former modes.
  var changedTerminals: [(device: UInt64, descriptor: Int32, modes: godwit_termios2)] = []

  /// Whether the picoprocess may open the controlling terminal (`tty:`).
  package var permitsTerminal = true
  /// What the picoprocess may do on the network; at first, nothing.
  package var network = NetworkPermission()
  /// Sockets that others have bound for it: see `provide`.
  var provided: [NetworkPermission.Service: ByteStream] = [:]
  /// Who has sent to services of datagrams that are yet to be opened: see `introduce`.
  var introduced: [NetworkPermission.Service: [Correspondent]] = [:]

  /// The files and directories that the picoprocess may use; at first, none.
  package internal(set) var grants: [OpenGrant] = []

  /// The inherited descriptors that it may use.
  package var inheritable: Set<Int32> = [0, 1, 2]

  /// How paths beneath a directory are resolved.
  let resolution: NameResolution

  /// Scratch space of `wait`.
  var pollItems: [pollfd] = []

  /// Ends a wait from any thread; may outlive the host.
  package let waker = Waker()

  private let alarm = Alarm()
  private var alarmThread: HostThread?

  package let facts = MachineFacts(
    processors: Int(godwit_processor_count()), memory: system_memory(),
    hostName: system_gethostname())

  package init(resolution: NameResolution = .openat2) {
    self.resolution = resolution
    _ = PosixHost.closedStandardStreams
    _ = godwit_signal_ignore(SIGPIPE)
    _ = godwit_signal_ignore(SIGXFSZ)
    godwit_raise_descriptor_limit()
  }

  deinit {
    alarm.end()
    alarmThread?.join()
    for descriptor in streams.indices where streams[descriptor] != nil {
      system_close(Int32(descriptor))
    }
    for grant in grants { system_close(grant.descriptor) }
    for terminal in changedTerminals { system_close(terminal.descriptor) }
  }

  /// Which of descriptors 0, 1 and 2 the process was started without. They are opened as /dev/null, so that
  /// no file that is opened later receives what is meant for standard error.
  static let closedStandardStreams: Set<Int32> = {
    var closed: Set<Int32> = []
    for descriptor in Int32(0)...2 where godwit_fcntl(descriptor, F_GETFD, 0) == -1 {
      closed.insert(descriptor)
      // open(2) takes the lowest free number, which is this one.
      _ = try? system_open(Array("/dev/null".utf8), O_RDWR)
    }
    return closed
  }()

  // MARK: Interrupts and alarms

  package func interrupt() { waker.wake() }

  package func setAlarm(at deadline: Int64?, _ action: (@Sendable () -> Void)?) {
    if alarmThread == nil {
      guard deadline != nil else { return }
      alarmThread = HostThread { [alarm] in alarm.run() }
    }
    alarm.set(at: deadline, action)
  }

  // MARK: The rest

  package func now(_ clock: HostClock) -> HostTime {
    switch clock {
    case .monotonic: system_clock_gettime(CLOCK_MONOTONIC)
    case .realtime: system_clock_gettime(CLOCK_REALTIME)
    case .processorTime: system_clock_gettime(CLOCK_PROCESS_CPUTIME_ID)
    }
  }

  package func entropy(into buffer: inout MutableRawSpan) { system_entropy(&buffer) }

  package func log(_ message: String) {
    let line = Array(printable(message).utf8) + [10]
    // There is no way to report a failure.
    _ = try? writeAll(2, line)
  }

  /// The largest resident size that this process has had, in bytes; for `--stats`.
  package static var peakMemory: UInt64 { godwit_peak_resident_bytes() }
}

/// Writes all of `bytes` to `descriptor`, waiting for room where it must.
func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) throws(HostError) {
  try bytes.lend { (span) throws(HostError) in
    var done = 0
    while done < span.byteCount {
      do throws(HostError) {
        done += try system_write(descriptor, span.extracting(done..<span.byteCount))
      } catch .wouldBlock {
        var item = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
        _ = system_poll(&item, timeout: nil)
      }
    }
  }
}
