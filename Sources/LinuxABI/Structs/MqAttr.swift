import Machine

/// `struct mq_attr` (mq_getattr(3)), as 64-bit kernels have it.
package struct MqAttr: GuestStruct {
  package static let byteCount = 64

  /// `O_NONBLOCK` or nothing.
  package var mq_flags: Int64
  package var mq_maxmsg: Int64
  /// Bytes.
  package var mq_msgsize: Int64
  package var mq_curmsgs: Int64

  package init(
    mq_flags: Int64 = 0, mq_maxmsg: Int64 = 0, mq_msgsize: Int64 = 0, mq_curmsgs: Int64 = 0
  ) {
    self.mq_flags = mq_flags
    self.mq_maxmsg = mq_maxmsg
    self.mq_msgsize = mq_msgsize
    self.mq_curmsgs = mq_curmsgs
  }

  package init(from reader: inout ByteReader) {
    mq_flags = reader.read()
    mq_maxmsg = reader.read()
    mq_msgsize = reader.read()
    mq_curmsgs = reader.read()
    reader.skip(32)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(mq_flags)
    writer.write(mq_maxmsg)
    writer.write(mq_msgsize)
    writer.write(mq_curmsgs)
    writer.zero(32)
  }
}
