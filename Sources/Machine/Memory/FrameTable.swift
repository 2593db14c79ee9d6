/// Something about every frame of an arena, zero at first. It takes no memory for frames about which nothing was written.
@safe struct FrameTable<Element: BitwiseCopyable>: ~Copyable {
  private let elements: UnsafeMutablePointer<Element>
  private let count: Int

  /// - Parameter count: frames. All bytes of zero must be an element.
  /// - Returns: nil if the host has no room.
  init?(_ count: Int) {
    // SAFETY: zeroes are elements; nobody else has this memory.
    guard let memory = unsafe HostMemory.reserve(count * MemoryLayout<Element>.stride) else {
      return nil
    }
    unsafe elements = memory.bindMemory(to: Element.self, capacity: count)
    self.count = count
  }

  deinit {
    // SAFETY: exactly what init reserved.
    unsafe HostMemory.release(elements, count * MemoryLayout<Element>.stride)
  }

  subscript(frame: Int) -> Element {
    get {
      precondition(frame >= 0 && frame < count)
      // SAFETY: within the table.
      return unsafe elements[frame]
    }
    nonmutating set {
      precondition(frame >= 0 && frame < count)
      // SAFETY: within the table.
      unsafe elements[frame] = newValue
    }
  }
}
