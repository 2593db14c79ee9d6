import LinuxABI
import Machine

// What the calls of all three kinds of System V IPC have in common.

extension KernelClock {
  /// Seconds since 1970, as IPC objects keep their times.
  var realtimeSeconds: Int64 { Timespec(nanoseconds: realtime).tv_sec }
}

extension SyscallContext {
  var ipc: IpcNamespace { kernel.ipc }

  /// Puts the task to sleep until `object` changes; it keeps its place in line until the call is over. No signal handler restarts these calls
  /// (signal(7)); one that was removed meanwhile is EIDRM, see `object(_:in:)`.
  func wait(for object: IpcObject, until deadline: Int64? = nil) throws(Errno) -> SyscallResult {
    if task.progress.scratch == 0 { task.progress.scratch = object.nextPlace }
    return try task.block(on: [object.queue], until: deadline, interruption: .EINTR)
  }

  /// The object that argument 0 names: EINVAL, or EIDRM when it went while the call waited.
  func object<Object: IpcObject>(in registry: IpcRegistry<Object>) throws(Errno) -> Object {
    do throws(Errno) { return try registry.object(int(0)) } catch {
      throw task.progress.scratch == 0 ? error : .EIDRM
    }
  }

  /// The object that a `…_STAT` command names, by id or by place, if it may be read.
  func object<Object: IpcObject>(
    in registry: IpcRegistry<Object>, byPlace: Bool, checked: Bool
  ) throws(Errno) -> Object {
    let object = byPlace ? try registry.object(at: int(0)) : try registry.object(int(0))
    if checked { try object.require(0o444, credentials) }
    return object
  }
}

/// A command without what libc adds to it (`IPC_64`).
func ipcCommand(_ call: SyscallContext, _ index: Int) -> Int32 { call.int(index) & ~0x100 }

/// 32-bit words one after the other, as the `…_INFO` structures are.
func words(_ values: [Int]) -> [UInt8] {
  var writer = ByteWriter(capacity: values.count * 4)
  for value in values { writer.write(Int32(clamping: value)) }
  return writer.bytes
}
