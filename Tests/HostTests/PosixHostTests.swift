import Glibc
import HostABI
import HostConformance
import PosixHost
import Synchronization
import Testing

/// Tests that need a real system: shared descriptors, threads, signals, devices.
@Suite struct PosixHostTests {
  @Test func inheritedDescriptorsKeepTheirFlags() throws {
    let host = PosixHost()
    let pipe = Native.pipe()
    let sockets = Native.socketPair()
    let (master, slave) = Native.terminal()
    let all = pipe + sockets + [master, slave]
    defer { for descriptor in all { close(descriptor) } }
    for descriptor in [pipe[0], pipe[1], sockets[0], slave] {
      let uri = host.inherit(descriptor)
      let handle = try host.open(uri, [.read, .write])
      if descriptor != pipe[1] {
        #expect(throws: HostError.wouldBlock) { try host.readText(handle) }
      }
      if descriptor != pipe[0] { try host.writeText(handle, "x") }
      #expect(!Native.isNonBlocking(descriptor))
      host.close(handle)
      // Still open.
      #expect(fcntl(descriptor, F_GETFD) == 0)
    }
  }

  @Test func inheritedSocketsAreStreams() throws {
    let host = PosixHost()
    let sockets = Native.socketPair()
    defer { close(sockets[0]) }
    let handle = try host.open(host.inherit(sockets[0]), [.read])
    guard case .pipe = try host.kind(of: handle) else {
      Issue.record("a socket is no stream")
      return
    }
    #expect(try host.writeText(handle, "out") == 3)
    #expect(Native.drain(sockets[1]) == bytes("out"))
    Native.write(sockets[1], "in")
    #expect(try host.readText(handle) == "in")
    while (try? host.writeBytes(handle, [UInt8](repeating: 0, count: 65536))) != nil {}
    #expect(throws: HostError.wouldBlock) { try host.writeText(handle, "x") }
    _ = Native.drain(sockets[1])
    close(sockets[1])
    #expect(try host.readText(handle) == "")
    #expect(throws: HostError.brokenPipe) { try host.writeText(handle, "x") }
  }

  @Test func ownDescriptorsAreNotInherited() throws {
    let host = PosixHost()
    let handle = try host.openNull()
    #expect(throws: HostError.notFound) { try host.open(host.inherit(handle.rawValue), .read) }
  }

