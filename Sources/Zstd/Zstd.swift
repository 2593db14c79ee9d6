// Safe functions over libzstd, and the few accesses to raw bytes that the snapshot container needs: the
// only unsafe code of both (Docs/Decisions/0001).

internal import CZstd

/// An error of libzstd.
package struct ZstdError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name that libzstd gives the error.
  package let description: String
}

/// Compresses byte strings, one zstd frame each. Equal input and level give equal output, whatever
/// was compressed before, as long as libzstd is the same version.
@safe package final class ZstdCompressor {
  private let context: OpaquePointer

  /// - Parameter level: zstd's compression level; 1 is fast, 3 its default, 19 slow.
  package init(level: Int32 = 1) throws(ZstdError) {
    // SAFETY: a new context, owned by this object until deinit; an unknown level is clamped.
    guard let context = unsafe ZSTD_createCCtx() else {
      throw ZstdError(description: "out of memory")
    }
    unsafe self.context = context
    _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
  }

  deinit {
    // SAFETY: the context made in init; not shared.
    _ = unsafe ZSTD_freeCCtx(context)
  }

  /// `bytes` as one frame.
  package func compress(_ bytes: RawSpan) throws(ZstdError) -> [UInt8] {
    var status = 0
    // SAFETY: libzstd writes at most `capacity` bytes and says how many it wrote.
    let output = unsafe [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.byteCount)) {
      target, count in
      status = unsafe bytes.withUnsafeBytes {
        unsafe ZSTD_compress2(context, target.baseAddress, target.count, $0.baseAddress, $0.count)
      }
      count = ZSTD_isError(status) == 0 ? status : 0
    }
    try check(status)
    return output
  }
}

/// Decompresses frames into memory of a size known in advance, so that hostile input cannot make it use
/// more.
@safe package final class ZstdDecompressor {
  private let context: OpaquePointer

  package init() throws(ZstdError) {
    // SAFETY: a new context, owned by this object until deinit.
    guard let context = unsafe ZSTD_createDCtx() else {
      throw ZstdError(description: "out of memory")
    }
    unsafe self.context = context
  }

  deinit {
    // SAFETY: the context made in init; not shared.
    _ = unsafe ZSTD_freeDCtx(context)
  }

  /// The `count` bytes that `frame` holds; an error if it holds fewer or more.
  package func decompress(_ frame: RawSpan, count: Int) throws(ZstdError) -> [UInt8] {
    var status = 0
    // SAFETY: libzstd writes at most `count` bytes and says how many it wrote.
    let output = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, written in
      status = unsafe frame.withUnsafeBytes {
        unsafe ZSTD_decompressDCtx(context, target.baseAddress, count, $0.baseAddress, $0.count)
      }
      written = ZSTD_isError(status) == 0 ? status : 0
    }
    try check(status)
    guard output.count == count else {
      throw ZstdError(description: "the frame holds \(output.count) bytes instead of \(count)")
    }
    return output
  }
}

private func check(_ status: Int) throws(ZstdError) {
  guard ZSTD_isError(status) != 0 else { return }
  // SAFETY: libzstd's error names are constant strings.
  throw ZstdError(description: unsafe String(cString: ZSTD_getErrorName(status)))
}

// MARK: Raw bytes

extension RawSpan {
  /// Whether all bytes are zero.
  package var isZero: Bool {
    // SAFETY: every load lies inside the buffer; any bit pattern is a valid integer.
    unsafe withUnsafeBytes { bytes in
      var position = 0
      while position + 64 <= bytes.count {
        var sum: UInt64 = 0
        for word in 0..<8 {
          sum |= unsafe bytes.loadUnaligned(fromByteOffset: position + word * 8, as: UInt64.self)
        }
        if sum != 0 { return false }
        position += 64
      }
      while position < bytes.count {
        if unsafe bytes[position] != 0 { return false }
        position += 1
      }
      return true
    }
  }
}

extension MutableRawSpan {
  /// Replaces all bytes with those of `source`, which must be as long.
  @_lifetime(self: copy self)
  package mutating func replace(with source: RawSpan) {
    precondition(source.byteCount == byteCount)
    // SAFETY: both buffers have the same length; copyMemory allows them to overlap.
    unsafe withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
  }

  /// Replaces all bytes with zeroes.
  @_lifetime(self: copy self)
  package mutating func clear() {
    // SAFETY: exactly the buffer's bytes are written.
    unsafe withUnsafeMutableBytes { unsafe _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
  }
}

extension [UInt8] {
  /// Lends the bytes.
  package func lend<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    // SAFETY: bytes have no padding.
    try unsafe span.withUnsafeBytes { (bytes) throws(E) in try body(unsafe bytes.bytes) }
  }

  /// Lends the bytes for writing.
  package mutating func lendMutable<R, E: Error>(
    _ body: (inout MutableRawSpan) throws(E) -> R
  ) throws(E) -> R {
    var elements = mutableSpan
    // SAFETY: bytes have no padding, and any byte is a valid UInt8.
    return try unsafe elements.withUnsafeMutableBytes { (bytes) throws(E) in
      var span = unsafe bytes.mutableBytes
      return try body(&span)
    }
  }

  /// Appends a copy of `bytes`.
  package mutating func append(_ bytes: RawSpan) {
    // SAFETY: the pointer is used only while it is lent.
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }
}
