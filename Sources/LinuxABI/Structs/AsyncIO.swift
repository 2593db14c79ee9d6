import Machine

/// `struct iocb`: one request of io_submit(2).
package struct Iocb: GuestStruct {
  package static let byteCount = 64

  package var aio_data: UInt64
  package var aio_rw_flags: UInt32
  package var aio_lio_opcode: UInt16
  package var aio_fildes: Int32
  package var aio_buf: UInt64
  package var aio_nbytes: UInt64
  package var aio_offset: Int64
  package var aio_reserved2: UInt64
  package var aio_flags: UInt32
  package var aio_resfd: Int32

  package static let IOCB_FLAG_RESFD: UInt32 = 1
  package static let IOCB_FLAG_IOPRIO: UInt32 = 2

  package init(from reader: inout ByteReader) {
    aio_data = reader.read()
    reader.skip(4)
    aio_rw_flags = reader.read()
    aio_lio_opcode = reader.read()
    reader.skip(2)
    aio_fildes = reader.read()
    aio_buf = reader.read()
    aio_nbytes = reader.read()
    aio_offset = reader.read()
    aio_reserved2 = reader.read()
    aio_flags = reader.read()
    aio_resfd = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(aio_data)
    writer.zero(4)
    writer.write(aio_rw_flags)
    writer.write(aio_lio_opcode)
    writer.zero(2)
    writer.write(aio_fildes)
    writer.write(aio_buf)
    writer.write(aio_nbytes)
    writer.write(aio_offset)
    writer.write(aio_reserved2)
    writer.write(aio_flags)
    writer.write(aio_resfd)
  }
}

/// The `aio_lio_opcode` of an `Iocb`.
package enum IocbCommand: UInt16, Hashable, Sendable, CaseIterable {
  case IOCB_CMD_PREAD = 0
  case IOCB_CMD_PWRITE = 1
  case IOCB_CMD_FSYNC = 2
  case IOCB_CMD_FDSYNC = 3
  case IOCB_CMD_POLL = 5
  case IOCB_CMD_PREADV = 7
  case IOCB_CMD_PWRITEV = 8
}

/// `struct io_event`: how a request ended.
package struct IoEvent: GuestStruct {
  package static let byteCount = 32

  package var data: UInt64
  /// The address of the `Iocb`.
  package var obj: UInt64
  /// What the call would have returned; an error is negative.
  package var res: Int64

  package init(data: UInt64, obj: UInt64, res: Int64) {
    self.data = data
    self.obj = obj
    self.res = res
  }

  package init(from reader: inout ByteReader) {
    data = reader.read()
    obj = reader.read()
    res = reader.read()
    reader.skip(8)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(data)
    writer.write(obj)
    writer.write(res)
    writer.zero(8)
  }
}