  @Test func appendedStandardOutputSaysSo() throws {
    let directory = Native.temporaryDirectory()
    defer { Native.removeAll(directory) }
    // SAFETY: the path lives through the call.
    let log = unsafe open(directory + "/log", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    defer { close(log) }
    let host = PosixHost()
    let handle = try host.open(host.inherit(log), .write)
    #expect(try host.options(of: handle) == [.write, .append])
  }

  @Test func terminalModesAreGivenBack() throws {
    let (master, slave) = Native.terminal()
    defer { for descriptor in [master, slave] { close(descriptor) } }
    let host = PosixHost()
    let uri = host.inherit(slave)
    let handle = try host.open(uri, [.read, .write])
    let before = try host.terminalModes(handle)
    var raw = before
    raw.local = 0
    raw.input = 0
    try host.setTerminalModes(handle, raw, .now)
    raw.output = 0
    try host.setTerminalModes(handle, raw, .now)
    // Also when the handle is gone, and only once.
    host.close(handle)
    host.restoreTerminal()
    let again = try host.open(uri, [.read, .write])
    #expect(try host.terminalModes(again) == before)
    var other = before
    other.characters[0] = 1
    try host.setTerminalModes(again, other, .now)
    host.restoreTerminal()
    host.restoreTerminal()
    #expect(try host.terminalModes(again) == before)
  }

  @Test func aTerminalIsReadByLinesOrBytes() throws {
    let (master, slave) = Native.terminal()
    defer { for descriptor in [master, slave] { close(descriptor) } }
    let host = PosixHost()
    let handle = try host.open(host.inherit(slave), [.read, .write])
    Native.write(master, "half")
    #expect(throws: HostError.wouldBlock) { try host.readText(handle) }
    Native.write(master, " line\n\u{4}")
    #expect(try host.readText(handle) == "half line\n")
    // The end, as typed with control-D.
    #expect(try host.readText(handle) == "")
    var raw = try host.terminalModes(handle)
    raw.local &= ~0o12
    try host.setTerminalModes(handle, raw, .flushed)
    Native.write(master, "x")
    #expect(try host.readText(handle) == "x")
    host.restoreTerminal()
    // A long text is output completely, however much the driver takes at a time.
    _ = Native.drain(master)
    let text = (0..<100_000).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    var sent = 0
    var received: [UInt8] = []
    while sent < text.count {
      do throws(HostError) {
        sent += try host.writeBytes(handle, Array(text[sent...]))
      } catch {
        #expect(error == .wouldBlock)
      }
      received += Native.drain(master)
    }
    while received.count < text.count {
      var item = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      // SAFETY: one item.
      guard unsafe poll(&item, 1, 5000) == 1 else { break }
      received += Native.drain(master)
    }
    #expect(received == text)
  }

  @Test func openingAFIFODoesNotWait() throws {
    let directory = Native.temporaryDirectory()
    defer { Native.removeAll(directory) }
    Native.makeFIFO(directory + "/fifo")
    let host = PosixHost()
    let uri = try HostName(host.granted(directory)).child(bytes("fifo"))
    #expect(throws: HostError.noDevice) { try host.open(uri, .write, permissions: 0) }
    let reader = try host.open(uri, .read, permissions: 0)
    #expect(try host.attributes(of: reader).kind == .fifo)
    #expect(try host.readText(reader) == "")
    let writer = try host.open(uri, .write, permissions: 0)
    #expect(throws: HostError.wouldBlock) { try host.readText(reader) }
    try host.writeText(writer, "through")
    #expect(host.wait([WaitItem(handle: reader, interest: .readable)], until: nil) == [.readable])
    #expect(try host.readText(reader) == "through")
  }

  @Test func devices() throws {
    let host = PosixHost()
    let null = try host.openNull([.read, .write])
    guard case .file(.characterDevice) = try host.kind(of: null) else {
      Issue.record("/dev/null is no device")
      return
    }
    let attributes = try host.attributes(of: null)
    #expect(attributes.deviceMajor == 1 && attributes.deviceMinor == 3)
    #expect(try host.readText(null) == "")
    #expect(try host.writeText(null, "gone") == 4)
    let full = try host.open(
      HostName(host.granted("/dev")).child(bytes("full")), .write, permissions: 0)
    #expect(throws: HostError.noSpace) { try host.writeText(full, "x") }
  }

  @Test func filesBeyondFourGigabytes() throws {
    let directory = Native.temporaryDirectory()
    defer { Native.removeAll(directory) }
    let host = PosixHost()
    let handle = try host.open(
      HostName(host.granted(directory)).child(bytes("big")), [.read, .write, .create],
      permissions: 0o600)
    try host.writeText(handle, at: 5 << 30, "far")
    #expect(try host.readText(handle, at: 5 << 30) == "far")
    #expect(try host.attributes(of: handle).size == 5 << 30 + 3)
    try host.setLength(handle, to: 6 << 30)
    #expect(try host.attributes(of: handle).size == 6 << 30)
    #expect(try host.attributes(of: handle).blocks < 1000)
  }

  @Test func anotherThreadEndsAWait() {
    let host = PosixHost()
    for _ in 0..<50 {
      let waker = host.waker
      let thread = HostThread { waker.wake() }
      #expect(host.wait([], until: Native.now() + 30_000_000_000).isEmpty)
      thread.join()
    }
    #expect(Native.now() > 0)
  }

  @Test func anAlarmThatIsSetAnewIsOver() {
    let host = PosixHost()
    final class Generation: Sendable {
      let current = Atomic(0)
      let wrong = Atomic(0)
      let calls = Atomic(0)
    }
    let generation = Generation()
    for number in 1...300 {
      host.setAlarm(at: 0) {
        if generation.current.load(ordering: .acquiring) > number {
          generation.wrong.add(1, ordering: .relaxed)
        }
        generation.calls.add(1, ordering: .relaxed)
      }
      generation.current.store(number, ordering: .releasing)
      if number % 10 == 0 { usleep(500) }
    }
    host.setAlarm(at: nil, nil)
    generation.current.store(1000, ordering: .releasing)
    usleep(5000)
    #expect(generation.wrong.load(ordering: .relaxed) == 0)
    #expect(generation.calls.load(ordering: .relaxed) > 0)
  }

  @Test func everyNativeErrorHasAMeaning() {
    let table: [(Int32, HostError)] = [
      (ENOENT, .notFound), (EEXIST, .exists), (EACCES, .permissionDenied), (EPERM, .notPermitted),
      (EROFS, .readOnly), (ENOSPC, .noSpace), (EDQUOT, .quotaExceeded), (EFBIG, .fileTooLarge),
      (EMFILE, .tooManyOpen), (ENFILE, .tooManyOpen), (ENOMEM, .outOfMemory),
      (EMLINK, .tooManyLinks), (EXDEV, .crossDevice), (EBUSY, .busy), (ETXTBSY, .textBusy),
      (EAGAIN, .wouldBlock), (EINTR, .interrupted), (ENODEV, .noDevice),
      (ECONNRESET, .connectionReset), (ECONNREFUSED, .connectionRefused),
      (ENETUNREACH, .networkUnreachable), (EHOSTUNREACH, .hostUnreachable),
      (ETIMEDOUT, .timedOut), (EADDRINUSE, .addressInUse), (EADDRNOTAVAIL, .addressNotAvailable),
      (EMSGSIZE, .messageTooLong), (EIO, .io),
      (EUCLEAN, .io), (12345, .io),
    ]
    for (number, error) in table { #expect(HostError(errno: number) == error) }
  }

  @Test(.startsItself) func theLogIsOneLineOnStandardError() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      PosixHost().log("first\nsecond")
      exit(0)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("first\\nsecond\n"))
  }

