package import LinuxABI
internal import Machine

/// An open file whose text is made when it is read from its beginning, as the kernel's seq_file does: most
/// of `/proc`. A reader that continues gets the rest of the same text.
package final class TextFile: OpenFile {
  private let place: Dentry
  /// The text being read, once it was begun.
  package private(set) var text: [UInt8]?
  private let make: () throws(Errno) -> [UInt8]
  /// What is done with the bytes of a write; `nil` refuses them.
  private let accept: (([UInt8]) throws(Errno) -> Void)?

  package init(
    _ dentry: Dentry, _ flags: OpenFlags, begun text: [UInt8]? = nil,
    make: @escaping () throws(Errno) -> [UInt8],
    accept: (([UInt8]) throws(Errno) -> Void)? = nil
  ) {
    place = dentry
    self.text = text
    self.make = make
    self.accept = accept
    super.init(flags: flags)
  }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { place.inode } }
  package override var isSeekable: Bool { true }
  package override var transfersInPieces: Bool { true }

  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    let text = try text(at: offset)
    guard offset < UInt64(text.count) else { return 0 }
    let start = Int(offset)
    let count = min(buffer.byteCount, text.count - start)
    text.withRawSpan { buffer.copy(from: $0.extracting(start..<(start + count))) }
    return count
  }

  private func text(at offset: UInt64) throws(Errno) -> [UInt8] {
    if offset > 0, let text { return text }
    let fresh = try make()
    text = fresh
    return fresh
  }

  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    guard let accept else { throw .EIO }
    try accept(bytes.array)
    return bytes.byteCount
  }

  package override func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int {
    try write(from: bytes)
  }
}
