/// `struct inotify_event` (`inotify(7)`): 16 bytes and the name, padded with NULs.
package struct InotifyEvent: Hashable, Sendable {
  package var wd: Int32
  package var mask: InotifyMask
  package var cookie: UInt32
  /// Empty when the event is about the watched object itself.
  package var name: [UInt8]

  package init(wd: Int32, mask: InotifyMask, cookie: UInt32 = 0, name: [UInt8] = []) {
    self.wd = wd
    self.mask = mask
    self.cookie = cookie
    self.name = name
  }

  /// The bytes that the name takes (`len`): with a NUL, a multiple of the structure's 16 bytes.
  private var nameLength: Int { name.isEmpty ? 0 : (name.count + 1 + 15) & ~15 }

  package var byteCount: Int { 16 + nameLength }

  package func encode(to writer: inout ByteWriter) {
    writer.write(wd)
    writer.write(mask.rawValue)
    writer.write(cookie)
    writer.write(UInt32(nameLength))
    writer.write(name)
    writer.zero(nameLength - name.count)
  }
}
