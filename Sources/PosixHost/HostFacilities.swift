internal import CPosixShims
internal import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Optional features of this host.
package struct HostFacilities: Sendable {
  /// The kernel resolves paths beneath a directory (openat2(2)).
  package let hasOpenat2 = system_has_openat2()
  /// The hardware can run guests of its own ISA (KVM).
  package let hasKVM = (try? system_lstat(Array("/dev/kvm".utf8))) != nil

  package init() {}
}

/// The kernel's status of this process (proc_pid_status(5)). A confined process can still read it if it was
/// opened before.
package struct ProcessStatus: ~Copyable {
  private let descriptor: Int32

  package init() {
    descriptor = (try? system_open(Array("/proc/self/status".utf8), O_RDONLY | O_CLOEXEC)) ?? -1
  }

  deinit { if descriptor >= 0 { system_close(descriptor) } }

  /// The current values, by the names of the lines.
  package func fields() -> [String: String] {
    guard descriptor >= 0 else { return [:] }
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count =
      (try? bytes.lendMutable { (span) throws(HostError) in
        try system_pread(descriptor, &span, 0)
      }) ?? 0
    var fields: [String: String] = [:]
    for line in bytes[..<count].split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = parts[1].drop { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
      fields[String(decoding: parts[0], as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    return fields
  }
}
