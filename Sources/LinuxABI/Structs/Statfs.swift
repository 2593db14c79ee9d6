/// `struct statfs`, the same on every 64-bit ISA (`statfs(2)`). `f_fsid` is two 32-bit numbers,
/// taken as one here.
package struct Statfs: GuestStruct {
  package static let byteCount = 120

  package var f_type: Int64
  package var f_bsize: Int64
  package var f_blocks: UInt64
  package var f_bfree: UInt64
  package var f_bavail: UInt64
  package var f_files: UInt64
  package var f_ffree: UInt64
  package var f_fsid: UInt64
  package var f_namelen: Int64
  package var f_frsize: Int64
  package var f_flags: Int64

  package init(
    f_type: Int64 = 0,
    f_bsize: Int64 = 0,
    f_blocks: UInt64 = 0,
    f_bfree: UInt64 = 0,
    f_bavail: UInt64 = 0,
    f_files: UInt64 = 0,
    f_ffree: UInt64 = 0,
    f_fsid: UInt64 = 0,
    f_namelen: Int64 = 255,
    f_frsize: Int64 = 0,
    f_flags: Int64 = 0
  ) {
    self.f_type = f_type
    self.f_bsize = f_bsize
    self.f_blocks = f_blocks
    self.f_bfree = f_bfree
    self.f_bavail = f_bavail
    self.f_files = f_files
    self.f_ffree = f_ffree
    self.f_fsid = f_fsid
    self.f_namelen = f_namelen
    self.f_frsize = f_frsize
    self.f_flags = f_flags
  }

  package init(from reader: inout ByteReader) {
    f_type = reader.read()
    f_bsize = reader.read()
    f_blocks = reader.read()
    f_bfree = reader.read()
    f_bavail = reader.read()
    f_files = reader.read()
    f_ffree = reader.read()
    f_fsid = reader.read()
    f_namelen = reader.read()
    f_frsize = reader.read()
    f_flags = reader.read()
    reader.skip(32)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(f_type)
    writer.write(f_bsize)
    writer.write(f_blocks)
    writer.write(f_bfree)
    writer.write(f_bavail)
    writer.write(f_files)
    writer.write(f_ffree)
    writer.write(f_fsid)
    writer.write(f_namelen)
    writer.write(f_frsize)
    writer.write(f_flags)
    writer.zero(32)
  }
}
