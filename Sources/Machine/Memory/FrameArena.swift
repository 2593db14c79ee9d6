#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The number of a 4 KiB frame in the arena.
package struct Frame: Hashable, Sendable, BitwiseCopyable {
  package static var size: Int { 4096 }
  package var index: UInt32
  @inlinable package init(_ index: UInt32) { self.index = index }

  /// Frame 0 is always zero and never written: untouched anonymous memory reads as this frame.
  package static var zero: Frame { Frame(0) }

  /// The frame's guest-physical address, which is its offset in the arena.
  @inlinable package var physicalAddress: UInt64 { UInt64(index) << 12 }
}

/// The physical memory of a picoprocess: one sparse host mapping, handed out in 4 KiB frames.
///
/// The engine maps it once and for all; everything else is page tables. Frames are reference
/// counted so that they can be shared copy-on-write. Freed frames are given back to the host.
@safe package final class FrameArena {
  /// The host address of frame 0. For the engine only.
  @unsafe package let base: UnsafeMutableRawPointer
  /// Bytes reserved; a multiple of the frame size.
  package let capacity: Int

  private var next: UInt32 = 1
  private var free: ContiguousArray<UInt32> = []
  private var references: ContiguousArray<UInt32> = [1]
  /// Frames that instructions were fetched from since their translations were last dropped.
  private var code: ContiguousArray<Bool> = [false]
  /// Of each engine, the frames whose translations it must drop.
  private var stale: [[Frame]] = []
  /// Frames that a shared mapping lets the guest write.
  private var writtenShared: ContiguousArray<Bool> = [false]
  /// Objects with pages that can be had again.
  private var caches: [WeakObject] = []

  private struct WeakObject { weak var object: MemoryObject? }

  /// Frames in use, without the zero frame.
  package private(set) var framesInUse = 0
  package private(set) var peakFramesInUse = 0

  /// Reserves room for `byteLimit` bytes of guest memory (rounded up to a frame); nothing is
  /// committed until touched. `nil` when the host refuses the address range.
  package init?(byteLimit: Int) {
    capacity = (byteLimit + Frame.size - 1) / Frame.size * Frame.size + Frame.size
    var flags = MAP_PRIVATE | MAP_ANON
    #if os(Linux)
      flags |= MAP_NORESERVE
    #endif
    // SAFETY: a fresh anonymous mapping, owned by this object until deinit.
    guard
      let base = unsafe mmap(nil, capacity, PROT_READ | PROT_WRITE, flags, -1, 0),
      unsafe base != MAP_FAILED
    else { return nil }
    unsafe self.base = base
  }

  deinit {
    // SAFETY: exactly the mapping made in init.
    _ = unsafe munmap(base, capacity)
  }

  private var frameLimit: UInt32 { UInt32(capacity / Frame.size) }

  /// The guest memory limit in bytes.
  package var byteLimit: Int { capacity - Frame.size }

  /// A frame of zeroes with one reference; `nil` at the memory limit.
  package func allocate() -> Frame? {
    let index: UInt32
    if let recycled = free.popLast() {
      index = recycled
    } else {
      if next == frameLimit {
        guard dropCaches(), let recycled = free.popLast() else { return nil }
        index = recycled
      } else {
        index = next
        next += 1
        references.append(0)
        code.append(false)
        writtenShared.append(false)
      }
    }
    references[Int(index)] = 1
    framesInUse += 1
    if framesInUse > peakFramesInUse { peakFramesInUse = framesInUse }
    return Frame(index)
  }

  /// Whether contents of files may take another frame. The last sixteenth is for programs: whoever fills a
  /// filesystem shall get ENOSPC, rather than have somebody killed for want of memory.
  package var hasRoomForFiles: Bool {
    let limit = Int(frameLimit) - Int(frameLimit) / 16
    if framesInUse < limit { return true }
    _ = dropCaches()
    return framesInUse < limit
  }

  package func retain(_ frame: Frame) {
    guard frame != .zero else { return }
    references[Int(frame.index)] += 1
  }

  /// Drops one reference; the last one frees the frame and zeroes it for its next user.
  package func release(_ frame: Frame) {
    guard frame != .zero else { return }
    let index = Int(frame.index)
    precondition(references[index] > 0, "frame released twice")
    references[index] -= 1
    guard references[index] == 0 else { return }
    dropTranslations(of: frame)
    writtenShared[index] = false
    // SAFETY: the frame lies inside the arena and nobody refers to it any more.
    unsafe discard(base + index * Frame.size)
    free.append(frame.index)
    framesInUse -= 1
  }

  /// Gives a frame's memory back to the host; it reads as zeroes afterwards.
  private func discard(_ address: UnsafeMutableRawPointer) {
    #if os(Linux)
      // Only whole host pages can be given back: on a host with larger pages, clear by hand.
      if FrameArena.hostPageSize == Frame.size {
        _ = unsafe madvise(address, Frame.size, MADV_DONTNEED)
        return
      }
    #endif
    unsafe memset(address, 0, Frame.size)
  }

  private static let hostPageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  package func isShared(_ frame: Frame) -> Bool {
    frame == .zero || references[Int(frame.index)] > 1
  }

  // MARK: Caches

  /// Notes an object whose pages may be dropped when frames run out.
  func addCache(_ object: MemoryObject) {
    if caches.count & 63 == 63 { caches.removeAll { $0.object == nil } }
    caches.append(WeakObject(object: object))
  }

  /// Frees the pages that can be had again; whether there were any.
  private func dropCaches() -> Bool {
    for cache in caches { cache.object?.dropCachedPages() }
    return !free.isEmpty
  }

  // MARK: Code

  /// Whether some address may hold a writable translation of `frame` while another executes it.
  package func isWrittenShared(_ frame: Frame) -> Bool { writtenShared[Int(frame.index)] }

  package func markWrittenShared(_ frame: Frame) { writtenShared[Int(frame.index)] = true }

  package func isCode(_ frame: Frame) -> Bool { code[Int(frame.index)] }

  /// Notes that instructions are about to be fetched from `frame`.
  package func markCode(_ frame: Frame) { code[Int(frame.index)] = true }

  /// The number by which an engine asks for stale code.
  package func addTranslator() -> Int {
    stale.append([])
    return stale.count - 1
  }

  /// Schedules the engines to forget what they translated from `frame`, if anything.
  package func dropTranslations(of frame: Frame) {
    guard code[Int(frame.index)] else { return }
    code[Int(frame.index)] = false
    for translator in stale.indices {
      stale[translator].append(frame)
      // An engine that does not run for long must not have the list grow for ever.
      if stale[translator].count & 0xffff == 0 { stale[translator] = Array(Set(stale[translator])) }
    }
  }

  package func hasStaleCode(_ translator: Int) -> Bool { !stale[translator].isEmpty }

  /// The frames whose translations the engine must drop before it runs again; clears the list.
  package func takeStaleCodeFrames(_ translator: Int) -> [Frame] {
    defer { stale[translator].removeAll(keepingCapacity: true) }
    return stale[translator]
  }

  // MARK: Bytes

  /// Lends `count` bytes from `offset` on in `frame`; the range may run on into the frames behind.
  package func withBytes<R, E: Error>(
    _ frame: Frame, offset: Int, count: Int, _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    let start = Int(frame.index) * Frame.size + offset
    precondition(offset >= 0 && count >= 0 && start + count <= capacity)
    // SAFETY: inside the arena, which outlives the call.
    let bytes = unsafe UnsafeRawBufferPointer(start: base + start, count: count)
    return try body(unsafe bytes.bytes)
  }

  /// Like `withBytes`, for writing. The caller sees to copy-on-write and translations.
  package func withMutableBytes<R, E: Error>(
    _ frame: Frame, offset: Int, count: Int, _ body: (inout MutableRawSpan) throws(E) -> R
  ) throws(E) -> R {
    let start = Int(frame.index) * Frame.size + offset
    precondition(frame != .zero && offset >= 0 && count >= 0 && start + count <= capacity)
    // SAFETY: inside the arena, which outlives the call; the picoprocess has one thread.
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: base + start, count: count)
    var span = unsafe bytes.mutableBytes
    return try body(&span)
  }

  package func copy(from source: Frame, to target: Frame) {
    precondition(target != .zero)
    // SAFETY: two different whole frames of the arena.
    unsafe (base + Int(target.index) * Frame.size).copyMemory(
      from: base + Int(source.index) * Frame.size, byteCount: Frame.size)
  }

  /// Whether a frame holds nothing but zeroes.
  package func isZero(_ frame: Frame) -> Bool {
    if frame == .zero { return true }
    // SAFETY: a whole frame of the arena; frames are aligned far beyond 8.
    let words = unsafe UnsafeBufferPointer(
      start: (base + Int(frame.index) * Frame.size).assumingMemoryBound(to: UInt64.self),
      count: Frame.size / 8)
    for unsafe word in unsafe words where word != 0 { return false }
    return true
  }
}
