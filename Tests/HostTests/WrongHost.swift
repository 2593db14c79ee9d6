import HostABI
import HostConformance

/// A way to get a call wrong.
struct Mistake: Sendable, CustomStringConvertible {
  enum Kind: Sendable, CaseIterable {
    /// What the call returns is something else; a call that returns nothing does nothing.
    case wrongResult
    /// Where it should fail it does, but with another error.
    case wrongError
    /// Where it should fail it says that it did not.
    case noError
    /// It fails where it should not; a call that cannot fail is wrong in another way.
    case failure
  }
  var call: String
  var kind: Kind
  var description: String { "\(call): \(kind)" }
}

/// A host that makes one mistake, and is otherwise as good as another.
class WrongHost: Host {
  class var version: HostABIVersion { HostABIVersion(1, 0) }

  let base: any Host
  let mistake: Mistake
  /// How many waits will be ended.
  private var interrupts = 0

  init(_ base: any Host, _ mistake: Mistake) {
    self.base = base
    self.mistake = mistake
  }

  private func isWrong(_ call: String, _ kind: Mistake.Kind) -> Bool {
    mistake.call == call && mistake.kind == kind
  }

  /// The outcome of a call that returns something.
  private func result<R>(
    _ call: String, _ wrong: (R) -> R, instead: R, _ body: () throws -> R
  ) throws(HostError) -> R {
    do {
      let result = try body()
      if isWrong(call, .failure) { throw HostError.io }
      return isWrong(call, .wrongResult) ? wrong(result) : result
    } catch {
      return try failure(call, error, instead: instead)
    }
  }

  /// The outcome of a call that returns nothing.
  private func effect(_ call: String, _ body: () throws -> Void) throws(HostError) {
    if isWrong(call, .wrongResult) { return }
    if isWrong(call, .failure) { throw .io }
    do { try body() } catch { try failure(call, error, instead: ()) }
  }

  private func failure<R>(_ call: String, _ error: any Error, instead: R) throws(HostError) -> R {
    // The host throws nothing else.
    let error = error as! HostError
    if isWrong(call, .noError) { return instead }
    throw isWrong(call, .wrongError) ? (error == .io ? .invalid : .io) : error
  }

  // MARK: Streams

