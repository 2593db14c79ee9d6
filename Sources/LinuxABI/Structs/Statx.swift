/// `struct statx_timestamp`.
package struct StatxTimestamp: GuestStruct {
  package static let byteCount = 16

  package var tv_sec: Int64
  package var tv_nsec: UInt32

  package init(
    tv_sec: Int64 = 0,
    tv_nsec: UInt32 = 0
  ) {
    self.tv_sec = tv_sec
    self.tv_nsec = tv_nsec
  }

  package init(from reader: inout ByteReader) {
    tv_sec = reader.read()
    tv_nsec = reader.read()
    reader.skip(4)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(tv_sec)
    writer.write(tv_nsec)
    writer.zero(4)
  }

  package init(_ time: Timespec) {
    self.init(tv_sec: time.tv_sec, tv_nsec: UInt32(truncatingIfNeeded: time.tv_nsec))
  }
}

/// `struct statx`, the same on every ISA (`statx(2)`, `linux/stat.h`).
package struct Statx: GuestStruct {
  package static let byteCount = 256

  package var stx_mask: UInt32
  package var stx_blksize: UInt32
  package var stx_attributes: UInt64
  package var stx_nlink: UInt32
  package var stx_uid: UInt32
  package var stx_gid: UInt32
  package var stx_mode: UInt16
  package var stx_ino: UInt64
  package var stx_size: UInt64
  package var stx_blocks: UInt64
  package var stx_attributes_mask: UInt64
  package var stx_atime: StatxTimestamp
  package var stx_btime: StatxTimestamp
  package var stx_ctime: StatxTimestamp
  package var stx_mtime: StatxTimestamp
  package var stx_rdev_major: UInt32
  package var stx_rdev_minor: UInt32
  package var stx_dev_major: UInt32
  package var stx_dev_minor: UInt32
  package var stx_mnt_id: UInt64
  package var stx_dio_mem_align: UInt32
  package var stx_dio_offset_align: UInt32

  package init(
    stx_mask: UInt32 = 0,
    stx_blksize: UInt32 = 0,
    stx_attributes: UInt64 = 0,
    stx_nlink: UInt32 = 0,
    stx_uid: UInt32 = 0,
    stx_gid: UInt32 = 0,
    stx_mode: UInt16 = 0,
    stx_ino: UInt64 = 0,
    stx_size: UInt64 = 0,
    stx_blocks: UInt64 = 0,
    stx_attributes_mask: UInt64 = 0,
    stx_atime: StatxTimestamp = StatxTimestamp(),
    stx_btime: StatxTimestamp = StatxTimestamp(),
    stx_ctime: StatxTimestamp = StatxTimestamp(),
    stx_mtime: StatxTimestamp = StatxTimestamp(),
    stx_rdev_major: UInt32 = 0,
    stx_rdev_minor: UInt32 = 0,
    stx_dev_major: UInt32 = 0,
    stx_dev_minor: UInt32 = 0,
    stx_mnt_id: UInt64 = 0,
    stx_dio_mem_align: UInt32 = 0,
    stx_dio_offset_align: UInt32 = 0
  ) {
    self.stx_mask = stx_mask
    self.stx_blksize = stx_blksize
    self.stx_attributes = stx_attributes
    self.stx_nlink = stx_nlink
    self.stx_uid = stx_uid
    self.stx_gid = stx_gid
    self.stx_mode = stx_mode
    self.stx_ino = stx_ino
    self.stx_size = stx_size
    self.stx_blocks = stx_blocks
    self.stx_attributes_mask = stx_attributes_mask
    self.stx_atime = stx_atime
    self.stx_btime = stx_btime
    self.stx_ctime = stx_ctime
    self.stx_mtime = stx_mtime
    self.stx_rdev_major = stx_rdev_major
    self.stx_rdev_minor = stx_rdev_minor
    self.stx_dev_major = stx_dev_major
    self.stx_dev_minor = stx_dev_minor
    self.stx_mnt_id = stx_mnt_id
    self.stx_dio_mem_align = stx_dio_mem_align
    self.stx_dio_offset_align = stx_dio_offset_align
  }

  package init(from reader: inout ByteReader) {
    stx_mask = reader.read()
    stx_blksize = reader.read()
    stx_attributes = reader.read()
    stx_nlink = reader.read()
    stx_uid = reader.read()
    stx_gid = reader.read()
    stx_mode = reader.read()
    reader.skip(2)
    stx_ino = reader.read()
    stx_size = reader.read()
    stx_blocks = reader.read()
    stx_attributes_mask = reader.read()
    stx_atime = StatxTimestamp(from: &reader)
    stx_btime = StatxTimestamp(from: &reader)
    stx_ctime = StatxTimestamp(from: &reader)
    stx_mtime = StatxTimestamp(from: &reader)
    stx_rdev_major = reader.read()
    stx_rdev_minor = reader.read()
    stx_dev_major = reader.read()
    stx_dev_minor = reader.read()
    stx_mnt_id = reader.read()
    stx_dio_mem_align = reader.read()
    stx_dio_offset_align = reader.read()
    reader.skip(96)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(stx_mask)
    writer.write(stx_blksize)
    writer.write(stx_attributes)
    writer.write(stx_nlink)
    writer.write(stx_uid)
    writer.write(stx_gid)
    writer.write(stx_mode)
    writer.zero(2)
    writer.write(stx_ino)
    writer.write(stx_size)
    writer.write(stx_blocks)
    writer.write(stx_attributes_mask)
    stx_atime.encode(to: &writer)
    stx_btime.encode(to: &writer)
    stx_ctime.encode(to: &writer)
    stx_mtime.encode(to: &writer)
    writer.write(stx_rdev_major)
    writer.write(stx_rdev_minor)
    writer.write(stx_dev_major)
    writer.write(stx_dev_minor)
    writer.write(stx_mnt_id)
    writer.write(stx_dio_mem_align)
    writer.write(stx_dio_offset_align)
    writer.zero(96)
  }
}
