package import LinuxABI
internal import Machine

/// An open file whose text was made when it was opened: most of `/proc`.
package final class TextFile: OpenFile {
  private let place: Dentry
  package let text: [UInt8]
  /// What is done with the bytes of a write; `nil` refuses them.
  private let accept: (([UInt8]) throws(Errno) -> Void)?

  package init(
    _ dentry: Dentry, _ flags: OpenFlags, _ text: [UInt8],
    accept: (([UInt8]) throws(Errno) -> Void)? = nil
  ) {
    place = dentry
    self.text = text
    self.accept = accept
    super.init(flags: flags)
  }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { place.inode } }
  package override var isSeekable: Bool { true }
  package override var transfersInPieces: Bool { true }

  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    let count = try read(at: offset, into: &buffer)
    offset += UInt64(count)
    return count
  }

  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    guard offset < UInt64(text.count) else { return 0 }
    let start = Int(offset)
    let count = min(buffer.byteCount, text.count - start)
    text.withRawSpan { buffer.copy(from: $0.extracting(start..<(start + count))) }
    return count
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
