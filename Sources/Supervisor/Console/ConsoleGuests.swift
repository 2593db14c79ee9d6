import HostABI
import JSONText
import PosixHost

/// What the console asks picoprocesses of this machine by itself, over their control sockets: `Docs/Attach.md` and
/// `Docs/Handover.md` have the lines.
enum ConsoleGuests {
  private static let second: Int64 = 1_000_000_000

  private static func connect(_ name: String, _ line: String) throws(HostError) -> ControlConnection
  {
    let connection = try ControlDirectory.standard().connect(to: name)
    try connection.send(Array(line.utf8), timeout: second)
    return connection
  }

  // MARK: Memory

  /// What a picoprocess has seen in a time, in nanoseconds: how much of its memory was written.
  private struct Watched: Decodable {
    let watched: Answer

    struct Answer: Decodable { let activity: Activity }
    struct Activity: Decodable { let written: [Written] }
    struct Written: Decodable {
      let time: Int64
      let bytes: UInt64
    }
  }

  /// Has all of them watched for a second.
  ///
  /// - Returns: bytes of their memory that they have written in it, each once.
  static func writes(_ names: [String]) -> [String: Double] {
    let watched = names.map { name in
      (name, try? connect(name, #"{"watch":{"time":\#(second)}}"#))
    }
    var rates: [String: Double] = [:]
    for (name, connection) in watched {
      guard let line = try? connection?.receive(timeout: 2 * second),
        let last = JSON.decode(Watched.self, from: line)?.watched.activity.written.last,
        last.time > 0
      else { continue }
      rates[name] = Double(last.bytes) / Double(last.time) * 1e9
    }
    return rates
  }

  // MARK: Terminals

  private struct Failed: Decodable {
    let failed: Reason
    struct Reason: Decodable { let error: String }
  }

  /// Joins a picoprocess's console.
  ///
  /// - Returns: the connection, and what has come over it: the line that answers, and frames.
  static func attach(_ name: String, columns: UInt16, rows: UInt16) throws(SupervisorError) -> (
    link: ByteLink, received: [UInt8]
  ) {
    let request = #"""
      {"attach":{"input":true,"output":true,"size":{"columns":\#(columns),"rows":\#(rows)}}}
      """#
    let (answer, link, received): ([UInt8], ByteLink, [UInt8])
    do throws(HostError) {
      let connection = try connect(name, request)
      guard let line = try connection.receive(timeout: 10 * second) else { throw .connectionReset }
      answer = line
      (link, received) = try connection.becomeLink()
    } catch .notFound { throw SupervisorError("no picoprocess named \(name) is running") } catch {
      throw SupervisorError(name, error)
    }
    if let failed = JSON.decode(Failed.self, from: answer)?.failed {
      throw SupervisorError("\(name): \(failed.error)")
    }
    return (link, answer + [UInt8(ascii: "\n")] + received)
  }

  // MARK: Screens

  private struct Listed: Decodable {
    let name: String
    let published: [String]?
  }

  /// Where the guest's port is reached that it has published as `port` of this machine.
  static func place(of port: Int, _ name: String, _ verbs: Verbs) throws(SupervisorError)
    -> NetworkPlace
  {
    let list = JSON.decode([Listed].self, from: Array(try verbs.list().utf8))
    let published = list?.first { $0.name == name }?.published ?? []
    // ADDRESS:PORT:GUESTPORT, those of datagrams with a suffix.
    let places = published.filter { !$0.hasSuffix("/udp") }.compactMap { text in
      text.lastIndex(of: ":").flatMap { NetworkPlace(String(text[..<$0])) }
    }
    guard let place = places.first(where: { $0.port == port }) else {
      throw SupervisorError("\(name) has not published port \(port)")
    }
    switch place.host {
    case "0.0.0.0": return NetworkPlace(host: "127.0.0.1", port: port)
    case "::": return NetworkPlace(host: "::1", port: port)
    default: return place
    }
  }
}
