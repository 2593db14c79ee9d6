import Foundation
import Testing

/// The host ABI is stated in three places, which say the same.
@Suite struct HostContractTests {
  private static let project = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static func text(_ path: String) -> String {
    String(
      decoding: FileManager.default.contents(atPath: project + "/" + path) ?? Data(), as: UTF8.self)
  }

  private static let contract = HostContract(
    source: ["Host", "HostABIVersion", "HostError", "HostTypes", "StreamURI"].map {
      text("Sources/HostABI/\($0).swift")
    }.joined(separator: "\n"),
    document: text("Docs/HostABI.md"), description: text("Docs/HostABI.json"))

  @Test func documentDescriptionAndProtocolAgree() throws {
    #expect(try Self.contract.disagreements() == [])
  }

  @Test func theDescriptionFitsItsSchema() throws {
    let schema = JSONSchema(root: try JSONValue(Self.text("Docs/HostABI.schema.json")))
    #expect(schema.violations(of: try JSONValue(Self.contract.description)) == [])
  }

  /// What guests of the host ABI are compiled with.
  @Test func theHeaderIsMadeFromTheDescription() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.project + "/Scripts/native-header")
    process.arguments = ["--check"]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  // MARK: Proof that the checks can fail

  private static let sourceChanges = [
    ("func close(_ handle: HostHandle)", "func close(handle: HostHandle)"),
    (
      "func flush(_ handle: HostHandle, metadata: Bool)",
      "func flush(_ handle: HostHandle, all: Bool)"
    ),
    ("to length: UInt64)", "to length: Int64)"),
    ("-> StreamKind", "-> FileKind"), ("func interrupt()", "func interrupt() throws(HostError)"),
    ("  func log(_ message: String)\n", ""),
    (
      "  func log(_ message: String)\n",
      "  func log(_ message: String)\n\n  func exit(_ status: Int32)\n"
    ),
    ("`quotaExceeded`, `crossDevice`, `tooManyLinks`", "`quotaExceeded`, `tooManyLinks`"),
    ("/// - Throws: `notTerminal`.", "/// - Throws: `notTerminal`, `busy`."),
    ("besides throw `outOfMemory` and `io`", "besides throw `outOfMemory`"),
    ("case messageTooLong", "case messageTooLarge"),
    ("listen = OpenOptions(rawValue: 64)", "listen = OpenOptions(rawValue: 65)"),
    ("HostABIVersion(1, 0)", "HostABIVersion(1, 1)"), ("tcp, udp, pipe", "tcp, udp"),
    ("hangup = Readiness(rawValue: 4)", "hangup = Readiness(rawValue: 16)"),
  ]

  @Test(arguments: sourceChanges)
  func aChangedSourceIsNoticed(_ old: String, _ new: String) throws {
    var contract = Self.contract
    contract.source = contract.source.replacing(old, with: new)
    #expect(contract.source != Self.contract.source)
    #expect(try !contract.disagreements().isEmpty)
  }

  private static let documentChanges = [
    ("version 1.0\n", "version 1.1\n"), ("### `close(_:)`", "### `close(handle:)`"),
    ("`illegalSeek` for pipes; `fileTooLarge`", "`illegalSeek` for pipes"),
    ("`tooManyOpen`; `invalid` for what does not listen", "`invalid` for what does not listen"),
    ("| `volume(of:)` | sizes", "| sizes"), ("| `connecting` | `open`", "| `joining` | `open`"),
    ("| `nameTooLong` | a component", "| `messageTooLong` | a component"),
    ("may throw `outOfMemory` and `io`", "may throw `io`"),
    ("| `log(_:)` | the operator's channel", "| the operator's channel"),
  ]

  @Test(arguments: documentChanges)
  func aChangedDocumentIsNoticed(_ old: String, _ new: String) throws {
    var contract = Self.contract
    contract.document = contract.document.replacing(old, with: new)
    #expect(contract.document != Self.contract.document)
    #expect(try !contract.disagreements().isEmpty)
  }

  private static let descriptionChanges = [
    ("\"version\": \"1.0\"", "\"version\": \"2.0\""), ("\"callLimit\": 45", "\"callLimit\": 43"),
    ("\"label\": \"metadata\"", "\"label\": \"all\""),
    ("\"name\": \"deadline\"", "\"name\": \"limit\""),
    ("\"type\": \"HostClock\"", "\"type\": \"Clock\""), ("[\"notSupported\"]", "[]"),
    ("\"listening\", \"datagrams\"],", "\"listening\"],"), ("[\"terminal\"]", "[\"tty\"]"),
    ("{ \"name\": \"busy\", \"meaning\"", "{ \"name\": \"occupied\", \"meaning\""),
    ("[\"any\", \"handle\", \"names\"]", "[\"any\", \"handle\"]"),
    ("\"guestCallLimit\": 10", "\"guestCallLimit\": 9"), ("\"number\": 71,", "\"number\": 70,"),
    ("\"symbol\": \"end\"", "\"symbol\": \"close\""),
    ("{\"type\": \"HostName\",", "{\"type\": \"HostNames\","),
    ("\"name\": \"setThreadPointer(_:)\"", "\"name\": \"setThread(_:)\""),
    ("[\"invalid\", \"wouldBlock\", \"timedOut\"]", "[\"invalid\", \"wouldBlock\"]"),
  ]

  @Test(arguments: descriptionChanges)
  func aChangedDescriptionIsNoticed(_ old: String, _ new: String) throws {
    var contract = Self.contract
    contract.description = contract.description.replacing(old, with: new)
    #expect(contract.description != Self.contract.description)
    #expect(try !contract.disagreements().isEmpty)
  }

  private static let breaches = [
    ("\"callableFrom\": \"anywhere\"", "\"callableFrom\": \"elsewhere\""),
    ("\"version\": \"1.0\",", "\"version\": \"one\","), ("\"version\": \"1.0\",", ""),
    ("\"callLimit\": 45", "\"callLimit\": \"45\""), ("\"callLimit\": 45", "\"callLimit\": 4.5"),
    ("\"callLimit\": 45", "\"callLimit\": 45, \"more\": 1"),
    ("\"name\": \"interrupt()\"", "\"name\": \"interrupt(\""),
    ("\"bit\": 1 }", "\"bit\": 0 }"), ("\"blocks\": true", "\"blocks\": 1"),
    ("[\"outOfMemory\", \"io\"]", "[\"io\", \"io\"]"),
  ]

  @Test(arguments: breaches)
  func aBreachOfTheSchemaIsNoticed(_ old: String, _ new: String) throws {
    let schema = JSONSchema(root: try JSONValue(Self.text("Docs/HostABI.schema.json")))
    let changed = Self.contract.description.replacing(old, with: new)
    #expect(changed != Self.contract.description)
    #expect(!schema.violations(of: try JSONValue(changed)).isEmpty)
  }

  @Test func aKeywordThatNobodyChecksIsNoticed() throws {
    let schema = JSONSchema(root: try JSONValue("{\"maxLength\": 3}"))
    #expect(!schema.violations(of: .string("four")).isEmpty)
  }
}
