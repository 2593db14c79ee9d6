#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The host's memory: all that `Machine` needs of an operating system.
package enum HostMemory {
  /// Bytes of a page.
  package static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// Reserves `count` bytes of zeroes, which take no memory until they are touched; nil if there is no room.
  @unsafe static func reserve(_ count: Int) -> UnsafeMutableRawPointer? {
    var flags = MAP_PRIVATE | MAP_ANON
    #if os(Linux)
      flags |= MAP_NORESERVE
    #endif
    // SAFETY: a fresh anonymous mapping.
    guard let base = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0),
      unsafe base != MAP_FAILED
    else { return nil }
    return unsafe base
  }

  @unsafe static func release(_ base: UnsafeMutableRawPointer, _ count: Int) {
    // SAFETY: the caller's promise: what was reserved.
    _ = unsafe munmap(base, count)
  }

  /// Puts bytes of a file, private to this process once they are written, in place of whole pages.
  @unsafe static func map(
    _ descriptor: Int32, _ offset: UInt64, over base: UnsafeMutableRawPointer, _ count: Int
  ) -> Bool {
    guard let offset = off_t(exactly: offset) else { return false }
    // SAFETY: the caller's promise: nobody needs the bytes that are there.
    return unsafe mmap(
      base, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, descriptor, offset)
      != MAP_FAILED
  }

  /// Puts fresh zeroes in place of whole pages that were mapped from a file.
  @unsafe static func unmap(_ base: UnsafeMutableRawPointer, _ count: Int) -> Bool {
    var flags = MAP_PRIVATE | MAP_ANON | MAP_FIXED
    #if os(Linux)
      flags |= MAP_NORESERVE
    #endif
    // SAFETY: the caller's promise: nobody needs the bytes that are there.
    return unsafe mmap(base, count, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED
  }

  /// Bytes of a large page, which has one translation in the processor; nil: the host is not asked for them.
  package static var largePageSize: Int? {
    #if os(Linux)
      pageSize == 4096 ? 2 << 20 : nil
    #else
      nil
    #endif
  }

  /// Asks for a large page behind untouched memory as soon as that is touched, or has one that is there stay as it is:
  /// what is given back of it stays away, and what is touched again comes in small pages.
  @unsafe static func growLarge(_ base: UnsafeMutableRawPointer, _ count: Int, _ grows: Bool) {
    #if os(Linux)
      // SAFETY: advice only.
      _ = unsafe madvise(base, count, grows ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)
    #endif
  }

  /// Returns the memory of whole pages to the host; the result tells whether they now read as zeroes. (The
  /// last page may be incomplete at the end of the reserved range.)
  @unsafe static func giveBack(_ base: UnsafeMutableRawPointer, _ count: Int) -> Bool {
    #if os(Linux)
      // SAFETY: the caller's promise: nobody needs these bytes.
      return unsafe madvise(base, count, MADV_DONTNEED) == 0
    #else
      // On other systems madvise(2) does not guarantee zeroes.
      return false
    #endif
  }
}
