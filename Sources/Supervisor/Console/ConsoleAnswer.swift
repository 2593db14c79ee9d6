import JSONText
import NIOHTTP1

/// What a browser asks for.
struct ConsoleRequest: Sendable {
  let path: String
  /// Names and values as they stand in the address: those of the console need no escapes.
  let query: [String: String]
  var body: [UInt8] = []

  init(_ uri: String) {
    let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts[0])
    let fields = parts.dropFirst().flatMap { $0.split(separator: "&") }.map {
      $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    }
    query = Dictionary(
      fields.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") },
      uniquingKeysWith: { first, _ in first })
  }
}

/// What it gets.
struct ConsoleAnswer: Sendable {
  var status = HTTPResponseStatus.ok
  var body: [UInt8] = []
  var headers = HTTPHeaders()
  /// The connection ends with it.
  var isLast = false

  init(_ body: [UInt8], type: String) {
    self.body = body
    headers.add(name: "Content-Type", value: type)
    for (name, value) in Self.always { headers.add(name: name, value: value) }
  }

  static func json(_ value: some Encodable) -> ConsoleAnswer {
    ConsoleAnswer(Array(JSON.line(value).utf8), type: "application/json")
  }

  /// In words, for the page.
  static func failure(_ status: HTTPResponseStatus, _ reason: String) -> ConsoleAnswer {
    var answer = json(["error": reason])
    answer.status = status
    return answer
  }

  /// In words, for the user.
  static func refusal(_ status: HTTPResponseStatus, _ reason: String) -> ConsoleAnswer {
    var answer = ConsoleAnswer(Array("\(reason)\n".utf8), type: "text/plain; charset=utf-8")
    answer.status = status
    answer.isLast = true
    return answer
  }

  static func redirect(to path: String, cookie: String) -> ConsoleAnswer {
    var answer = ConsoleAnswer([], type: "text/plain")
    answer.status = .seeOther
    answer.headers.add(name: "Location", value: path)
    answer.headers.add(name: "Set-Cookie", value: cookie)
    return answer
  }

  static let missing = failure(.notFound, "there is no such thing")

  /// Nothing is kept, guessed, framed or told to other sites.
  private static let always = [
    ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
  ]
}
