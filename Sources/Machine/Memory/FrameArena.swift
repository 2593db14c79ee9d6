/// The number of a 4 KiB frame in the arena.
package struct Frame: Hashable, Sendable, BitwiseCopyable {
  package static var size: Int { 4096 }
  package var index: UInt32
  @inlinable package init(_ index: UInt32) { self.index = index }

  /// Frame 0 is always zero and never written. Untouched anonymous memory reads as this frame.
  package static var zero: Frame { Frame(0) }

  /// The frame of the page that is `offset` pages behind the one in this frame, in a run of them.
  package func following(_ offset: Int) -> Frame {
    self == .zero ? .zero : Frame(index + UInt32(offset))
  }

  /// The frame's guest-physical address, which is its offset in the arena.
  @inlinable package var physicalAddress: UInt64 { UInt64(index) << 12 }
}

/// The physical memory of a picoprocess: one sparse host mapping, handed out in 4 KiB frames.
///
/// The engine maps it once; the rest is up to page tables. Frames have reference counts, so that they can be
/// shared copy-on-write. Freed frames are returned to the host as soon as a whole host page is free, which
/// may be larger (16 or 64 KiB on ARM64).
@safe package final class FrameArena {
  /// The host address of frame 0. For the engine only.
  @unsafe package let base: UnsafeMutableRawPointer
  /// Bytes reserved; a multiple of the frame size.
  package let capacity: Int

  /// Bytes of a page of the host, a multiple of the frame size.
  package let hostPageSize: Int
  private let framesPerHostPage: Int
  /// How many frames of each host page are in use; kept only where one holds several.
  private var framesInHostPage: ContiguousArray<UInt16> = [1]

  private var next: UInt32 = 1
  /// The frame for which `growLarge` is to be called next.
  private var endOfLarge: UInt32 = 2048
  /// Where the newest large page begins, in bytes; nil: there is none.
  private var newestLarge: Int?
  private var free: ContiguousArray<UInt32> = []
  /// References beyond the first, so that a frame that is used for the first time has one; `unused` for one that is free.
  private let furtherReferences: FrameTable<UInt32>
  private static let unused = UInt32.max
  /// Frames from which instructions were fetched since their translations were last dropped.
  private let code: FrameTable<Bool>
  /// For each engine, the frames whose translations it must drop.
  private var stale: [[Frame]] = []
  /// Frames that are mapped from a file; shorter where none are. See `share`.
  private var ofFile: ContiguousArray<Bool> = []
  /// Frames that the guest can write through a shared mapping.
  private let writtenShared: FrameTable<Bool>
  /// Objects with reclaimable pages.
  private var caches: [WeakObject] = []

  private struct WeakObject { weak var object: MemoryObject? }

  /// Called when no frame is left, with the address space that needs one: frees some, or returns false. It
  /// must not take frames from that address space, which is being changed.
  package var onExhaustion: ((AddressSpace?) -> Bool)?

  /// The epoch of writes; see `FrozenView`.
  package private(set) var epoch: Epoch = 1
  /// First writes of pages in an epoch.
  package let firstWrites = WriteCount()
  /// The active views, in the order in which they began.
  package internal(set) var views: [FrozenView] = [] {
    didSet { newestViewEpoch = views.last?.epoch }
  }
  /// The epoch that began with the newest of them: what was made in earlier ones is in a view.
  private(set) var newestViewEpoch: Epoch?
  /// For each frame, the bits of the views that have it. Together they have one reference.
  private let holders: FrameTable<UInt8>
  /// Frames that only views have, or had.
  package private(set) var framesOnlyInView = 0
  /// Those of views that have ended, which are still to be freed.
  private var ended: ContiguousArray<Frame> = []

  /// The frames whose bytes are still to come; nil: none.
  var stored: StoredFrames?

  /// The oldest epoch by which a snapshot may yet ask what was written since; nil: none will.
  package var oldestEpochOfInterest: Epoch?
  private var lastNumber: UInt64 = 0

  /// Called when the frames that only views have would let the guest run out of memory: ends all views, as soon
  /// as their readers are done or have given up.
  package var onViewPressure: (() -> Void)?

  /// Frames in use by the guest, without the zero frame.
  package private(set) var framesInUse = 0
  package private(set) var peakFramesInUse = 0
  /// Bytes that the library OS uses for the guest, by purpose.
  package private(set) var kernelMemory = Array(repeating: 0, count: KernelMemory.allCases.count)
  /// All of them together.
  package private(set) var kernelBytes = 0

  /// Reserves room for `byteLimit` bytes of guest memory (rounded up to a frame); nothing is
  /// committed until touched. `nil` when the host refuses the address range.
  ///
  /// - Parameter hostPageSize: the host page size to assume, a power of two not smaller than the real one;
  ///   nil: the real one.
  package init?(byteLimit: Int, hostPageSize: Int? = nil) {
    let hostPageSize = max(hostPageSize ?? HostMemory.pageSize, Frame.size)
    precondition(hostPageSize.nonzeroBitCount == 1 && hostPageSize % HostMemory.pageSize == 0)
    self.hostPageSize = hostPageSize
    framesPerHostPage = hostPageSize / Frame.size
    capacity = (byteLimit + Frame.size - 1) / Frame.size * Frame.size + Frame.size
    let frames = capacity / Frame.size
    guard let references = FrameTable<UInt32>(frames), let code = FrameTable<Bool>(frames),
      let writtenShared = FrameTable<Bool>(frames), let holders = FrameTable<UInt8>(frames),
      // SAFETY: owned by this object until deinit.
      let base = unsafe HostMemory.reserve(capacity)
    else { return nil }
    furtherReferences = references
    self.code = code
    self.writtenShared = writtenShared
    self.holders = holders
    unsafe self.base = base
  }

  deinit {
    // SAFETY: exactly what init reserved.
    unsafe HostMemory.release(base, capacity)
  }

  private var frameLimit: UInt32 { UInt32(capacity / Frame.size) }

  /// Frames from this number on were never used.
  var endOfFrames: UInt32 { next }

  /// The guest memory limit in bytes.
  package var byteLimit: Int { capacity - Frame.size }

  /// A frame of zeroes with one reference; `nil` at the memory limit.
  ///
  /// - Parameter space: the address space that needs it; nil: none in particular.
  package func allocate(for space: AddressSpace? = nil) -> Frame? {
    guard makeRoom(for: space) else { return nil }
    let index: UInt32
    if let recycled = free.popLast() {
      index = recycled
    } else {
      index = next
      if index >= endOfLarge { growLarge(index) }
      next += 1
    }
    if framesPerHostPage > 1 { countUse(of: index) }
    furtherReferences[Int(index)] = 0
    framesInUse += 1
    if framesInUse > peakFramesInUse { peakFramesInUse = framesInUse }
    return Frame(index)
  }

  /// So many consecutive frames that were never used, with one reference each; nil if others are free or there is no
  /// room.
  func allocateUnused(_ count: Int) -> Frame? {
    guard free.isEmpty, framesPerHostPage == 1, framesTaken + count < Int(frameLimit) - 1,
      Int(next) + count <= Int(frameLimit)
    else { return nil }
    let first = Frame(next)
    next += UInt32(count)
    framesInUse += count
    peakFramesInUse = max(peakFramesInUse, framesInUse)
    return first
  }

  /// Bytes in use, of frames and of the library OS's own.
  package var bytesInUse: Int { framesInUse << 12 + kernelBytes }

  /// Frames that are in use, or whose memory the library OS has.
  private var framesTaken: Int { framesInUse + framesOnlyInView + kernelBytes >> 12 }

  private var hasFreeFrame: Bool { framesTaken < Int(frameLimit) - 1 }

  /// Ensures that there is a frame for `space`: reclaims pages, and then kills processes.
  package func makeRoom(for space: AddressSpace?) -> Bool {
    if hasFreeFrame { return true }
    reclaim { hasFreeFrame }
    while !hasFreeFrame {
      guard onExhaustion?(space) == true else { return false }
    }
    return true
  }

  /// Whether file contents may take another frame. The last sixteenth is reserved for programs, so that
  /// filling a filesystem leads to ENOSPC, not to processes killed for lack of memory.
  package var hasRoomForFiles: Bool { hasRoom(forKernel: 1) }

  /// Whether the library OS may take `bytes` more for the guest, with the same reserve.
  package func hasRoom(forKernel bytes: Int) -> Bool {
    let limit = Int(frameLimit) - Int(frameLimit) / 16
    let frames = (bytes + Frame.size - 1) / Frame.size
    if framesTaken + frames <= limit { return true }
    reclaim { framesTaken + frames <= limit }
    return framesTaken + frames <= limit
  }

  /// Records that the library OS took `bytes`, or returned them.
  func charge(_ bytes: Int, _ use: KernelMemory) {
    kernelMemory[use.rawValue] += bytes
    kernelBytes += bytes
    assert(kernelMemory[use.rawValue] >= 0, "more memory was given back than taken")
  }

  package func retain(_ frame: Frame) {
    guard frame != .zero else { return }
    furtherReferences[Int(frame.index)] += 1
  }

  /// Drops one reference; dropping the last one frees and zeroes the frame.
  package func release(_ frame: Frame) {
    guard frame != .zero else { return }
    let index = Int(frame.index)
    let further = furtherReferences[index]
    precondition(frame.index < next && further != Self.unused, "frame released twice")
    furtherReferences[index] = further &- 1
    if further == 1, holders[index] != 0 {
      framesInUse -= 1
      framesOnlyInView += 1
    }
    guard further == 0 else { return }
    let isUntouched = stored?.clear(frame) ?? false
    dropTranslations(of: frame)
    writtenShared[index] = false
    // A frame whose bytes never came has no memory of the host.
    if !isUntouched || framesPerHostPage > 1 { discard(index) }
    free.append(frame.index)
    framesInUse -= 1
  }

  // MARK: Host pages

  /// Has the host use large pages for frames that come to be used one after the other, from this one on. Small guests
  /// have none: most of one might stay unused. Only the newest grows, so that memory which was given back stays away.
  private func growLarge(_ frame: UInt32) {
    guard let size = HostMemory.largePageSize, framesPerHostPage == 1 else { return }
    let offset = Int(frame) * Frame.size
    // SAFETY: only the number is used.
    let misfit = unsafe (Int(bitPattern: base) + offset) % size
    guard misfit == 0 else {
      endOfLarge = frame + UInt32((size - misfit) / Frame.size)
      return
    }
    endOfLarge = frame + UInt32(size / Frame.size)
    guard offset + size <= capacity else { return }
    // SAFETY: both are inside the arena.
    if let newestLarge { unsafe HostMemory.growLarge(base + newestLarge, size, false) }
    unsafe HostMemory.growLarge(base + offset, size, true)
    newestLarge = offset
  }

  private func countUse(of frame: UInt32) {
    let page = Int(frame) / framesPerHostPage
    // Fresh frames are allocated in order.
    if page == framesInHostPage.count { framesInHostPage.append(0) }
    framesInHostPage[page] += 1
  }

  /// Zeroes unreferenced frames. Their memory is returned to the host.
  private func discard(_ frames: ClosedRange<Int>) {
    if framesPerHostPage == 1, ofFile.isEmpty {
      // SAFETY: whole pages of the host, no frame of which is in use.
      let isGivenBack = unsafe HostMemory.giveBack(
        base + frames.lowerBound * Frame.size, frames.count * Frame.size)
      if isGivenBack { return }
    }
    for frame in frames { discard(frame) }
  }

  /// Zeroes an unreferenced frame. Its memory is returned to the host when no frame of its host page is in
  /// use.
  private func discard(_ frame: Int) {
    let page = frame / framesPerHostPage
    var isFree = true
    if frame < ofFile.count, ofFile[frame] {
      // SAFETY: a whole frame of the arena, which is not in use.
      if unsafe HostMemory.unmap(base + frame * Frame.size, Frame.size) {
        ofFile[frame] = false
        return
      }
      // Its memory can't be returned: the file's bytes would come back.
      isFree = false
    } else if framesPerHostPage > 1 {
      framesInHostPage[page] -= 1
      isFree = framesInHostPage[page] == 0
    }
    if isFree, giveBack(page) { return }
    // SAFETY: the frame lies inside the arena.
    let bytes = unsafe UnsafeMutableRawBufferPointer(
      start: base + frame * Frame.size, count: Frame.size)
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// Remembers whether frames are mapped from a file.
  func noteFrames(_ frames: Range<UInt32>, ofFile isOfFile: Bool) {
    let missing = Int(frames.upperBound) - ofFile.count
    if missing > 0 { ofFile += repeatElement(false, count: missing) }
    for index in frames { ofFile[Int(index)] = isOfFile }
  }

  /// Returns a host page to the host; the result tells whether it now reads as zeroes.
  private func giveBack(_ page: Int) -> Bool {
    let start = page * hostPageSize
    // SAFETY: one or several whole pages of the host, no frame of which is in use.
    return unsafe HostMemory.giveBack(base + start, min(hostPageSize, capacity - start))
  }

  package func isShared(_ frame: Frame) -> Bool {
    frame == .zero || furtherReferences[Int(frame.index)] > 0
  }

  /// The number of page tables and objects that refer to the frame.
  package func references(to frame: Frame) -> Int {
    Int(furtherReferences[Int(frame.index)] &+ 1)
  }

  // MARK: Caches

  /// Registers an object whose pages may be dropped when frames run out.
  /// The objects with pages of lasting sources.
  package var cachedObjects: [MemoryObject] { caches.compactMap(\.object) }

  func addCache(_ object: MemoryObject) {
    if caches.count & 63 == 63 { caches.removeAll { $0.object == nil } }
    caches.append(WeakObject(object: object))
  }

  /// Frees what the guest does not miss, until that is enough: first what only views have, so that the guest
  /// sees no difference between a run with views and one without.
  private func reclaim(_ isEnough: () -> Bool) {
    freeEnded(atMost: .max)
    if isEnough() { return }
    if framesOnlyInView > 0 { giveUpViews() }
    if isEnough() { return }
    for cache in caches { cache.object?.dropCachedPages() }
  }

  /// Ends the active views if there is no frame for a copy that only they make necessary: the guest must not run
  /// out of memory for them.
  func makeRoomForViews() {
    if hasFreeFrame { return }
    freeEnded(atMost: .max)
    if !hasFreeFrame { giveUpViews() }
  }

  private func giveUpViews() {
    onViewPressure?()
    freeEnded(atMost: .max)
  }

  /// A number for an owner of pages, which no other has.
  func takeNumber() -> UInt64 {
    lastNumber += 1
    return lastNumber
  }

  // MARK: Views

  /// Begins an epoch; `false` if there are no more.
  @discardableResult
  package func beginEpoch() -> Bool {
    guard epoch < Epoch.last else { return false }
    epoch += 1
    return true
  }

  /// Marks a page as written in this epoch, in a frame of its own.
  func markWritten(_ page: inout PageTableEntry) {
    page.markWritten(in: epoch)
    firstWrites.add()
  }

  /// Has the view with this bit hold a frame; `false` if it does already.
  func hold(_ frame: Frame, _ view: UInt8) -> Bool {
    let index = Int(frame.index)
    guard frame != .zero, holders[index] & view == 0 else { return false }
    if holders[index] == 0 { furtherReferences[index] += 1 }
    holders[index] |= view
    return true
  }

  /// The view with this bit has ended: takes the reference of the views, if it was the last that held the frame.
  func dropHold(of frame: Frame, _ view: UInt8) {
    let index = Int(frame.index)
    holders[index] &= ~view
    guard holders[index] == 0 else { return }
    if furtherReferences[index] == 0 {
      ended.append(frame)
    } else {
      furtherReferences[index] -= 1
    }
  }

  /// Frees frames that only views had which have ended, at most so many.
  ///
  /// - Returns: whether there are no more of them.
  @discardableResult
  package func freeEnded(atMost limit: Int) -> Bool {
    var left = min(limit, ended.count)
    while left > 0, let last = ended.popLast() {
      // Neighbours are returned to the host together.
      var first = Int(last.index)
      left -= 1
      while left > 0, framesPerHostPage == 1, let next = ended.last, Int(next.index) == first - 1 {
        ended.removeLast()
        first -= 1
        left -= 1
      }
      for frame in first...Int(last.index) { freeEnded(frame) }
      discard(first...Int(last.index))
    }
    return ended.isEmpty
  }

  private func freeEnded(_ frame: Int) {
    framesOnlyInView -= 1
    furtherReferences[frame] = Self.unused
    stored?.clear(Frame(UInt32(frame)))
    dropTranslations(of: Frame(UInt32(frame)))
    writtenShared[frame] = false
    free.append(UInt32(frame))
  }

  // MARK: Code

  /// Whether some address may hold a writable translation of `frame` while another executes it.
  package func isWrittenShared(_ frame: Frame) -> Bool { writtenShared[Int(frame.index)] }

  package func markWrittenShared(_ frame: Frame) { writtenShared[Int(frame.index)] = true }

  package func isCode(_ frame: Frame) -> Bool { code[Int(frame.index)] }

  /// Records that instructions will be fetched from `frame`.
  package func markCode(_ frame: Frame) { code[Int(frame.index)] = true }

  /// Registers an engine, and returns the number by which it asks for stale code.
  package func addTranslator() -> Int {
    stale.append([])
    return stale.count - 1
  }

  /// Makes all engines drop their translations of `frame`, if any.
  package func dropTranslations(of frame: Frame) {
    guard code[Int(frame.index)] else { return }
    code[Int(frame.index)] = false
    for translator in stale.indices {
      stale[translator].append(frame)
      // The list must not grow without bound if an engine does not run for a long time.
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

  /// Bytes of frames that are in use: `count` runs of frames that lie together, evenly spread, and as long as `length` frames or a
  /// little shorter.
  ///
  /// - Parameter missing: the bytes of a page that is not here; nil: they can't be had.
  package func sample(_ count: Int, of length: Int, _ missing: (UInt32) -> [UInt8]?) -> [[UInt8]] {
    let end = Int(next)
    let step = max(length, end / count)
    return stride(from: 1, to: end, by: step).compactMap { start in
      var run: [UInt8] = []
      for index in start..<min(start + length, end) {
        let frame = Frame(UInt32(index))
        guard furtherReferences[index] != Self.unused else { continue }
        if let page = stored?.page(of: frame) {
          run += missing(page) ?? []
        } else {
          run += withBytes(frame, offset: 0, count: Frame.size) { $0.array }
        }
      }
      return run.isEmpty ? nil : run
    }
  }

  /// Lends `count` bytes from `offset` on in `frame`; the range may extend into the following frames.
  package func withBytes<R, E: Error>(
    _ frame: Frame, offset: Int, count: Int, _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    let start = Int(frame.index) * Frame.size + offset
    precondition(offset >= 0 && count >= 0 && start + count <= capacity)
    // SAFETY: inside the arena, which outlives the call.
    let bytes = unsafe UnsafeRawBufferPointer(start: base + start, count: count)
    return try body(unsafe bytes.bytes)
  }

  /// Like `withBytes`, for writing. The caller takes care of copy-on-write and translations.
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
    return unsafe words.allSatisfy { $0 == 0 }
  }
}
