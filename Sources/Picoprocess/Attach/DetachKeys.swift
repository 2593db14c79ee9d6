/// The keys that end an attachment and let the guest go on, in podman's syntax: `ctrl-p,ctrl-q`.
package struct DetachKeys: Sendable, Hashable {
  /// What a terminal sends for them; empty: there are none.
  package let bytes: [UInt8]

  package static let standard = DetachKeys(bytes: [16, 17])

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// - Parameter text: keys between commas, each a character or `ctrl-` and a letter or one of `@[\]^_`; empty for no
  ///   keys.
  /// - Returns: nil for anything else.
  package init?(_ text: String) {
    if text.isEmpty {
      bytes = []
      return
    }
    var bytes: [UInt8] = []
    for key in text.split(separator: ",", omittingEmptySubsequences: false) {
      let name = key.hasPrefix("ctrl-") ? key.dropFirst(5) : key
      guard name.utf8.count == 1, let byte = name.utf8.first, byte > 0x20, byte < 0x7f else {
        return nil
      }
      if name.startIndex == key.startIndex {
        bytes.append(byte)
        continue
      }
      let capital = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte - 0x20 : byte
      guard (UInt8(ascii: "@")...UInt8(ascii: "_")).contains(capital) else { return nil }
      bytes.append(capital & 0x1f)
    }
    self.bytes = bytes
  }

  /// Looks for the keys in what is typed.
  package struct Filter {
    private let keys: [UInt8]
    /// The first of the keys, which were typed last.
    private var held: [UInt8] = []

    package init(_ keys: DetachKeys) { self.keys = keys.bytes }

    /// - Returns: what is to be passed on; and whether all keys were typed, in which case the rest is dropped.
    package mutating func pass(_ typed: [UInt8]) -> (bytes: [UInt8], isDetached: Bool) {
      guard !keys.isEmpty else { return (typed, false) }
      var passed: [UInt8] = []
      for byte in typed {
        held.append(byte)
        while !keys.starts(with: held) { passed.append(held.removeFirst()) }
        if held.count == keys.count { return (passed, true) }
      }
      return (passed, false)
    }
  }
}
