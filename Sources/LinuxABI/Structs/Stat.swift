package import Machine

/// `struct stat` (`stat(2)`).
///
/// x86-64 has its own layout of 144 bytes (`arch/x86/include/uapi/asm/stat.h`); AArch64 and RISC-V
/// share the generic one of 128 (`asm-generic/stat.h`), whose link count has 32 bits.
package struct Stat: GuestISAStruct {
  package var st_dev: UInt64
  package var st_ino: UInt64
  package var st_nlink: UInt64
  package var st_mode: UInt32
  package var st_uid: UInt32
  package var st_gid: UInt32
  package var st_rdev: UInt64
  package var st_size: Int64
  package var st_blksize: Int64
  /// In units of 512 bytes.
  package var st_blocks: Int64
  package var st_atim: Timespec
  package var st_mtim: Timespec
  package var st_ctim: Timespec

  package init(
    st_dev: UInt64 = 0, st_ino: UInt64 = 0, st_nlink: UInt64 = 1, st_mode: UInt32 = 0,
    st_uid: UInt32 = 0, st_gid: UInt32 = 0, st_rdev: UInt64 = 0, st_size: Int64 = 0,
    st_blksize: Int64 = 4096, st_blocks: Int64 = 0, st_atim: Timespec = Timespec(),
    st_mtim: Timespec = Timespec(), st_ctim: Timespec = Timespec()
  ) {
    self.st_dev = st_dev
    self.st_ino = st_ino
    self.st_nlink = st_nlink
    self.st_mode = st_mode
    self.st_uid = st_uid
    self.st_gid = st_gid
    self.st_rdev = st_rdev
    self.st_size = st_size
    self.st_blksize = st_blksize
    self.st_blocks = st_blocks
    self.st_atim = st_atim
    self.st_mtim = st_mtim
    self.st_ctim = st_ctim
  }

  package static func byteCount(for isa: GuestISA) -> Int {
    switch isa {
    case .x86_64: 144
    case .aarch64, .riscv64: 128
    }
  }

  package init(from reader: inout ByteReader, isa: GuestISA) {
    self.init()
    st_dev = reader.read()
    st_ino = reader.read()
    switch isa {
    case .x86_64:
      st_nlink = reader.read()
      st_mode = reader.read()
      st_uid = reader.read()
      st_gid = reader.read()
      reader.skip(4)
      st_rdev = reader.read()
      st_size = reader.read()
      st_blksize = reader.read()
    case .aarch64, .riscv64:
      st_mode = reader.read()
      st_nlink = UInt64(reader.read(UInt32.self))
      st_uid = reader.read()
      st_gid = reader.read()
      st_rdev = reader.read()
      reader.skip(8)
      st_size = reader.read()
      st_blksize = Int64(reader.read(Int32.self))
      reader.skip(4)
    }
    st_blocks = reader.read()
    st_atim = Timespec(from: &reader)
    st_mtim = Timespec(from: &reader)
    st_ctim = Timespec(from: &reader)
    reader.skip(Self.tail(for: isa))
  }

  /// Unused bytes at the end.
  private static func tail(for isa: GuestISA) -> Int {
    switch isa {
    case .x86_64: 24
    case .aarch64, .riscv64: 8
    }
  }

  package func encode(to writer: inout ByteWriter, isa: GuestISA) {
    writer.write(st_dev)
    writer.write(st_ino)
    switch isa {
    case .x86_64:
      writer.write(st_nlink)
      writer.write(st_mode)
      writer.write(st_uid)
      writer.write(st_gid)
      writer.zero(4)
      writer.write(st_rdev)
      writer.write(st_size)
      writer.write(st_blksize)
    case .aarch64, .riscv64:
      writer.write(st_mode)
      writer.write(UInt32(truncatingIfNeeded: st_nlink))
      writer.write(st_uid)
      writer.write(st_gid)
      writer.write(st_rdev)
      writer.zero(8)
      writer.write(st_size)
      writer.write(Int32(truncatingIfNeeded: st_blksize))
      writer.zero(4)
    }
    writer.write(st_blocks)
    st_atim.encode(to: &writer)
    st_mtim.encode(to: &writer)
    st_ctim.encode(to: &writer)
    writer.zero(Self.tail(for: isa))
  }
}
