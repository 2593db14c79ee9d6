/// The last block of a snapshot: the descriptors of all blocks before it.
enum TableOfContents {
  /// Four million blocks: room for a terabyte of pages.
  static let countLimit = 4 << 20
  /// Bytes.
  static let sizeLimit = UInt64(countLimit * BlockDescriptor.encodedSize)

  /// The error of a snapshot with one block too many.
  static var tooLarge: SnapshotError {
    .tooLarge(
      what: "the table of contents", size: sizeLimit + UInt64(BlockDescriptor.encodedSize),
      limit: sizeLimit)
  }
}
