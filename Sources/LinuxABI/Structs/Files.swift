/// `struct iovec`: one buffer of `readv(2)`.
package struct Iovec: GuestStruct {
  package static let byteCount = 16

  package var iov_base: UInt64
  package var iov_len: UInt64

  package init(
    iov_base: UInt64 = 0,
    iov_len: UInt64 = 0
  ) {
    self.iov_base = iov_base
    self.iov_len = iov_len
  }

  package init(from reader: inout ByteReader) {
    iov_base = reader.read()
    iov_len = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(iov_base)
    writer.write(iov_len)
  }
}

/// `struct flock`: a POSIX or open-file-description lock (`F_SETLK`, `F_OFD_SETLK` in `fcntl(2)`).
/// `l_type` is a `RecordLockType`, `l_whence` a `Whence`.
package struct RecordLock: GuestStruct {
  package static let byteCount = 32

  package var l_type: Int16
  package var l_whence: Int16
  package var l_start: Int64
  package var l_len: Int64
  package var l_pid: Int32

  package init(
    l_type: Int16 = 0,
    l_whence: Int16 = 0,
    l_start: Int64 = 0,
    l_len: Int64 = 0,
    l_pid: Int32 = 0
  ) {
    self.l_type = l_type
    self.l_whence = l_whence
    self.l_start = l_start
    self.l_len = l_len
    self.l_pid = l_pid
  }

  package init(from reader: inout ByteReader) {
    l_type = reader.read()
    l_whence = reader.read()
    reader.skip(4)
    l_start = reader.read()
    l_len = reader.read()
    l_pid = reader.read()
    reader.skip(4)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(l_type)
    writer.write(l_whence)
    writer.zero(4)
    writer.write(l_start)
    writer.write(l_len)
    writer.write(l_pid)
    writer.zero(4)
  }
}

/// `struct f_owner_ex` (`F_SETOWN_EX` in `fcntl(2)`).
package struct OwnerEx: GuestStruct {
  package static let byteCount = 8

  package var type: Int32
  package var pid: Int32

  package init(
    type: Int32 = 0,
    pid: Int32 = 0
  ) {
    self.type = type
    self.pid = pid
  }

  package init(from reader: inout ByteReader) {
    type = reader.read()
    pid = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(type)
    writer.write(pid)
  }
}

/// `struct open_how` (`openat2(2)`).
package struct OpenHow: GuestStruct {
  package static let byteCount = 24

  package var flags: UInt64
  package var mode: UInt64
  package var resolve: UInt64

  package init(
    flags: UInt64 = 0,
    mode: UInt64 = 0,
    resolve: UInt64 = 0
  ) {
    self.flags = flags
    self.mode = mode
    self.resolve = resolve
  }

  package init(from reader: inout ByteReader) {
    flags = reader.read()
    mode = reader.read()
    resolve = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(flags)
    writer.write(mode)
    writer.write(resolve)
  }
}
