import Machine
import Testing

/// Work is measured in steps: mappings examined or moved.
@Suite struct VMASetTests {
  /// Steps for `count` mappings that cannot be merged, placed top down as mmap(2) does, each looked
  /// up and changed, and all taken away one by one.
  private func steps(_ count: Int) throws -> Int {
    let space = try TestSpace().space
    var places: [GuestAddress] = []
    for index in 0..<count {
      let start = try #require(space.findGap(length: 4096, below: GuestAddress(1 << 46)))
      let permissions: Permissions = index % 2 == 0 ? .read : []
      let isMapped = space.map(
        VMA(start: start, end: start + 4096, permissions: permissions, flags: .noReserve))
      #expect(isMapped)
      places.append(start)
    }
    #expect(space.mappings.count == count)
    #expect(space.mappedBytes == UInt64(count) << 12)
    for place in places { #expect(space.mapping(at: place)?.start == place) }
    for place in places { space.unmap(place, place + 4096) }
    #expect(space.mappings.isEmpty && space.mappedBytes == 0)
    return space.mappings.steps
  }

  @Test func workGrowsWithTheNumberOfMappings() throws {
    let (few, many) = (try steps(4_000), try steps(16_000))
    // A few more chunks are passed over in each search; were it quadratic, it would be 16 times.
    #expect(many < 6 * few)
  }

  @Test func mappingsHaveALimit() throws {
    let space = try TestSpace(pages: 1 << 18).space
    let limit = AddressSpace.mappingLimit
    for index in 0..<UInt64(limit) {
      let start = address(2 * index)
      #expect(space.map(VMA(start: start, end: start + 4096, permissions: .read)))
    }
    // One is still had, as in Linux; then none, and none is cut in two.
    let big = address(1 << 20)
    #expect(space.map(VMA(start: big, end: big + 3 * 4096, permissions: .read)))
    #expect(!space.map(VMA(start: address(1 << 21), end: address(1 << 21) + 4096, permissions: [])))
    #expect(!space.unmap(big + 4096, big + 8192))
    #expect(!space.protect(big + 4096, big + 8192, []))
    #expect(!space.updateFlags(big, big + 4096) { $0.insert(.locked) })
    #expect(space.mapping(at: big).map(\.end) == big + 3 * 4096)
    for page: UInt64 in [0, 2, 4] { #expect(space.unmap(address(page), address(page + 1))) }
    #expect(space.unmap(big + 4096, big + 8192))
  }

  @Test func gapsAreFoundWhereTheyAre() throws {
    let space = try TestSpace().space
    // Every second page of a stretch, but for one gap of three pages.
    for index in 0..<UInt64(1_000) where index != 300 {
      let start = address(2 * index)
      #expect(space.map(VMA(start: start, end: start + 4096, permissions: .read)))
    }
    let top = address(2_000)
    #expect(space.findGap(length: 4096, below: top) == address(1_999))
    #expect(space.findGap(length: 3 * 4096, below: top) == address(599))
    #expect(space.findGap(length: 4 * 4096, below: top) == address(0) - 4 * 4096)
    #expect(space.findGap(length: 4 * 4096, below: top, above: address(0)) == nil)
    space.unmap(address(1_000), address(1_004))
    #expect(space.findGap(length: 3 * 4096, below: top) == address(1_001))
  }
}