  func open(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle {
    try result("open(_:_:)", { _ in HostHandle(4000) }, instead: HostHandle(4000)) {
      try base.open(uri, options)
    }
  }

  func open(_ name: HostName, _ options: OpenOptions, permissions: UInt16)
    throws(HostError) -> HostHandle
  {
    let call = "open(_:_:permissions:)"
    // Not all that it opens, or nothing could be prepared: others get other permissions and options.
    let isWrong = isWrong(call, .wrongResult)
    return try result(call, { $0 }, instead: HostHandle(4000)) {
      try base.open(
        name, isWrong ? options.subtracting([.truncate, .unnamed, .directory]) : options,
        permissions: isWrong ? permissions & 0o644 : permissions)
    }
  }

  func close(_ handle: HostHandle) {
    if !isWrong("close(_:)", .wrongResult) { base.close(handle) }
  }

  func kind(of handle: HostHandle) throws(HostError) -> StreamKind {
    try result("kind(of:)", { _ in .other }, instead: .other) { try base.kind(of: handle) }
  }

  func options(of handle: HostHandle) throws(HostError) -> OpenOptions {
    try result("options(of:)", { _ in .append }, instead: []) { try base.options(of: handle) }
  }

  func read(_ handle: HostHandle, at offset: UInt64?, into buffer: inout MutableRawSpan)
    throws(HostError) -> Int
  {
    do throws(HostError) {
      let count = try base.read(handle, at: offset, into: &buffer)
      return isWrong("read(_:at:into:)", .wrongResult) ? count + 1 : count
    } catch { return try failure("read(_:at:into:)", error, instead: 0) }
  }

  func write(_ handle: HostHandle, at offset: UInt64?, from bytes: RawSpan)
    throws(HostError) -> Int
  {
    do throws(HostError) {
      let count = try base.write(handle, at: offset, from: bytes)
      return isWrong("write(_:at:from:)", .wrongResult) ? count + 1 : count
    } catch { return try failure("write(_:at:from:)", error, instead: bytes.byteCount) }
  }

  func position(of handle: HostHandle) throws(HostError) -> UInt64 {
    try result("position(of:)", { $0 + 1 }, instead: 0) { try base.position(of: handle) }
  }

  func setPosition(of handle: HostHandle, to offset: UInt64) throws(HostError) {
    try effect("setPosition(of:to:)") { try base.setPosition(of: handle, to: offset) }
  }

  func flush(_ handle: HostHandle, metadata: Bool) throws(HostError) {
    try effect("flush(_:metadata:)") { try base.flush(handle, metadata: metadata) }
  }

  func setLength(_ handle: HostHandle, to length: UInt64) throws(HostError) {
    try effect("setLength(_:to:)") { try base.setLength(handle, to: length) }
  }

  func allocate(_ handle: HostHandle, _ range: Range<UInt64>, _ how: Allocation)
    throws(HostError)
  {
    try effect("allocate(_:_:_:)") { try base.allocate(handle, range, how) }
  }

  // MARK: Names

  private static let nothing = FileAttributes(kind: .socket, permissions: 0)

  func attributes(at name: HostName) throws(HostError) -> FileAttributes {
    try result("attributes(at:)", { _ in Self.nothing }, instead: Self.nothing) {
      try base.attributes(at: name)
    }
  }

  func setAttributes(at name: HostName, _ change: AttributeChange) throws(HostError) {
    try effect("setAttributes(at:_:)") { try base.setAttributes(at: name, change) }
  }

  func extendedAttribute(_ attribute: [UInt8], at name: HostName) throws(HostError) -> [UInt8]? {
    try result("extendedAttribute(_:at:)", { _ in [7] }, instead: nil) {
      try base.extendedAttribute(attribute, at: name)
    }
  }

  func extendedAttributes(at name: HostName) throws(HostError) -> [[UInt8]] {
    try result("extendedAttributes(at:)", { $0.reversed() }, instead: []) {
      try base.extendedAttributes(at: name)
    }
  }

  func setExtendedAttribute(_ attribute: [UInt8], at name: HostName, to value: [UInt8]?)
    throws(HostError)
  {
    try effect("setExtendedAttribute(_:at:to:)") {
      try base.setExtendedAttribute(attribute, at: name, to: value)
    }
  }

  func entries(of name: HostName) throws(HostError) -> [DirectoryEntry] {
    let dot = DirectoryEntry(name: bytes("."), kind: .directory)
    return try result("entries(of:)", { $0 + [dot] }, instead: []) { try base.entries(of: name) }
  }

  func makeDirectory(at name: HostName, permissions: UInt16) throws(HostError) {
    let permissions =
      isWrong("makeDirectory(at:permissions:)", .wrongResult) ? permissions & 0o755 : permissions
    do throws(HostError) {
      try base.makeDirectory(at: name, permissions: permissions)
    } catch { try failure("makeDirectory(at:permissions:)", error, instead: ()) }
  }

  func makeSymbolicLink(at name: HostName, to target: [UInt8]) throws(HostError) {
    try effect("makeSymbolicLink(at:to:)") { try base.makeSymbolicLink(at: name, to: target) }
  }

  func readSymbolicLink(at name: HostName) throws(HostError) -> [UInt8] {
    try result("readSymbolicLink(at:)", { $0 + [0] }, instead: []) {
      try base.readSymbolicLink(at: name)
    }
  }

  func makeLink(at name: HostName, to existing: HostName) throws(HostError) {
    try effect("makeLink(at:to:)") { try base.makeLink(at: name, to: existing) }
  }

  func rename(_ from: HostName, to: HostName, _ how: RenameKind) throws(HostError) {
    try effect("rename(_:to:_:)") { try base.rename(from, to: to, how) }
  }

  func remove(at name: HostName, isDirectory: Bool) throws(HostError) {
    try effect("remove(at:isDirectory:)") { try base.remove(at: name, isDirectory: isDirectory) }
  }

  func volume(of name: HostName) throws(HostError) -> VolumeAttributes {
    let none = VolumeAttributes(
      blockSize: 0, blocks: 0, blocksFree: 0, blocksAvailable: 0, files: 0, filesFree: 0)
    return try result("volume(of:)", { _ in none }, instead: none) { try base.volume(of: name) }
  }

  // MARK: Terminals

  private static let noModes = TerminalModes(
    input: 0, output: 0, control: 0, local: 0, line: 0, characters: [], inputSpeed: 0,
    outputSpeed: 0)

  func terminalModes(_ handle: HostHandle) throws(HostError) -> TerminalModes {
    try result("terminalModes(_:)", { _ in Self.noModes }, instead: Self.noModes) {
      try base.terminalModes(handle)
    }
  }

  func setTerminalModes(_ handle: HostHandle, _ modes: TerminalModes, _ when: TerminalChange)
    throws(HostError)
  {
    try effect("setTerminalModes(_:_:_:)") { try base.setTerminalModes(handle, modes, when) }
  }

  func windowSize(_ handle: HostHandle) throws(HostError) -> WindowSize {
    let none = WindowSize(rows: 0, columns: 0)
    return try result("windowSize(_:)", { _ in none }, instead: none) {
      try base.windowSize(handle)
    }
  }

  func setWindowSize(_ handle: HostHandle, _ size: WindowSize) throws(HostError) {
    try effect("setWindowSize(_:_:)") { try base.setWindowSize(handle, size) }
  }

  func bytesAvailable(_ handle: HostHandle) throws(HostError) -> Int {
    try result("bytesAvailable(_:)", { $0 + 1 }, instead: 0) { try base.bytesAvailable(handle) }
  }

  func discardTerminal(_ handle: HostHandle, input: Bool, output: Bool) throws(HostError) {
    try effect("discardTerminal(_:input:output:)") {
      try base.discardTerminal(handle, input: input, output: output)
    }
  }

  // MARK: The network

  private static let nobody = NetworkAddress.loopback(port: 1)

  func accept(_ handle: HostHandle) throws(HostError) -> (handle: HostHandle, peer: NetworkAddress)
  {
    try result(
      "accept(_:)", { ($0.handle, Self.nobody) }, instead: (HostHandle(4000), Self.nobody)
    ) { try base.accept(handle) }
  }

  func finishConnecting(_ handle: HostHandle) throws(HostError) {
    try effect("finishConnecting(_:)") { try base.finishConnecting(handle) }
  }

  func endWriting(_ handle: HostHandle) throws(HostError) {
    try effect("endWriting(_:)") { try base.endWriting(handle) }
  }

  func localAddress(of handle: HostHandle) throws(HostError) -> NetworkAddress {
    try result("localAddress(of:)", { _ in Self.nobody }, instead: Self.nobody) {
      try base.localAddress(of: handle)
    }
  }

  func send(_ handle: HostHandle, _ bytes: RawSpan, to address: NetworkAddress?)
    throws(HostError)
  {
    if isWrong("send(_:_:to:)", .wrongResult) { return }
    do throws(HostError) {
      try base.send(handle, bytes, to: address)
    } catch { try failure("send(_:_:to:)", error, instead: ()) }
  }

  func receive(_ handle: HostHandle, into buffer: inout MutableRawSpan)
    throws(HostError) -> (count: Int, source: NetworkAddress)
  {
    do throws(HostError) {
      let received = try base.receive(handle, into: &buffer)
      return isWrong("receive(_:into:)", .wrongResult) ? (received.count, Self.nobody) : received
    } catch { return try failure("receive(_:into:)", error, instead: (0, Self.nobody)) }
  }

  // MARK: Waiting and time

  func wait(_ items: [WaitItem], until deadline: Int64?) -> [Readiness] {
    if isWrong("wait(_:until:)", .failure) { return base.wait(items, until: 0) }
    if interrupts > 0, deadline ?? .max > base.now(.monotonic).totalNanoseconds {
      interrupts -= 1
      return base.wait(items, until: 0)
    }
    // The host in memory traps where nothing would ever end the wait.
    let ready = base.wait(items, until: deadline ?? now(.monotonic).totalNanoseconds + 1_000_000)
    return isWrong("wait(_:until:)", .wrongResult) ? ready.map { _ in .readable } : ready
  }

  func interrupt() {
    if isWrong("interrupt()", .failure) { interrupts += 1 }
    if mistake.call != "interrupt()" { base.interrupt() }
  }

  func setAlarm(at deadline: Int64?, _ action: (@Sendable () -> Void)?) {
    if !isWrong("setAlarm(at:_:)", .wrongResult) { base.setAlarm(at: deadline, action) }
  }

  func now(_ clock: HostClock) -> HostTime {
    var time = base.now(clock)
    if isWrong("now(_:)", .wrongResult) { time.nanoseconds += 1_000_000_000 }
    if isWrong("now(_:)", .failure), clock == .realtime { time.seconds = 0 }
    return time
  }

  // MARK: The rest

  func entropy(into buffer: inout MutableRawSpan) {
    if !isWrong("entropy(into:)", .wrongResult) { base.entropy(into: &buffer) }
  }

  var facts: MachineFacts {
    isWrong("facts", .wrongResult)
      ? MachineFacts(processors: 0, memory: 0, hostName: "") : base.facts
  }

  func log(_ message: String) {
    if !isWrong("log(_:)", .wrongResult) { base.log(message) }
    if isWrong("log(_:)", .failure) { base.log(message) }
  }
}

/// One of a version to come.
final class HostToCome: WrongHost {
  override class var version: HostABIVersion { HostABIVersion(2, 0) }
}

/// The surroundings of a wrong host: those of the right one.
struct WrongFixture: Fixture {
  private let base: TestFixture
  let host: any Host

