import LinuxABI
import Machine

/// What connects the open ends of a FIFO in a filesystem, as long as there are any (fifo(7)).
struct FIFO {
  weak var pipe: Pipe?

  /// Opens an end. ENXIO for one to write to that nobody reads, when that may not be waited for.
  ///
  /// - Parameters:
  ///   - number: the `st_ino` of the FIFO.
  ///   - now: when it was first opened, should that be now.
  mutating func open(
    _ flags: OpenFlags, at dentry: Dentry, number: UInt64, now: Timespec, _ arena: FrameArena
  ) throws(Errno) -> PipeEnd {
    let pipe = pipe ?? Pipe(arena, number: number, created: now)
    if flags.accessMode == .O_WRONLY, flags.contains(.O_NONBLOCK), pipe.readers == 0 {
      throw .ENXIO
    }
    self.pipe = pipe
    return PipeEnd(pipe, flags: flags, at: dentry)
  }
}

extension VFS {
  /// Opens the character device that a node in any filesystem stands for: ENXIO when there is none.
  func openDevice(_ device: DeviceNumber, _ flags: OpenFlags, at dentry: Dentry)
    throws(Errno) -> OpenFile
  {
    let devices = mounts.lazy.compactMap { $0.filesystem as? DevFS }.first
    guard let devices else { throw .ENXIO }
    return try devices.open(device, flags, at: dentry)
  }
}
