import Foundation

/// The folder that Debian's programs find at `/mnt`: `text`, 20 MB of lines of words and numbers that
/// compress by half, and `small`, its first 500 kB.
enum TestData {
  static let folder: URL = {
    let folder = Checkout.root.appendingPathComponent(".deps/test-data")
    let text = folder.appendingPathComponent("text")
    if (try? text.resourceValues(forKeys: [.fileSizeKey]))?.fileSize != 20_000_000 {
      try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let bytes = make(20_000_000)
      // Written atomically, since another test process may do the same.
      try? bytes.prefix(500_000).write(
        to: folder.appendingPathComponent("small"), options: .atomic)
      try? bytes.write(to: text, options: .atomic)
    }
    return folder
  }()

  private static func make(_ size: Int) -> Data {
    var state: UInt64 = 7
    func next(_ limit: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(limit))
    }
    let words = (0..<5000).map { _ in
      (0..<(2 + next(8))).map { _ in UInt8(ascii: "a") + UInt8(next(26)) }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + 200)
    while bytes.count < size {
      for _ in 0..<12 {
        bytes += words[next(words.count)]
        bytes.append(UInt8(ascii: " "))
      }
      bytes += Array("\(next(1_000_000_000))\n".utf8)
    }
    return Data(bytes.prefix(size - 1)) + Data("\n".utf8)
  }
}
