import HostABI
import PosixHost

/// A host in another process, which is asked over a link (`Docs/HostABI.md`, "Other hosts").
final class PlugHost: Host {
  /// Which one it is of, is not known before it is asked: see `Fixture.version`.
  static var version: HostABIVersion { .current }

  /// What the other process did that is no answer. It is not asked for anything any more.
  private(set) var trouble: Trouble?

  private let link: PlugLink
  /// When the check has to be over, on the monotonic clock.
  private let deadline: Int64
  private var alarms: [@Sendable () -> Void] = []

  init(_ link: PlugLink, deadline: Int64) {
    self.link = link
    self.deadline = deadline
  }

  // MARK: Asking

  /// Makes a call: its result, which `read` reads. Throws what the call throws, and `io` if there is no answer.
  func ask<R>(
    _ call: String, _ arguments: [String: PlugValue] = [:],
    _ read: (PlugValue) throws -> R
  ) throws(HostError) -> R {
    guard trouble == nil, let reply = exchange(call, arguments) else { throw .io }
    let outcome: Result<R, HostError>
    do {
      try runAlarms(reply["alarms"])
      outcome =
        reply["error"].isNone
        ? .success(try read(reply["result"]))
        : .failure(try reply["error"].name(of: PlugNames.errors))
    } catch {
      // Nothing else is thrown.
      let what = (error as? PlugMismatch)?.what ?? "\(error)"
      trouble = .other("it answered \(call) with \(what)")
      throw .io
    }
    return try outcome.get()
  }

  /// The same for a call that has no result.
  func tell(_ call: String, _ arguments: [String: PlugValue] = [:]) throws(HostError) {
    try ask(call, arguments) { _ in () }
  }

  private func exchange(_ call: String, _ arguments: [String: PlugValue]) -> PlugValue? {
    do throws(HostError) {
      let request = PlugValue.members(["call": .text(call), "arguments": .members(arguments)])
      try link.send(request, timeout: max(0, deadline - HostProcess.monotonicTime))
      if let reply = try link.receive(by: deadline) { return reply }
      trouble = .other("it ended, or answered \(call) with something that is no message")
    } catch {
      trouble = error == .timedOut ? .late : .other("it ended when it was asked for \(call)")
    }
    return nil
  }

  /// Runs the actions that the host says it would have run since it answered last.
  private func runAlarms(_ list: PlugValue) throws(PlugMismatch) {
    guard !list.isNone else { return }
    for number in try list.list() {
      let index: Int = try number.integer()
      guard alarms.indices.contains(index) else { throw PlugMismatch(what: "an unknown alarm") }
      alarms[index]()
    }
  }

  // MARK: Streams

