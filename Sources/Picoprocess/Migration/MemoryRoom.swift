import HostABI
import PosixHost

/// How much memory the host has to spare.
enum MemoryRoom {
  /// Bytes that programs could use without others being swapped out: `MemAvailable` of /proc/meminfo (proc(5)), or
  /// all that there is where that is not told.
  static var available: UInt64 {
    guard let file = try? InputFile("/proc/meminfo"),
      let text = try? file.read(at: 0, count: 4096)
    else { return PosixHost().facts.memory }
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      guard words.count >= 2, words[0].elementsEqual("MemAvailable:".utf8),
        let kilobytes = UInt64(String(decoding: words[1], as: UTF8.self))
      else { continue }
      let (bytes, overflow) = kilobytes.multipliedReportingOverflow(by: 1024)
      return overflow ? .max : bytes
    }
    return PosixHost().facts.memory
  }
}