  init(_ mistake: Mistake) throws {
    base = try TestFixture()
    host =
      mistake.call == "version"
      ? HostToCome(base.host, mistake) : WrongHost(base.host, mistake)
  }

  var root: HostHandle { base.root }
  var path: String { base.path }
  func grant(_ path: String, isReadOnly: Bool) throws(HostError) {
    try base.grant(path, isReadOnly: isReadOnly)
  }
  func incoming() -> Incoming { base.incoming() }
  func outgoing() -> Outgoing { base.outgoing() }
  func terminal() -> StreamURI { base.terminal() }
  func inheritedFile(_ text: String, position: UInt64) -> StreamURI {
    base.inheritedFile(text, position: position)
  }
  func allow(_ permission: NetworkPermission) { base.allow(permission) }
  func log(_ message: String) -> [UInt8] { base.logged { host.log(message) } }
  func tearDown() { base.tearDown() }
}

extension Mistake {
  /// All mistakes of all calls.
  static let all: [Mistake] = {
    let failing = [
      "open(_:_:)", "open(_:_:permissions:)", "kind(of:)", "options(of:)", "read(_:at:into:)",
      "write(_:at:from:)", "position(of:)", "setPosition(of:to:)", "flush(_:metadata:)",
      "setLength(_:to:)", "allocate(_:_:_:)", "attributes(at:)", "setAttributes(at:_:)",
      "extendedAttribute(_:at:)", "extendedAttributes(at:)", "setExtendedAttribute(_:at:to:)",
      "entries(of:)", "makeDirectory(at:permissions:)", "makeSymbolicLink(at:to:)",
      "readSymbolicLink(at:)", "makeLink(at:to:)", "rename(_:to:_:)", "remove(at:isDirectory:)",
      "volume(of:)", "terminalModes(_:)", "setTerminalModes(_:_:_:)", "windowSize(_:)",
      "setWindowSize(_:_:)", "bytesAvailable(_:)", "discardTerminal(_:input:output:)",
      "accept(_:)", "finishConnecting(_:)", "endWriting(_:)", "localAddress(of:)",
      "send(_:_:to:)", "receive(_:into:)",
    ]
    let others = [
      "version", "close(_:)", "wait(_:until:)", "interrupt()", "setAlarm(at:_:)", "now(_:)",
      "entropy(into:)", "facts", "log(_:)",
    ]
    // Elsewhere a failure keeps checks from preparing what they need.
    let breaking = ["flush(_:metadata:)", "wait(_:until:)", "interrupt()", "now(_:)", "log(_:)"]
    let ways = Kind.allCases.filter { $0 != .failure }
    return failing.flatMap { call in ways.map { Mistake(call: call, kind: $0) } }
      + others.map { Mistake(call: $0, kind: .wrongResult) }
      + breaking.map { Mistake(call: $0, kind: .failure) }
  }()
}