  func open(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle {
    try ask("open(_:_:)", ["uri": PlugValue(uri), "options": PlugValue(options)]) {
      try $0.handle()
    }
  }

  func open(_ name: HostName, _ options: OpenOptions, permissions: UInt16)
    throws(HostError) -> HostHandle
  {
    try ask(
      "open(_:_:permissions:)",
      [
        "name": PlugValue(name), "options": PlugValue(options),
        "permissions": PlugValue(permissions),
      ]
    ) { try $0.handle() }
  }

  func close(_ handle: HostHandle) { try? tell("close(_:)", ["handle": PlugValue(handle)]) }

  func kind(of handle: HostHandle) throws(HostError) -> StreamKind {
    try ask("kind(of:)", ["handle": PlugValue(handle)]) { try $0.streamKind() }
  }

  func options(of handle: HostHandle) throws(HostError) -> OpenOptions {
    try ask("options(of:)", ["handle": PlugValue(handle)]) { try $0.options() }
  }

  func read(_ handle: HostHandle, at offset: UInt64?, into buffer: inout MutableRawSpan)
    throws(HostError) -> Int
  {
    let room = buffer.byteCount
    let (count, bytes) = try ask(
      "read(_:at:into:)",
      [
        "handle": PlugValue(handle), "offset": offset.map { PlugValue($0) } ?? .none,
        "count": PlugValue(room),
      ]
    ) { reply -> (Int, [UInt8]) in
      (try reply["count"].integer(), try reply["bytes"].bytes())
    }
    buffer.fill(from: bytes)
    return count
  }

  func write(_ handle: HostHandle, at offset: UInt64?, from bytes: RawSpan)
    throws(HostError) -> Int
  {
    try ask(
      "write(_:at:from:)",
      [
        "handle": PlugValue(handle), "offset": offset.map { PlugValue($0) } ?? .none,
        "bytes": PlugValue(bytes: bytes.array),
      ]
    ) { try $0.integer() }
  }

  func position(of handle: HostHandle) throws(HostError) -> UInt64 {
    try ask("position(of:)", ["handle": PlugValue(handle)]) { try $0.integer() }
  }

  func setPosition(of handle: HostHandle, to offset: UInt64) throws(HostError) {
    try tell("setPosition(of:to:)", ["handle": PlugValue(handle), "offset": PlugValue(offset)])
  }

  func flush(_ handle: HostHandle, metadata: Bool) throws(HostError) {
    try tell("flush(_:metadata:)", ["handle": PlugValue(handle), "metadata": .truth(metadata)])
  }

  func setLength(_ handle: HostHandle, to length: UInt64) throws(HostError) {
    try tell("setLength(_:to:)", ["handle": PlugValue(handle), "length": PlugValue(length)])
  }

  func allocate(_ handle: HostHandle, _ range: Range<UInt64>, _ how: Allocation)
    throws(HostError)
  {
    try tell(
      "allocate(_:_:_:)",
      [
        "handle": PlugValue(handle),
        "range": .list([PlugValue(range.lowerBound), PlugValue(range.upperBound)]),
        "how": PlugValue(how),
      ])
  }

  // MARK: Names

  func attributes(at name: HostName) throws(HostError) -> FileAttributes {
    try ask("attributes(at:)", ["name": PlugValue(name)]) { try $0.attributes() }
  }

  func setAttributes(at name: HostName, _ change: AttributeChange) throws(HostError) {
    try tell("setAttributes(at:_:)", ["name": PlugValue(name), "change": PlugValue(change)])
  }

  func extendedAttribute(_ attribute: [UInt8], at name: HostName) throws(HostError) -> [UInt8]? {
    try ask(
      "extendedAttribute(_:at:)",
      ["attribute": PlugValue(bytes: attribute), "name": PlugValue(name)]
    ) { reply -> [UInt8]? in reply.isNone ? nil : try reply.bytes() }
  }

  func extendedAttributes(at name: HostName) throws(HostError) -> [[UInt8]] {
    try ask("extendedAttributes(at:)", ["name": PlugValue(name)]) {
      reply -> [[UInt8]] in
      try reply.list().map { try $0.bytes() }
    }
  }

  func setExtendedAttribute(_ attribute: [UInt8], at name: HostName, to value: [UInt8]?)
    throws(HostError)
  {
    try tell(
      "setExtendedAttribute(_:at:to:)",
      [
        "attribute": PlugValue(bytes: attribute), "name": PlugValue(name),
        "value": value.map { PlugValue(bytes: $0) } ?? .none,
      ])
  }

  func entries(of name: HostName) throws(HostError) -> [DirectoryEntry] {
    try ask("entries(of:)", ["name": PlugValue(name)]) {
      reply -> [DirectoryEntry] in
      try reply.list().map { try $0.entry() }
    }
  }

  func makeDirectory(at name: HostName, permissions: UInt16) throws(HostError) {
    try tell(
      "makeDirectory(at:permissions:)",
      ["name": PlugValue(name), "permissions": PlugValue(permissions)])
  }

  func makeSymbolicLink(at name: HostName, to target: [UInt8]) throws(HostError) {
    try tell(
      "makeSymbolicLink(at:to:)", ["name": PlugValue(name), "target": PlugValue(bytes: target)])
  }

  func readSymbolicLink(at name: HostName) throws(HostError) -> [UInt8] {
    try ask("readSymbolicLink(at:)", ["name": PlugValue(name)]) { try $0.bytes() }
  }

  func makeLink(at name: HostName, to existing: HostName) throws(HostError) {
    try tell("makeLink(at:to:)", ["name": PlugValue(name), "existing": PlugValue(existing)])
  }

  func rename(_ from: HostName, to: HostName, _ how: RenameKind) throws(HostError) {
    try tell(
      "rename(_:to:_:)",
      [
        "from": PlugValue(from), "to": PlugValue(to),
        "how": PlugValue(how, of: PlugNames.renames),
      ])
  }

  func remove(at name: HostName, isDirectory: Bool) throws(HostError) {
    try tell(
      "remove(at:isDirectory:)", ["name": PlugValue(name), "isDirectory": .truth(isDirectory)])
  }

  func volume(of name: HostName) throws(HostError) -> VolumeAttributes {
    try ask("volume(of:)", ["name": PlugValue(name)]) { try $0.volume() }
  }

  // MARK: Terminals

  func terminalModes(_ handle: HostHandle) throws(HostError) -> TerminalModes {
    try ask("terminalModes(_:)", ["handle": PlugValue(handle)]) { try $0.terminalModes() }
  }

  func setTerminalModes(_ handle: HostHandle, _ modes: TerminalModes, _ when: TerminalChange)
    throws(HostError)
  {
    try tell(
      "setTerminalModes(_:_:_:)",
      [
        "handle": PlugValue(handle), "modes": PlugValue(modes),
        "when": PlugValue(when, of: PlugNames.changes),
      ])
  }

  func windowSize(_ handle: HostHandle) throws(HostError) -> WindowSize {
    try ask("windowSize(_:)", ["handle": PlugValue(handle)]) { try $0.windowSize() }
  }

  func setWindowSize(_ handle: HostHandle, _ size: WindowSize) throws(HostError) {
    try tell("setWindowSize(_:_:)", ["handle": PlugValue(handle), "size": PlugValue(size)])
  }

  func bytesAvailable(_ handle: HostHandle) throws(HostError) -> Int {
    try ask("bytesAvailable(_:)", ["handle": PlugValue(handle)]) { try $0.integer() }
  }

  func discardTerminal(_ handle: HostHandle, input: Bool, output: Bool) throws(HostError) {
    try tell(
      "discardTerminal(_:input:output:)",
      ["handle": PlugValue(handle), "input": .truth(input), "output": .truth(output)])
  }

  // MARK: The network

  func accept(_ handle: HostHandle) throws(HostError) -> (handle: HostHandle, peer: NetworkAddress)
  {
    try ask("accept(_:)", ["handle": PlugValue(handle)]) {
      reply -> (handle: HostHandle, peer: NetworkAddress) in
      (try reply["handle"].handle(), try reply["peer"].address())
    }
  }

  func finishConnecting(_ handle: HostHandle) throws(HostError) {
    try tell("finishConnecting(_:)", ["handle": PlugValue(handle)])
  }

  func endWriting(_ handle: HostHandle) throws(HostError) {
    try tell("endWriting(_:)", ["handle": PlugValue(handle)])
  }

  func localAddress(of handle: HostHandle) throws(HostError) -> NetworkAddress {
    try ask("localAddress(of:)", ["handle": PlugValue(handle)]) { try $0.address() }
  }

  func send(_ handle: HostHandle, _ bytes: RawSpan, to address: NetworkAddress?)
    throws(HostError)
  {
    try tell(
      "send(_:_:to:)",
      [
        "handle": PlugValue(handle), "bytes": PlugValue(bytes: bytes.array),
        "address": address.map { PlugValue($0) } ?? .none,
      ])
  }

  func receive(_ handle: HostHandle, into buffer: inout MutableRawSpan)
    throws(HostError) -> (count: Int, source: NetworkAddress)
  {
    let room = buffer.byteCount
    let received = try ask(
      "receive(_:into:)", ["handle": PlugValue(handle), "count": PlugValue(room)]
    ) { reply -> (count: Int, bytes: [UInt8], source: NetworkAddress) in
      (
        try reply["count"].integer(), try reply["bytes"].bytes(),
        try reply["source"].address()
      )
    }
    buffer.fill(from: received.bytes)
    return (received.count, received.source)
  }

  // MARK: Waiting and time

  func wait(_ items: [WaitItem], until deadline: Int64?) -> [Readiness] {
    let none = items.map { _ in Readiness() }
    let ready = try? ask(
      "wait(_:until:)",
      [
        "items": .list(items.map { PlugValue($0) }),
        "deadline": deadline.map { PlugValue($0) } ?? .none,
      ]
    ) { reply -> [Readiness] in
      let list = try reply.list()
      guard list.count == items.count else { throw PlugMismatch(what: "\(list.count) results") }
      return try list.map { value in
        Readiness(rawValue: try value.integer())
      }
    }
    return ready ?? none
  }

  func interrupt() { try? tell("interrupt()") }

  func setAlarm(at deadline: Int64?, _ action: (@Sendable () -> Void)?) {
    if let action { alarms.append(action) }
    try? tell(
      "setAlarm(at:_:)",
      [
        "deadline": deadline.map { PlugValue($0) } ?? .none,
        "action": action == nil ? .none : PlugValue(alarms.count - 1),
      ])
  }

  func now(_ clock: HostClock) -> HostTime {
    let time = try? ask("now(_:)", ["clock": PlugValue(clock, of: PlugNames.clocks)]) {
      try $0.time()
    }
    return time ?? HostTime()
  }

  // MARK: The rest

  func entropy(into buffer: inout MutableRawSpan) {
    let room = buffer.byteCount
    let bytes = try? ask("entropy(into:)", ["count": PlugValue(room)]) {
      try $0.bytes()
    }
    buffer.fill(from: bytes ?? [])
  }

  var facts: MachineFacts {
    let facts = try? ask("facts") { reply -> MachineFacts in
      MachineFacts(
        processors: try reply["processors"].integer(), memory: try reply["memory"].integer(),
        hostName: try reply["hostName"].text())
    }
    return facts ?? MachineFacts(processors: 0, memory: 0, hostName: "")
  }

  func log(_ message: String) { try? tell("log(_:)", ["message": .text(message)]) }
}