  /// Must start as root in order to drop privileges.
  @Test(.startsItself, .enabled(if: geteuid() == 0)) func permissionsAreTheSystemsBusiness() async {
    await #expect(processExitsWith: .success) {
      guard setgid(65534) == 0, setuid(65534) == 0 else { exit(2) }
      let host = PosixHost()
      func error(_ body: () throws(HostError) -> Void) -> HostError? {
        do throws(HostError) {
          try body()
          return nil
        } catch { return error }
      }
      let etc = try HostName(host.granted("/etc"))
      let shadow = try etc.child(bytes("shadow"))
      guard
        error({ () throws(HostError) in
          _ = try host.open(shadow, .read, permissions: 0)
        }) == .permissionDenied
      else { exit(3) }
      var change = AttributeChange()
      change.userID = 65534
      guard
        error({ () throws(HostError) in try host.setAttributes(at: shadow, change) })
          == .notPermitted
      else { exit(4) }
      guard
        error({ () throws(HostError) in
          try host.makeDirectory(at: etc.child(bytes("x")), permissions: 0o700)
        }) == .permissionDenied
      else { exit(5) }
      exit(0)
    }
  }

  @Test(.startsItself) func runningOutOfDescriptorsIsAnError() async {
    await #expect(processExitsWith: .success) {
      let host = PosixHost()
      var limit = rlimit(rlim_cur: 64, rlim_max: 64)
      // SAFETY: read during the call.
      guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
        exit(2)
      }
      for _ in 0..<100 {
        do throws(HostError) {
          _ = try host.openNull()
        } catch {
          exit(error == .tooManyOpen ? 0 : 3)
        }
      }
      exit(4)
    }
  }

  @Test(.startsItself) func missingStandardStreamsAreNotMistakenForFiles() async {
    await #expect(processExitsWith: .success) {
      close(0)
      let host = PosixHost()
      do throws(HostError) {
        _ = try host.open(StreamURI(.stdio, "0"), .read)
      } catch {
        guard error == .notFound else { exit(2) }
        let handle = try? host.openNull()
        exit(handle.map { $0.rawValue > 2 } ?? false ? 0 : 3)
      }
      exit(4)
    }
  }
}

extension PosixHost {
  /// The URI of a descriptor that the host may have.
  fileprivate func inherit(_ descriptor: Int32) -> StreamURI {
    inheritable.insert(descriptor)
    return StreamURI(.stdio, "\(descriptor)")
  }

  fileprivate func openNull(_ options: OpenOptions = .read) throws(HostError) -> HostHandle {
    let devices = try granted("/dev")
    defer { close(devices) }
    return try open(HostName(devices).child(bytes("null")), options, permissions: 0)
  }
}
