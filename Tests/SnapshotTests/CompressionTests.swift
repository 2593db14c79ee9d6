import Foundation
import Snapshot
import Testing

@Suite struct CompressionTests {
  @Test func textsRoundTrip() throws {
    #expect(Compression("zstd") == .standard)
    for value in [Compression.none, .standard, .zstd(level: 7), .zstd(level: 19)] {
      #expect(Compression(value.description) == value)
      let json = try JSONEncoder().encode([value])
      #expect(try JSONDecoder().decode([Compression].self, from: json) == [value])
    }
  }

  @Test(arguments: [
    "", "None", "gzip", "zstd:", "zstd:0", "zstd:20", "zstd:-1", "zstd:+1", "zstd:1.5", "zstd: 1",
    "zstd:٣", "zstd:99999999999", "zstd1", "none:1",
  ])
  func othersAreRefused(_ text: String) {
    #expect(Compression(text) == nil)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Compression].self, from: try JSONEncoder().encode([text]))
    }
  }
}
