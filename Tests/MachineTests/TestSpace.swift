import Machine
import Testing

let base = GuestAddress(0x10_0000)

/// An address space over an arena of its own.
struct TestSpace {
  let arena: FrameArena
  let space: AddressSpace

  init(pages: Int = 1024, isa: GuestISA = .x86_64) throws {
    arena = try #require(FrameArena(byteLimit: pages * Frame.size))
    space = AddressSpace(arena: arena, isa: isa)
  }

  @discardableResult
  func map(
    _ page: UInt64, _ count: UInt64 = 1, _ permissions: Permissions = [.read, .write],
    flags: VMA.Flags = [], backing: VMA.Backing = .anonymous, name: String = ""
  ) -> Bool {
    space.map(
      VMA(
        start: address(page), end: address(page + count), permissions: permissions, flags: flags,
        backing: backing, name: name))
  }

  func unmap(_ page: UInt64, _ count: UInt64 = 1) {
    space.unmap(address(page), address(page + count))
  }

  func protect(_ page: UInt64, _ count: UInt64, _ permissions: Permissions) -> Bool {
    space.protect(address(page), address(page + count), permissions)
  }

  /// First page, pages and permissions of each mapping.
  var layout: [Line] {
    space.mappings.map {
      Line(($0.start - base) >> 12, $0.length >> 12, $0.permissions)
    }
  }

  func load(_ page: UInt64) throws(MemoryFault) -> UInt64 {
    try space.load(at: address(page))
  }

  func store(_ value: UInt64, _ page: UInt64) throws(MemoryFault) {
    try space.store(value, to: address(page))
  }

  struct Line: Hashable {
    var page: UInt64
    var count: UInt64
    var permissions: Permissions
    init(_ page: UInt64, _ count: UInt64, _ permissions: Permissions = [.read, .write]) {
      self.page = page
      self.count = count
      self.permissions = permissions
    }
  }
}

func address(_ page: UInt64) -> GuestAddress { base + page << 12 }

/// Page n is filled with n + 1. Counts how often it was asked.
final class Pattern: PageSource {
  var reads = 0
  var isBroken = false

  func readPages(at offset: UInt64, into buffer: inout MutableRawSpan) -> Bool {
    reads += 1
    guard !isBroken else { return false }
    var position = 0
    while position < buffer.byteCount {
      let page = (offset + UInt64(position)) >> 12
      let end = min(Int(((page + 1) << 12) - offset), buffer.byteCount)
      buffer.fill(UInt8(truncatingIfNeeded: page + 1), in: position..<end)
      position = end
    }
    return true
  }

  /// The 64-bit word that page `index` is full of.
  static func word(_ index: UInt64) -> UInt64 { ((index + 1) & 0xff) &* 0x0101_0101_0101_0101 }
}
