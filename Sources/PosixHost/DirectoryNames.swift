package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The names in the directory at `path` but `.` and `..`, sorted by their bytes.
package func directoryNames(_ path: String) throws(HostError) -> [[UInt8]] {
  let directory = try system_open(Array(path.utf8), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  return try system_readdir(directory).map(\.name).sorted { $0.lexicographicallyPrecedes($1) }
}
