import Foundation

/// A value of JSON.
enum JSONValue: Decodable, Hashable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  init(_ text: String) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }
}

/// A schema (JSON Schema, 2020-12), as far as schemas in `Docs` go. A keyword that is not understood here is a
/// violation, so none is passed over.
struct JSONSchema {
  let root: JSONValue

  /// What is wrong with `value`, each with its place.
  func violations(of value: JSONValue) -> [String] { check(value, root, "") }

  private func check(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
    guard case .object(let rules) = schema else { return ["\(place): the schema is no object"] }
    return rules.sorted { $0.key < $1.key }.flatMap { keyword, rule in
      check(value, keyword, rule, rules, place)
    }
  }

  private func check(
    _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ rules: [String: JSONValue],
    _ place: String
  ) -> [String] {
    func unless(_ holds: Bool) -> [String] {
      holds ? [] : ["\(place.isEmpty ? "/" : place): breaks \(keyword)"]
    }
    switch (keyword, rule, value) {
    case ("$schema", _, _), ("$defs", _, _), ("title", _, _), ("description", _, _): return []
    case ("$ref", .string(let reference), _):
      let prefix = "#/$defs/"
      guard reference.hasPrefix(prefix),
        let target = root["$defs"]?[String(reference.dropFirst(prefix.count))]
      else { return ["\(place): \(reference) leads nowhere"] }
      return check(value, target, place)
    case ("type", .string(let type), _): return unless(Self.is(value, type))
    case ("enum", .array(let values), _): return unless(values.contains(value))
    case ("pattern", .string(let pattern), .string(let text)):
      guard let regex = try? Regex(pattern) else { return ["\(pattern) is no pattern"] }
      return unless(text.firstMatch(of: regex) != nil)
    case ("minLength", .number(let least), .string(let text)):
      return unless(Double(text.unicodeScalars.count) >= least)
    case ("minimum", .number(let least), .number(let number)): return unless(number >= least)
    case ("minItems", .number(let least), .array(let items)):
      return unless(Double(items.count) >= least)
    case ("maxItems", .number(let most), .array(let items)):
      return unless(Double(items.count) <= most)
    case ("uniqueItems", .boolean(true), .array(let items)):
      return unless(Set(items).count == items.count)
    case ("items", _, .array(let items)):
      return items.enumerated().flatMap { check($1, rule, "\(place)/\($0)") }
    case ("properties", .object(let properties), .object(let members)):
      return members.sorted { $0.key < $1.key }.flatMap { name, member in
        properties[name].map { check(member, $0, "\(place)/\(name)") } ?? []
      }
    case ("required", .array(let names), .object(let members)):
      return names.flatMap { name -> [String] in
        guard case .string(let name) = name, members[name] == nil else { return [] }
        return ["\(place): there is no \(name)"]
      }
    case ("additionalProperties", .boolean(false), .object(let members)):
      guard case .object(let properties)? = rules["properties"] else {
        return unless(members.isEmpty)
      }
      return members.keys.sorted().filter { properties[$0] == nil }.map {
        "\(place): \($0) is not in the schema"
      }
    case ("pattern", _, _), ("minLength", _, _), ("minimum", _, _), ("minItems", _, _),
      ("maxItems", _, _), ("uniqueItems", _, _), ("items", _, _), ("properties", _, _),
      ("required", _, _), ("additionalProperties", _, _):
      // They say nothing about values of other types, which `type` refuses.
      return []
    default: return ["\(place): the keyword \(keyword) is not understood"]
    }
  }

  private static func `is`(_ value: JSONValue, _ type: String) -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .array), ("string", .string), ("boolean", .boolean),
      ("number", .number), ("null", .null):
      true
    case ("integer", .number(let number)): number == number.rounded()
    default: false
    }
  }
}
