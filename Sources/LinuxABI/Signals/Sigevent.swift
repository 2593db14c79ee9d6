/// `struct sigevent`, 64 bytes: how a POSIX timer tells of its expiry (`sigevent(7)`).
package struct Sigevent: GuestStruct {
  package static let byteCount = 64

  package var sigev_value: UInt64
  package var sigev_signo: Int32
  /// A `SigevNotify`.
  package var sigev_notify: Int32
  /// `sigev_notify_thread_id`, of `SIGEV_THREAD_ID`; the C library's `SIGEV_THREAD` becomes that.
  package var threadID: Int32

  package init(
    sigev_value: UInt64 = 0, sigev_signo: Int32 = 0, sigev_notify: Int32 = 0, threadID: Int32 = 0
  ) {
    self.sigev_value = sigev_value
    self.sigev_signo = sigev_signo
    self.sigev_notify = sigev_notify
    self.threadID = threadID
  }

  package init(from reader: inout ByteReader) {
    sigev_value = reader.read()
    sigev_signo = reader.read()
    sigev_notify = reader.read()
    threadID = reader.read()
    reader.skip(44)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(sigev_value)
    writer.write(sigev_signo)
    writer.write(sigev_notify)
    writer.write(threadID)
    writer.zero(44)
  }
}
