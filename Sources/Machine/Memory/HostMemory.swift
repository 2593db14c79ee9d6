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
