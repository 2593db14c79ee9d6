import Foundation

/// The three places that state the host ABI: `protocol Host` and its types, the document, and the description
/// for programs.
struct HostContract {
  /// The sources of the module `HostABI`, one after the other.
  var source: String
  var document: String
  var description: String

  /// A call, as one of the places states it.
  struct Call: Equatable {
    /// Labels, names and types, as in a declaration; nil where a place does not state them.
    var signature: String?
    /// All errors that it may throw.
    var errors: Set<String>
  }

  /// Where the places do not say the same.
  func disagreements() throws -> [String] {
    let description = try JSONDecoder().decode(Description.self, from: Data(description.utf8))
    let source = SourceReader(text: source, description: description)
    let document = DocumentReader(text: document, description: description)
    var found: [String] = []

    func compare<T: Equatable>(_ what: String, _ one: T, _ other: T) {
      if one != other { found.append("\(what): \(one) and \(other)") }
    }
    compare("version of source and description", source.version, description.version)
    compare("version of document and description", document.version, description.version)
    compare("errors", source.errors, Set(description.errors.map(\.name)))
    compare("schemes", source.cases(of: "Scheme"), Set(description.schemes))
    compare("open options", source.bits(of: "OpenOptions"), description.openOptions.asBits)
    compare("readiness", source.bits(of: "Readiness"), description.readiness.asBits)
    compare(
      "states of handles", document.rows(of: "Handles"), description.handleStates.map(\.name))
    for set in description.errorSets where set.name == "names" {
      compare("errors of names", Set(document.rows(of: "Names of files")), Set(set.errors))
    }
    let general = Set(description.errorSets.filter { $0.name != "names" }.flatMap(\.errors))
    compare("errors of any call, in the source", source.generalErrors, general)
    compare("errors of any call, in the document", document.generalErrors, general)

    let stated = description.statedCalls
    let names = stated.map(\.name)
    if Set(names).count != names.count { found.append("a call is described twice") }
    if names.count > description.callLimit { found.append("there are \(names.count) calls") }
    let guestRows = document.guestCalls
    compare(
      "calls of the guest half", guestRows.map(\.name), description.guestCalls.map(\.name))
    for (row, call) in zip(guestRows, description.guestCalls) {
      compare("errors of \(call.name)", row.errors, Set(call.errors))
    }
    if description.guestCalls.count > description.guestCallLimit {
      found.append("there are \(description.guestCalls.count) calls of the guest half")
    }
    compare("calls of the source", source.calls.keys.sorted(), names.sorted())
    compare("calls of the document", document.names.sorted(), names.sorted())
    compare(
      "calls with a reason",
      document.rows(of: "Why these calls, and what the neighbours have").sorted(), names.sorted())
    for (name, call) in stated {
      if let other = source.calls[name] { compare("\(name), source and description", other, call) }
      if let other = document.calls[name] {
        compare("errors of \(name), document and description", other, call.errors)
      }
    }
    return found + description.loose
  }
}

/// `HostABI.json`.
struct Description: Decodable {
  struct Named: Decodable { var name: String }
  struct Bit: Decodable {
    var name: String
    var bit: Int
  }
  struct ErrorSet: Decodable {
    var name: String
    var errors: [String]
  }
  struct State: Decodable {
    var name: String
    var isInitial: Bool
  }
  struct Argument: Decodable {
    var label: String
    var name: String
    var type: String
  }
  struct Result: Decodable { var type: String }
  struct Call: Decodable {
    var name: String
    var number: Int
    var symbol: String
    var arguments: [Argument]
    var result: Result?
    var canFail: Bool
    var errors: [String]
    var errorSets: [String]
    var worksIn: [String]?
    var leadsTo: [String]?

    /// As it would be declared, with each argument's label and name.
    var signature: String {
      guard name.contains("(") else { return "var \(name): \(result?.type ?? "Void")" }
      let base = name.prefix { $0 != "(" }
      let list = arguments.map { "\($0.label) \($0.name): \($0.type)" }.joined(separator: ", ")
      return "func \(base)(\(list))\(canFail ? " throws" : "") -> \(result?.type ?? "Void")"
    }
  }

  var version: String
  var callLimit: Int
  var schemes: [String]
  var openOptions: [Bit]
  var readiness: [Bit]
  var errors: [Named]
  var errorSets: [ErrorSet]
  var handleStates: [State]
  var calls: [Call]
  var guestCallLimit: Int
  var guestCalls: [Call]

