import HostABI
package import PosixHost
import Synchronization

/// Answers the suite for a host of this process: what a stranger writes for his.
package final class PlugServer {
  private let link: PlugLink
  private let fixture: any Fixture
  private var isTornDown = false
  private var incoming: [Incoming] = []
  private var outgoing: [Outgoing] = []
  private let due = DueAlarms()

  package init(_ link: ByteLink, _ fixture: any Fixture) {
    self.link = PlugLink(link)
    self.fixture = fixture
  }

  /// Answers until the link ends.
  package func run() {
    defer { tearDown() }
    while let message = try? link.receive(by: .max / 2) {
      var reply: [String: PlugValue] = [:]
      do {
        reply["result"] = try answer(try message["call"].text(), message["arguments"])
      } catch let error as HostError {
        reply["error"] = PlugValue(error, of: PlugNames.errors)
      } catch let mismatch as PlugMismatch {
        // The suite is wrong: what comes of it tells.
        reply["error"] = .text("mismatch: \(mismatch.what)")
      } catch { return }
      let due = due.take()
      if !due.isEmpty { reply["alarms"] = .list(due.map { PlugValue($0) }) }
      guard (try? link.send(.members(reply), timeout: .max / 2)) != nil else { return }
    }
  }

  private func tearDown() {
    if !isTornDown { fixture.tearDown() }
    isTornDown = true
  }

  private func answer(_ call: String, _ arguments: PlugValue) throws -> PlugValue {
    if call.hasPrefix("fixture.") { return try surroundings(call, arguments) }
    let host = fixture.host
    func handle() throws -> HostHandle { try arguments["handle"].handle() }
    func name() throws -> HostName { try arguments["name"].hostName() }
    func offset() throws -> UInt64? {
      arguments["offset"].isNone ? nil : try arguments["offset"].integer()
    }
    switch call {
    case "open(_:_:)":
      return PlugValue(try host.open(arguments["uri"].uri(), arguments["options"].options()))
    case "open(_:_:permissions:)":
      return PlugValue(
        try host.open(
          name(), arguments["options"].options(), permissions: arguments["permissions"].integer()))
    case "close(_:)": host.close(try handle())
    case "kind(of:)": return PlugValue(try host.kind(of: handle()))
    case "options(of:)": return PlugValue(try host.options(of: handle()))
    case "read(_:at:into:)":
      var bytes = [UInt8](repeating: 0xee, count: try count(arguments))
      let (handle, offset) = (try handle(), try offset())
      let count = try bytes.lendMutable { (span) throws(HostError) in
        try host.read(handle, at: offset, into: &span)
      }
      return .members([
        "count": PlugValue(count), "bytes": PlugValue(bytes: Array(bytes.prefix(max(0, count)))),
      ])
    case "write(_:at:from:)":
      return PlugValue(
        try host.writeBytes(handle(), at: offset(), arguments["bytes"].bytes()))
    case "position(of:)": return PlugValue(try host.position(of: handle()))
    case "setPosition(of:to:)":
      try host.setPosition(of: handle(), to: arguments["offset"].integer())
    case "flush(_:metadata:)":
      try host.flush(handle(), metadata: arguments["metadata"].truth())
    case "setLength(_:to:)":
      try host.setLength(handle(), to: arguments["length"].integer())
    case "allocate(_:_:_:)":
      let range = try arguments["range"].list()
      guard range.count == 2 else { throw PlugMismatch(what: "no range") }
      let (start, end): (UInt64, UInt64) = (try range[0].integer(), try range[1].integer())
      guard start <= end else { throw PlugMismatch(what: "no range") }
      try host.allocate(handle(), start..<end, arguments["how"].allocation())
    case "attributes(at:)": return PlugValue(try host.attributes(at: name()))
    case "setAttributes(at:_:)":
      try host.setAttributes(at: name(), arguments["change"].attributeChange())
    case "extendedAttribute(_:at:)":
      let value = try host.extendedAttribute(arguments["attribute"].bytes(), at: name())
      return value.map { PlugValue(bytes: $0) } ?? .none
    case "extendedAttributes(at:)":
      return .list(try host.extendedAttributes(at: name()).map { PlugValue(bytes: $0) })
    case "setExtendedAttribute(_:at:to:)":
      let value = arguments["value"]
      try host.setExtendedAttribute(
        arguments["attribute"].bytes(), at: name(), to: value.isNone ? nil : value.bytes())
    case "entries(of:)": return .list(try host.entries(of: name()).map { PlugValue($0) })
    case "makeDirectory(at:permissions:)":
      try host.makeDirectory(at: name(), permissions: arguments["permissions"].integer())
    case "makeSymbolicLink(at:to:)":
      try host.makeSymbolicLink(at: name(), to: arguments["target"].bytes())
    case "readSymbolicLink(at:)": return PlugValue(bytes: try host.readSymbolicLink(at: name()))
    case "makeLink(at:to:)":
      try host.makeLink(at: name(), to: arguments["existing"].hostName())
    case "rename(_:to:_:)":
      try host.rename(
        arguments["from"].hostName(), to: arguments["to"].hostName(),
        arguments["how"].name(of: PlugNames.renames))
    case "remove(at:isDirectory:)":
      try host.remove(at: name(), isDirectory: arguments["isDirectory"].truth())
    case "volume(of:)": return PlugValue(try host.volume(of: name()))
    case "terminalModes(_:)": return PlugValue(try host.terminalModes(handle()))
    case "setTerminalModes(_:_:_:)":
      try host.setTerminalModes(
        handle(), arguments["modes"].terminalModes(),
        arguments["when"].name(of: PlugNames.changes))
    case "windowSize(_:)": return PlugValue(try host.windowSize(handle()))
    case "setWindowSize(_:_:)":
      try host.setWindowSize(handle(), arguments["size"].windowSize())
    case "bytesAvailable(_:)": return PlugValue(try host.bytesAvailable(handle()))
    case "discardTerminal(_:input:output:)":
      try host.discardTerminal(
        handle(), input: arguments["input"].truth(), output: arguments["output"].truth())
    case "accept(_:)":
      let accepted = try host.accept(handle())
      return .members([
        "handle": PlugValue(accepted.handle), "peer": PlugValue(accepted.peer),
      ])
    case "finishConnecting(_:)": try host.finishConnecting(handle())
    case "endWriting(_:)": try host.endWriting(handle())
    case "localAddress(of:)": return PlugValue(try host.localAddress(of: handle()))
    case "send(_:_:to:)":
      let address = arguments["address"]
      let (handle, target) = (try handle(), address.isNone ? nil : try address.address())
      try arguments["bytes"].bytes().lend { (bytes) throws(HostError) in
        try host.send(handle, bytes, to: target)
      }
    case "receive(_:into:)":
      var bytes = [UInt8](repeating: 0xee, count: try count(arguments))
      let handle = try handle()
      let received = try bytes.lendMutable { (span) throws(HostError) in
        try host.receive(handle, into: &span)
      }
      return .members([
        "count": PlugValue(received.count),
        "bytes": PlugValue(bytes: Array(bytes.prefix(max(0, received.count)))),
        "source": PlugValue(received.source),
      ])
    case "wait(_:until:)":
      let deadline = arguments["deadline"]
      let items = try arguments["items"].list().map { try $0.waitItem() }
      let ready = host.wait(items, until: deadline.isNone ? nil : try deadline.integer())
      return .list(ready.map { PlugValue($0.rawValue) })
    case "interrupt()": host.interrupt()
    case "setAlarm(at:_:)":
      let deadline = arguments["deadline"]
      let action = arguments["action"]
      let number: Int? = action.isNone ? nil : try action.integer()
      let time: Int64? = deadline.isNone ? nil : try deadline.integer()
      guard let number else {
        host.setAlarm(at: time, nil)
        break
      }
      host.setAlarm(at: time) { [due] in due.add(number) }
    case "now(_:)": return PlugValue(host.now(try arguments["clock"].name(of: PlugNames.clocks)))
    case "entropy(into:)": return PlugValue(bytes: host.randomBytes(try count(arguments)))
    case "facts":
      let facts = host.facts
      return .members([
        "processors": PlugValue(facts.processors), "memory": PlugValue(facts.memory),
        "hostName": .text(facts.hostName),
      ])
    case "log(_:)": host.log(try arguments["message"].text())
    default: throw PlugMismatch(what: "no call \(call)")
    }
    return .none
  }

  /// Bytes to read at most.
  private func count(_ arguments: PlugValue) throws -> Int {
    let count: Int = try arguments["count"].integer()
    guard (0...1 << 22).contains(count) else { throw PlugMismatch(what: "no such count") }
    return count
  }

  // MARK: Surroundings

  private func surroundings(_ call: String, _ arguments: PlugValue) throws -> PlugValue {
    func number(below count: Int) throws -> Int {
      let number: Int = try arguments["number"].integer()
      guard (0..<count).contains(number) else { throw PlugMismatch(what: "no such number") }
      return number
    }
    func inherited(_ uri: StreamURI, _ number: Int = 0) -> PlugValue {
      .members(["uri": PlugValue(uri), "number": PlugValue(number)])
    }
    switch call {
    case "fixture.begin":
      return .members([
        "root": PlugValue(fixture.root), "path": .text(fixture.path),
        "version": .members([
          "major": PlugValue(fixture.version.major), "minor": PlugValue(fixture.version.minor),
        ]),
      ])
    case "fixture.grant":
      try fixture.grant(
        arguments["path"].text(), isReadOnly: arguments["isReadOnly"].truth())
    case "fixture.incoming":
      incoming.append(fixture.incoming())
      return inherited(incoming[incoming.count - 1].uri, incoming.count - 1)
    case "fixture.send":
      let text = String(decoding: try arguments["bytes"].bytes(), as: UTF8.self)
      incoming[try number(below: incoming.count)].send(text)
    case "fixture.end": incoming[try number(below: incoming.count)].end()
    case "fixture.outgoing":
      outgoing.append(fixture.outgoing())
      return inherited(outgoing[outgoing.count - 1].uri, outgoing.count - 1)
    case "fixture.received":
      return PlugValue(bytes: outgoing[try number(below: outgoing.count)].received())
    case "fixture.stopReading": outgoing[try number(below: outgoing.count)].stopReading()
    case "fixture.terminal": return inherited(fixture.terminal())
    case "fixture.inheritedFile":
      let text = String(decoding: try arguments["bytes"].bytes(), as: UTF8.self)
      return inherited(
        fixture.inheritedFile(text, position: try arguments["position"].integer()))
    case "fixture.allow": fixture.allow(try arguments["permission"].networkPermission())
    case "fixture.log":
      let text = try arguments["message"].text()
      return PlugValue(bytes: fixture.log(text))
    case "fixture.tearDown": tearDown()
    default: throw PlugMismatch(what: "no call \(call)")
    }
    return .none
  }
}

/// The actions of alarms that have run and were not told yet.
private final class DueAlarms: Sendable {
  private let numbers = Mutex<[Int]>([])

  func add(_ number: Int) {
    // So many are enough for any check.
    numbers.withLock { if $0.count < 1000 { $0.append(number) } }
  }

  func take() -> [Int] {
    numbers.withLock { numbers in
      defer { numbers = [] }
      return numbers
    }
  }
}
