import LinuxABI
import Machine

import LibOS

/// Where the fuzzed guest's memory lies.
enum FuzzMemory {
  static let data = SignalMachine.data
  /// As far as `SignalMachine` maps it; a hole comes after it.
  static let dataSize: UInt64 = 0x2_0000
  static let readOnly: UInt64 = 0x60_0000
  static let noAccess: UInt64 = 0x60_1000
  /// Two pages over a file of one, so that the second raises SIGBUS.
  static let fileBacked: UInt64 = 0x62_0000
  static let names: UInt64 = 0x61_0000

  struct Path {
    var text: String
    var address: UInt64
  }

  /// Strings at known places.
  static let paths: [Path] = {
    let long = String(repeating: "n", count: 255)
    let texts = [
      "/", ".", "..", "", "a", "b/c", "/tmp", "/tmp/a", "/tmp/dir", "/tmp/dir/x", "/tmp/fifo",
      "/tmp/link", "/tmp/loop", "/proc/self/fd", "/proc/self/fd/3", "/proc/self/mem",
      "/proc/self/maps", "/proc/self/exe", "/proc/1/stat", "/proc/self/task/1/comm", "/dev/null",
      "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx", "/dev/pts/0", "/dev/fd/0", "/lower/file",
      "/lower/dir", "/lower/new",
      "/mnt", "/mnt/file", "/mnt/new", "/mnt/dir/x", "/no/such/thing", "user.name", long,
      "/tmp/" + long + "n", String(repeating: "/tmp/..", count: 584) + "/tmp/a",
      String(repeating: "x", count: 4200),
    ]
    var address = names
    return texts.map { text in
      defer { address += UInt64(text.utf8.count + 1) }
      return Path(text: text, address: address)
    }
  }()

  struct SocketAddress {
    var image: [UInt8]
    var address: UInt64
  }

  /// Socket addresses at known places: those with even places are for streams, the others for datagrams.
  static let socketAddresses: [SocketAddress] = {
    func unix(_ path: String) -> [UInt8] { [1, 0] + Array(path.utf8) + [0] }
    func four(_ port: UInt8) -> [UInt8] {
      [2, 0, 80, port, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
    }
    func six(_ port: UInt8) -> [UInt8] {
      [10, 0, 81, port, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 15) + [1, 0, 0, 0, 0]
    }
    let images = [
      unix("/tmp/stream"), unix("/tmp/datagram"), [1, 0, 0, 65], [1, 0, 0, 66], four(1), four(2),
      six(1), six(2), [16, 0] + [UInt8](repeating: 0, count: 10),
    ]
    return images.enumerated().map {
      SocketAddress(image: $1, address: names + 0x7000 + UInt64($0) * 128)
    }
  }()

  /// Maps what `SignalMachine` doesn't have and writes the strings.
  static func prepare(_ space: AddressSpace) {
    let all: Permissions = [.read, .write]
    for (start, size, permissions) in [
      (readOnly, UInt64(0x1000), Permissions.read), (noAccess, 0x1000, []), (names, 0x8000, all),
    ] {
      let isMapped = space.map(
        VMA(
          start: GuestAddress(start), end: GuestAddress(start + size), permissions: permissions))
      precondition(isMapped)
    }
    for name in socketAddresses { try! space.store(name.image, to: GuestAddress(name.address)) }
    for path in paths {
      try! space.store(Array(path.text.utf8) + [0], to: GuestAddress(path.address))
    }
  }

  /// Fills the data with structures of all kinds: small and huge numbers, pointers, descriptors.
  static func fill(_ space: AddressSpace, _ values: inout HostileValues) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(dataSize))
    while bytes.count < Int(dataSize) {
      // Pairs as in iovec and timespec come up by themselves; halves make 32-bit fields.
      let word: UInt64
      switch Int.random(in: 0..<8, using: &values.generator) {
      case 0, 1: word = values.pointer()
      case 2: word = values.length()
      case 3: word = values.descriptor() & 0xffff_ffff | values.number() << 32
      case 4: word = values.generator.next()
      default: word = UInt64.random(in: 0..<32, using: &values.generator)
      }
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    // It may have been unmapped or protected by a call: then it stays as it is.
    try? space.store(bytes, to: GuestAddress(data))
  }
}
