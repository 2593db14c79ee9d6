// Copying between the library OS and guest memory. Copy first, then use: no reference to guest memory
// outlives a call.

/// The number of bytes copied, and the fault that stopped the copy early, if any.
package struct CopyResult: Sendable {
  package var count: Int
  package var fault: MemoryFault?
}

extension AddressSpace {
  /// The frame that contains `address`, prepared for a read or write by the library OS.
  private func resolve(_ address: GuestAddress, _ access: Access)
    throws(MemoryFault) -> Frame
  {
    // The engine's TLB may have the frame for reading from which the page moves away.
    if access == .write, mayMove(table[address.page]) { flushTLB() }
    while true {
      switch translate(address, access) {
      case .frame(let frame, _):
        if access == .write { arena.dropTranslations(of: frame) }
        return frame
      case .retry: continue
      case .notHere: arena.waitForStoredPages()
      case .refused(let reason):
        throw MemoryFault(address: address, access: access, reason: reason)
      }
    }
  }

  /// The longest range at `address`, at most `count` bytes, that is contiguous in the arena.
  private func stretch(_ address: GuestAddress, _ count: Int, _ access: Access)
    throws(MemoryFault) -> (frame: Frame, count: Int)
  {
    let first = try resolve(address, access)
    var length = min(Frame.size - address.pageOffset, count)
    var last = first
    while length < count, first != .zero {
      guard let next = try? resolve(address + UInt64(length), access),
        next.index == last.index + 1
      else { break }
      length += min(Frame.size, count - length)
      last = next
    }
    return (first, length)
  }

  /// Lends the bytes at `address` for reading, one contiguous range after the other, until `count` bytes are
  /// done or `body` returns less than it was lent.
  ///
  /// `body` gets the offset from `address` and the bytes, and returns the number of bytes it used.
  package func withBytes<E: Error>(
    at address: GuestAddress, count: Int,
    _ body: (_ offset: Int, _ bytes: RawSpan) throws(E) -> Int
  ) throws(E) -> CopyResult {
    var done = 0
    while done < count {
      let frame: Frame
      let length: Int
      do { (frame, length) = try stretch(address + UInt64(done), count - done, .read) } catch {
        return CopyResult(count: done, fault: error)
      }
      let offset = (address + UInt64(done)).pageOffset
      let used = try arena.withBytes(frame, offset: offset, count: length) {
        (bytes) throws(E) -> Int in try body(done, bytes)
      }
      done += used
      if used < length { break }
    }
    return CopyResult(count: done, fault: nil)
  }

  /// The number of bytes that are prepared for writing at first.
  private static let writeAhead = 16 * Frame.size

  /// Like `withBytes`, for writing.
  ///
  /// Pages are prepared ahead of `body`: 64 KiB first, then each time as many bytes as were used so far. So a
  /// large buffer that is hardly used stays mostly absent, and which pages become dirty does not depend on
  /// the positions of their frames.
  package func withMutableBytes<E: Error>(
    at address: GuestAddress, count: Int,
    _ body: (_ offset: Int, _ bytes: inout MutableRawSpan) throws(E) -> Int
  ) throws(E) -> CopyResult {
    var done = 0
    var ready = 0
    while done < count {
      let isReady = done < ready
      if !isReady { ready = min(count, max(2 * done, Self.writeAhead)) }
      let frame: Frame
      let length: Int
      do { (frame, length) = try stretch(address + UInt64(done), ready - done, .write) } catch {
        return CopyResult(count: done, fault: error)
      }
      if !isReady { prepare(address + UInt64(done + length), address + UInt64(ready)) }
      let offset = (address + UInt64(done)).pageOffset
      let used = try arena.withMutableBytes(frame, offset: offset, count: length) {
        (bytes: inout MutableRawSpan) throws(E) -> Int in try body(done, &bytes)
      }
      done += used
      if used < length { break }
    }
    return CopyResult(count: done, fault: nil)
  }

  /// Prepares the pages in `start..<end` for writing, up to the first that cannot be written.
  private func prepare(_ start: GuestAddress, _ end: GuestAddress) {
    var position = start
    while position < end {
      guard (try? resolve(position, .write)) != nil else { return }
      position = GuestAddress((position.page + 1) << 12)
    }
  }