  /// How a type goes through registers.
  struct Passing: Decodable {
    struct Register: Decodable {}
    var type: String
    var registers: [Register]
  }
  var passing: [Passing]
  var returning: [Passing]

  /// All that a call may throw, with the errors of its sets.
  func errors(_ own: some Sequence<String>, _ sets: [String]) -> Set<String> {
    Set(own).union(errorSets.filter { sets.contains($0.name) }.flatMap(\.errors))
  }

  var statedCalls: [(name: String, call: HostContract.Call)] {
    calls.map {
      ($0.name, .init(signature: $0.signature, errors: errors($0.errors, $0.errorSets)))
    }
  }

  /// References that lead nowhere, and what contradicts itself.
  var loose: [String] {
    var found: [String] = []
    let errorNames = Set(errors.map(\.name))
    let states = Set(handleStates.map(\.name))
    let sets = Set(errorSets.map(\.name))
    for name in errorSets.flatMap(\.errors) where !errorNames.contains(name) {
      found.append("a set has the error \(name), which there is not")
    }
    for call in calls {
      for name in call.errors where !errorNames.contains(name) {
        found.append("\(call.name) throws \(name), which there is not")
      }
      for name in call.errorSets where !sets.contains(name) {
        found.append("\(call.name) has the set \(name), which there is not")
      }
      for name in (call.worksIn ?? []) + (call.leadsTo ?? []) where !states.contains(name) {
        found.append("\(call.name) has the state \(name), which there is not")
      }
      let labels = call.arguments.map { $0.label + ":" }.joined()
      let base = call.name.prefix { $0 != "(" }
      if call.name.contains("("), call.name != "\(base)(\(labels))" {
        found.append("\(call.name) has arguments with the labels \(labels)")
      }
      // The sets follow from what a call takes.
      let types = call.arguments.map(\.type)
      var expected: Set<String> = call.canFail ? ["any"] : []
      if call.canFail, types.contains("HostHandle") { expected.insert("handle") }
      if types.contains("HostName") { expected.formUnion(["handle", "names"]) }
      if Set(call.errorSets) != expected {
        found.append("\(call.name) has the sets \(call.errorSets), not \(expected.sorted())")
      }
      if !call.canFail, !call.errors.isEmpty {
        found.append("\(call.name) cannot fail, but throws")
      }
      let takesHandles =
        types.contains("HostHandle") || types.contains("HostName") || types.contains("[WaitItem]")
      if takesHandles != (call.worksIn != nil) {
        found.append("\(call.name) says nothing of the states of its handles, or too much")
      }
    }
    found += looseNumbers
    let reached = Set(calls.flatMap { $0.leadsTo ?? [] })
    for state in handleStates where !state.isInitial && !reached.contains(state.name) {
      found.append("no call leads to the state \(state.name)")
    }
    return found
  }
}

extension Description {
  /// What guests of the host ABI could not rely on: numbers that are there twice, types that nobody says how to pass.
  private var looseNumbers: [String] {
    var found: [String] = []
    let all = calls + guestCalls
    if Set(all.map(\.number)).count != all.count { found.append("two calls have one number") }
    if Set(all.map(\.symbol)).count != all.count { found.append("two calls have one symbol") }
    for call in all {
      var registers = 0
      for argument in call.arguments {
        let passed = passing.filter { $0.type == argument.type }
        if passed.count != 1 { found.append("nobody says how a \(argument.type) is passed") }
        registers += passed.first?.registers.count ?? 0
      }
      if let result = call.result {
        let returned = returning.filter { $0.type == result.type }
        if returned.count != 1 { found.append("nobody says how a \(result.type) is returned") }
        registers += returned.first?.registers.count ?? 0
      }
      if registers > 6 { found.append("\(call.name) takes \(registers) registers") }
    }
    return found
  }
}

extension [Description.Bit] {
  fileprivate var asBits: [String: Int] {
    Dictionary(map { ($0.name, $0.bit) }, uniquingKeysWith: { first, _ in first })
  }
}

/// The words in backticks that are among `names`.
func quoted(_ text: some StringProtocol, among names: Set<String>) -> Set<String> {
  let parts = text.split(separator: "`", omittingEmptySubsequences: false)
  // Every second part stands between backticks.
  let words = parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
  return Set(words).intersection(names)
}
