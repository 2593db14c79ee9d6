/// The capabilities that this process keeps (capabilities(7)); an ordinary user's process has none.
struct Capabilities: Hashable, Sendable {
  var bits: UInt64

  init(bits: UInt64) { self.bits = bits }

  init(_ list: [Capability]) {
    bits = 0
    for item in list { insert(item) }
  }

  mutating func insert(_ item: Capability) { bits |= 1 << item.rawValue }

  /// Their names in capabilities(7); numbers for unknown ones.
  var names: [String] {
    (0..<64).filter { bits >> $0 & 1 != 0 }
      .map { Capability(rawValue: $0)?.name ?? "\($0)" }
  }
}

/// The capabilities that a picoprocess may need, with their numbers.
enum Capability: Int, Sendable {
  case CAP_CHOWN = 0
  case CAP_DAC_OVERRIDE = 1
  case CAP_DAC_READ_SEARCH = 2
  case CAP_FOWNER = 3
  case CAP_FSETID = 4
  case CAP_NET_BIND_SERVICE = 10

  /// Every start asks, and reflection would take a fortieth of the shortest one.
  var name: String {
    switch self {
    case .CAP_CHOWN: "CAP_CHOWN"
    case .CAP_DAC_OVERRIDE: "CAP_DAC_OVERRIDE"
    case .CAP_DAC_READ_SEARCH: "CAP_DAC_READ_SEARCH"
    case .CAP_FOWNER: "CAP_FOWNER"
    case .CAP_FSETID: "CAP_FSETID"
    case .CAP_NET_BIND_SERVICE: "CAP_NET_BIND_SERVICE"
    }
  }
}
