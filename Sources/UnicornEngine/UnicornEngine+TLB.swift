import Machine

extension UnicornEngine {
  /// Makes Unicorn forget every translation of addresses.
  func flushTLB() {
    emulator.flushTLB()
    statistics.tlbFlushes &+= 1
  }

  /// Drops the code that was translated from frames which have changed or gone since.
  ///
  /// Unicorn wants to be told virtual addresses: the frames are shown to it in a window, whose TLB
  /// entries the flush at the end removes again. That flush also takes the entries that let the
  /// guest fetch from these frames, so that the next fetch is seen.
  func dropStaleCode() {
    let stale = arena.takeStaleCodeFrames(translator).sorted { $0.index < $1.index }
    var first = 0
    while first < stale.count {
      // Only the first page is translated: neighbours in the arena can go in one call.
      var end = first + 1
      while end < stale.count, stale[end].index <= stale[end - 1].index + 1 { end += 1 }
      window.append(stale[first])
      let start = Self.windowBase + UInt64(window.count - 1) << 12
      let length = UInt64(stale[end - 1].index - stale[first].index + 1) << 12
      emulator.removeCode(at: start, length: length)
      first = end
    }
    window.removeAll(keepingCapacity: true)
    flushTLB()
  }
}