  /// Copies guest bytes to `buffer`.
  package func copyIn(from address: GuestAddress, into buffer: inout MutableRawSpan) -> CopyResult {
    var done = 0
    let count = buffer.byteCount
    while done < count {
      do {
        let (frame, length) = try stretch(address + UInt64(done), count - done, .read)
        arena.withBytes(frame, offset: (address + UInt64(done)).pageOffset, count: length) {
          buffer.copy(from: $0, at: done)
        }
        done += length
      } catch {
        return CopyResult(count: done, fault: error)
      }
    }
    return CopyResult(count: done, fault: nil)
  }

  /// Copies `bytes` to guest memory.
  package func copyOut(_ bytes: RawSpan, to address: GuestAddress) -> CopyResult {
    withMutableBytes(at: address, count: bytes.byteCount) { offset, target in
      target.copy(from: bytes.extracting(offset..<(offset + target.byteCount)))
      return target.byteCount
    }
  }

  /// The same though the pages may not be written, as long as they are the address space's own (`FOLL_FORCE`).
  package func force(_ bytes: RawSpan, to address: GuestAddress) -> CopyResult {
    var done = 0
    while true {
      let rest = bytes.extracting(done..<bytes.byteCount)
      let result = copyOut(rest, to: address + UInt64(done))
      done += result.count
      guard let fault = result.fault else { return CopyResult(count: done, fault: nil) }
      guard fault.reason == .protection, let vma = mapping(at: fault.address),
        !vma.flags.contains(.shared)
      else { return CopyResult(count: done, fault: fault) }
      let page = fault.address.roundedDownToPage
      guard protect(page, page + 4096, [.read, .write]) else {
        return CopyResult(count: done, fault: fault)
      }
      let count = min(bytes.byteCount - done, Frame.size - fault.address.pageOffset)
      let forced = copyOut(bytes.extracting(done..<(done + count)), to: fault.address)
      _ = protect(page, page + 4096, vma.permissions)
      done += forced.count
      if let fault = forced.fault { return CopyResult(count: done, fault: fault) }
    }
  }

  /// `count` guest bytes.
  package func bytes(at address: GuestAddress, count: Int) throws(MemoryFault) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let result = buffer.withMutableRawSpan { copyIn(from: address, into: &$0) }
    if let fault = result.fault { throw fault }
    return buffer
  }

  package func store(_ bytes: [UInt8], to address: GuestAddress) throws(MemoryFault) {
    let result = bytes.withRawSpan { copyOut($0, to: address) }
    if let fault = result.fault { throw fault }
  }

  /// The integer at `address`, which need not be aligned.
  package func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type = T.self, at address: GuestAddress
  ) throws(MemoryFault) -> T {
    let size = MemoryLayout<T>.size
    if address.pageOffset + size <= Frame.size {
      let frame = try resolve(address, .read)
      return arena.withBytes(frame, offset: address.pageOffset, count: size) { $0.load(as: T.self) }
    }
    return try bytes(at: address, count: size).withRawSpan { $0.load(as: T.self) }
  }

  package func store<T: FixedWidthInteger & BitwiseCopyable>(
    _ value: T, to address: GuestAddress
  ) throws(MemoryFault) {
    let size = MemoryLayout<T>.size
    if address.pageOffset + size <= Frame.size {
      let frame = try resolve(address, .write)
      arena.withMutableBytes(frame, offset: address.pageOffset, count: size) { $0.store(value) }
      return
    }
    var buffer = [UInt8](repeating: 0, count: size)
    buffer.withMutableRawSpan { $0.store(value) }
    try store(buffer, to: address)
  }

  /// The bytes of a NUL-terminated string, without the NUL; `nil` if there is no NUL within `limit` bytes.
  package func cString(at address: GuestAddress, limit: Int) throws(MemoryFault) -> [UInt8]? {
    var result: [UInt8] = []
    var position = address
    while result.count < limit {
      let frame = try resolve(position, .read)
      let offset = position.pageOffset
      let count = min(Frame.size - offset, limit - result.count)
      let isDone = arena.withBytes(frame, offset: offset, count: count) { bytes in
        for index in 0..<count {
          let byte: UInt8 = bytes.load(at: index)
          if byte == 0 { return true }
          result.append(byte)
        }
        return false
      }
      if isDone { return result }
      position += UInt64(count)
    }
    return nil
  }
}
