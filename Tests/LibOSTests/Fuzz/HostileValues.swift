import LibOS
import LinuxABI
import TestSupport

/// Arguments as a careless or malicious program chooses them: next to plausible ones, and far from any.
struct HostileValues {
  var generator: SeededNumbers

  init(seed: UInt64) { generator = SeededNumbers(seed) }

  mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &generator) == 0 }

  mutating func pick<T>(_ values: [T]) -> T { values.randomElement(using: &generator)! }

  /// An argument for a parameter of this kind, or now and then for another one.
  mutating func argument(_ kind: ArgumentKind) -> UInt64 {
    if chance(8) { return anything() }
    switch kind {
    case .address, .inBuffer, .outBuffer, .strings, .timespec: return pointer()
    case .socketAddress:
      return chance(3) ? pointer() : pick(FuzzMemory.socketAddresses).address
    case .socketType:
      return pick([1, 2, 3, 5]) | (chance(2) ? 0 : 0x800) | (chance(8) ? generator.next() : 0)
    case .path: return chance(4) ? pointer() : pick(FuzzMemory.paths).address
    case .fd, .dirfd: return descriptor()
    case .size: return length()
    case .flags(let names): return flags(names())
    case .oneOf(let names):
      return chance(4) ? UInt64.random(in: 0..<64, using: &generator) : pick(names()).value
    case .signal: return UInt64(bitPattern: Int64.random(in: -1...66, using: &generator))
    case .pid: return pick([0, 1, 1, 1, 2, 3, 7, .max, 1 << 31, 1 << 22])
    case .futexOperation: return UInt64.random(in: 0..<1024, using: &generator)
    case .openFlags:
      return flags(OpenFlags.names.map { FlagName(UInt64($0.value.rawValue), $0.name) })
    case .octal, .openMode: return UInt64.random(in: 0...0o17_7777, using: &generator)
    case .socketLevel:
      return chance(4) ? number() : pick(SocketOptionLevel.allCases.map { UInt64($0.rawValue) })
    case .int, .unsigned, .hex, .socketOption: return number()
    }
  }

  mutating func anything() -> UInt64 {
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: return generator.next()
    case 1: return pointer()
    case 2: return length()
    case 3: return descriptor()
    case 4: return 1 << UInt64.random(in: 0..<64, using: &generator)
    default: return number()
    }
  }

  mutating func number() -> UInt64 {
    if chance(2) { return UInt64.random(in: 0..<40, using: &generator) }
    return chance(4) ? generator.next() >> UInt64.random(in: 0..<64, using: &generator) : length()
  }

  mutating func descriptor() -> UInt64 {
    if !chance(6) { return UInt64.random(in: 0..<56, using: &generator) }
    return UInt64(
      bitPattern: pick([-1, -100, 1023, 1024, 1 << 20, 1 << 31, Int64(Int32.max), .min, .max, -2]))
  }

  mutating func length() -> UInt64 {
    if chance(2) {
      return pick([0, 1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 128, 144, 256, 1024, 4095, 4096, 8192])
    }
    let edge: UInt64 = 1 << UInt64.random(in: 3..<64, using: &generator)
    return edge &+ UInt64(bitPattern: Int64.random(in: -2...1, using: &generator))
      &- (chance(8) ? 0 : 4094 &* UInt64.random(in: 0...1, using: &generator))
  }

  mutating func flags(_ names: [FlagName]) -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<Int.random(in: 0...3, using: &generator) where !names.isEmpty {
      value |= pick(names).value
    }
    if chance(6) { value |= 1 << UInt64.random(in: 0..<64, using: &generator) }
    return value
  }

  /// An address: of memory of every kind, of its edges, and of nothing.
  mutating func pointer() -> UInt64 {
    let data = FuzzMemory.data
    let slot = data + 8 * UInt64.random(in: 0..<FuzzMemory.dataSize / 8, using: &generator)
    switch Int.random(in: 0..<16, using: &generator) {
    case 0...8: return slot
    case 9: return slot + UInt64.random(in: 1..<8, using: &generator)
    case 10: return FuzzMemory.readOnly + UInt64.random(in: 0..<4096, using: &generator)
    case 11:
      // The last bytes before a hole.
      return data + FuzzMemory.dataSize - UInt64.random(in: 0..<200, using: &generator)
    case 12: return pick(FuzzMemory.paths).address
    case 13: return FuzzMemory.noAccess + UInt64.random(in: 0..<4096, using: &generator)
    case 14: return 0
    default:
      return pick([
        1, 4095, 0x10000, 0x7fff_ffff_e000, 0x7fff_ffff_efff, 0x7fff_ffff_f000, 0x7fff_ffff_ffff,
        0x8000_0000_0000, 0xffff_7fff_ffff_ffff, 0xffff_8000_0000_0000, UInt64.max, UInt64.max - 7,
        UInt64.max - 4095, 0x4141_4141_4141_4141, data - 4, FuzzMemory.fileBacked,
        FuzzMemory.fileBacked + 8192,
      ])
    }
  }
}
