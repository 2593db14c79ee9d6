internal import HostABI
internal import PosixHost

/// The small text files of procfs and sysfs.
enum SmallFile {
  /// The text without blanks around it; nil if it can't be read.
  static func text(_ path: String) -> String? {
    guard let file = try? InputFile(path), let bytes = try? file.read(at: 0, count: 1 << 16) else {
      return nil
    }
    let isBlank = { (byte: UInt8) in byte <= 0x20 }
    let start = bytes.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }.map { start[...$0] } ?? []
    return String(decoding: end, as: UTF8.self)
  }

  static func number(_ path: String) -> Int? { text(path).flatMap { Int($0) } }

  static func names(_ path: String) -> [String] {
    ((try? directoryNames(path)) ?? []).compactMap { String(validating: $0, as: UTF8.self) }
  }
}
