package import HostABI
package import PosixHost

/// A host in another process, and its surroundings, over which that process has control, too.
package final class PlugFixture: Fixture {
  private let plug: PlugHost
  private let link: PlugLink
  private let process: LinkProcess?
  package var host: any Host { plug }
  package let root: HostHandle
  package let path: String
  package let version: HostABIVersion

  package var trouble: Trouble? { plug.trouble }

  /// Why there is no such host.
  package struct Unusable: Error {
    package let trouble: Trouble
  }

  /// Starts a program that is a plug.
  ///
  /// - Parameter timeLimit: nanoseconds until the check has to be over.
  package convenience init(starting command: [String], timeLimit: Int64) throws(Unusable) {
    let started: (process: LinkProcess, link: ByteLink)
    do throws(HostError) { started = try LinkProcess.start(command) } catch {
      throw Unusable(trouble: .other("\(command.first ?? ""): \(error)"))
    }
    try self.init(started.link, started.process, timeLimit)
  }

  /// Speaks with a plug over a link.
  package convenience init(_ link: ByteLink, timeLimit: Int64) throws(Unusable) {
    try self.init(link, nil, timeLimit)
  }

  private init(_ link: ByteLink, _ process: LinkProcess?, _ timeLimit: Int64) throws(Unusable) {
    let link = PlugLink(link)
    self.link = link
    let plug = PlugHost(link, deadline: HostProcess.monotonicTime + timeLimit)
    self.plug = plug
    self.process = process
    do throws(HostError) {
      let (root, path, version) = try plug.ask("fixture.begin") {
        reply -> (HostHandle, String, HostABIVersion) in
        (
          try reply["root"].handle(), try reply["path"].text(),
          HostABIVersion(
            try reply["version"]["major"].integer(), try reply["version"]["minor"].integer())
        )
      }
      self.root = root
      self.path = path
      self.version = version
    } catch {
      link.close()
      _ = process?.end(within: 0)
      throw Unusable(trouble: plug.trouble ?? .other("it begins with \(error)"))
    }
  }

  package func grant(_ path: String, isReadOnly: Bool) throws(HostError) {
    try plug.tell("fixture.grant", ["path": .text(path), "isReadOnly": .truth(isReadOnly)])
  }

  /// Something new that the host inherits: its URI, and a number for it. What fails is found as trouble.
  private func inherit(_ call: String, _ arguments: [String: PlugValue] = [:]) -> (
    uri: StreamURI, number: PlugValue
  ) {
    let made = try? plug.ask(call, arguments) {
      reply -> (uri: StreamURI, number: PlugValue) in
      (try reply["uri"].uri(), reply["number"])
    }
    return made ?? (StreamURI(.stdio, "none"), .none)
  }

  package func incoming() -> Incoming {
    let made = inherit("fixture.incoming")
    return Incoming(
      uri: made.uri,
      send: { text in
        try? self.plug.tell(
          "fixture.send", ["number": made.number, "bytes": PlugValue(bytes: bytes(text))])
      },
      end: { try? self.plug.tell("fixture.end", ["number": made.number]) })
  }

  package func outgoing() -> Outgoing {
    let made = inherit("fixture.outgoing")
    return Outgoing(
      uri: made.uri,
      received: {
        let received = try? self.plug.ask("fixture.received", ["number": made.number]) {
          try $0.bytes()
        }
        return received ?? []
      },
      stopReading: { try? self.plug.tell("fixture.stopReading", ["number": made.number]) })
  }

  package func terminal() -> StreamURI { inherit("fixture.terminal").uri }

  package func inheritedFile(_ text: String, position: UInt64) -> StreamURI {
    inherit(
      "fixture.inheritedFile",
      ["bytes": PlugValue(bytes: bytes(text)), "position": PlugValue(position)]
    ).uri
  }

  package func allow(_ permission: NetworkPermission) {
    try? plug.tell("fixture.allow", ["permission": PlugValue(permission)])
  }

  package func log(_ message: String) -> [UInt8] {
    let shown = try? plug.ask("fixture.log", ["message": .text(message)]) {
      try $0.bytes()
    }
    return shown ?? []
  }

  package func tearDown() {
    try? plug.tell("fixture.tearDown")
    // It ends when the link does.
    link.close()
    _ = process?.end(within: 2_000_000_000)
  }
}
