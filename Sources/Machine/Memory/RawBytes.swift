// Loads, stores and copies on raw spans: the one place where their unchecked accessors are used.

extension RawSpan {
  /// The value of type `T` at `offset`, unaligned, in the byte order that every guest and host
  /// shares (little endian).
  @inlinable package func load<T: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int = 0, as type: T.Type = T.self
  ) -> T {
    precondition(offset >= 0 && offset + MemoryLayout<T>.size <= byteCount)
    // SAFETY: the range was checked; any bit pattern is a valid integer.
    return unsafe T(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// A copy of the bytes.
  package var array: [UInt8] {
    unsafe withUnsafeBytes { unsafe [UInt8]($0) }
  }
}

extension MutableRawSpan {
  @_lifetime(self: copy self)
  @inlinable package mutating func store<T: FixedWidthInteger & BitwiseCopyable>(
    _ value: T, at offset: Int = 0
  ) {
    precondition(offset >= 0 && offset + MemoryLayout<T>.size <= byteCount)
    // SAFETY: the range was checked.
    storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
  }

  /// Copies all of `source` to `offset` on.
  @_lifetime(self: copy self)
  package mutating func copy(from source: RawSpan, at offset: Int = 0) {
    precondition(offset >= 0 && offset + source.byteCount <= byteCount)
    guard source.byteCount > 0 else { return }
    // SAFETY: the range was checked; memmove semantics.
    unsafe withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes {
        unsafe (target.baseAddress! + offset).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
      }
    }
  }

  @_lifetime(self: copy self)
  package mutating func fill(_ byte: UInt8, in range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
    unsafe withUnsafeMutableBytes { bytes in
      for index in range { unsafe bytes[index] = byte }
    }
  }
}

extension [UInt8] {
  /// Lends the array's bytes.
  @inlinable package func withRawSpan<R, E: Error>(
    _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    // SAFETY: bytes have no padding.
    try unsafe span.withUnsafeBytes { (bytes) throws(E) in try body(unsafe bytes.bytes) }
  }

  /// Lends the array's bytes for writing.
  @inlinable package mutating func withMutableRawSpan<R, E: Error>(
    _ body: (inout MutableRawSpan) throws(E) -> R
  ) throws(E) -> R {
    var elements = mutableSpan
    // SAFETY: bytes have no padding, and any byte is a valid UInt8.
    return try unsafe elements.withUnsafeMutableBytes { (bytes) throws(E) in
      var span = unsafe bytes.mutableBytes
      return try body(&span)
    }
  }
}
