import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot
import TestHost

import LibOS

/// A snapshot in memory, and what it takes to make and to resume one.
struct RoundTrip {
  let bytes: [UInt8]

  private final class Collector {
    var bytes: [UInt8] = []
  }

  init(_ kernel: Kernel, on workers: (any Workers)? = nil) throws {
    let header = SnapshotHeader(
      guestISA: kernel.isa.rawValue, libraryOSVersion: "test", abiVersion: 1)
    kernel.unload(at: kernel.clock.monotonic)
    let collector = Collector()
    let writer = try SnapshotWriter(header) { collector.bytes += $0.array }
    try writer.use(workers)
    _ = try StatePass(kernel, to: writer).finish()
    _ = try writer.finish(id: SnapshotID(high: 1, low: 2))
    bytes = collector.bytes
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  func reader() throws -> SnapshotReader { try SnapshotReader(SnapshotBytes(bytes)) }

  func section<M: StateMessage>(_ section: StateSection) throws -> M {
    try StateLoader.section(section, reader())
  }

  /// A fresh kernel with all that was saved.
  ///
  /// - Parameter relayed: streams for connections to the outside, by the numbers of their sockets.
  func resume(
    on host: any Host, _ configuration: FilesystemConfiguration = FilesystemConfiguration(),
    outside: OutsideConfiguration = OutsideConfiguration(), relayed: [UInt64: HostHandle] = [:],
    workers: (any Workers)? = nil
  ) throws -> Kernel {
    let reader = try reader()
    let arena = FrameArena(byteLimit: 64 << 20)!
    var kernelConfiguration = KernelConfiguration()
    kernelConfiguration.outside = outside
    let kernel = Kernel(host: host, arena: arena, configuration: kernelConfiguration)
    kernel.use(FakeEngine(isa: GuestISA(rawValue: reader.header.guestISA)!), stop: EngineStop {})
    _ = try kernel.mountFilesystems(configuration)
    kernel.relayOutside(relayed)
    try StateLoader(kernel, reader).restoreAll(on: workers)
    return kernel
  }
}

extension SignalMachine {
  /// A kernel that goes on from where this one is.
  func resumed() throws -> Kernel {
    let kernel = try RoundTrip(kernel).resume(on: host, tree)
    successor = kernel
    return kernel
  }

  /// Opens a file of the guest's tree as its process would; the descriptor.
  @discardableResult
  func open(_ path: String, _ flags: OpenFlags = .O_RDWR, _ permissions: UInt32 = 0o600)
    throws -> Int32
  {
    let file = try kernel.vfs.open(
      Array(path.utf8), from: process.fs.cwd, flags, permissions: permissions,
      caller: PathCaller(fs: process.fs))
    return try process.files.install(file, closeOnExec: false, limit: 1024)
  }

  func file(_ fd: Int32) throws -> OpenFile { try process.files.file(fd) }
}

extension OpenFile {
  func readText(_ count: Int = 100) throws -> String {
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try bytes.withMutableRawSpan { span throws(Errno) in try self.read(into: &span) }
    return String(decoding: bytes[..<read], as: UTF8.self)
  }

  func write(_ text: String) throws {
    _ = try Array(text.utf8).withRawSpan { span throws(Errno) in try self.write(from: span) }
  }
}
