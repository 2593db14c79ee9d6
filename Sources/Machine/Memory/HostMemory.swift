#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory as the host hands it out: all that `Machine` asks of a system.
package enum HostMemory {
  /// Bytes of a page.
  package static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// Address space for `count` bytes of zeroes, without memory until they are touched; nil when there
  /// is no room.
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

  /// Gives the memory of whole pages back; whether it did, and they read as zeroes now. (The last page
  /// may be a part of one at the end of what was reserved.)
  @unsafe static func giveBack(_ base: UnsafeMutableRawPointer, _ count: Int) -> Bool {
    #if os(Linux)
      // SAFETY: the caller's promise: nobody needs these bytes.
      return unsafe madvise(base, count, MADV_DONTNEED) == 0
    #else
      // madvise(2) does not promise zeroes elsewhere.
      return false
    #endif
  }
}
