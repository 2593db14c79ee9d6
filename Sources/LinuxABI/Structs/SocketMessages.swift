/// `struct msghdr` (`sendmsg(2)`).
package struct Msghdr: GuestStruct {
  package static let byteCount = 56

  package var msg_name: UInt64
  package var msg_namelen: UInt32
  package var msg_iov: UInt64
  package var msg_iovlen: UInt64
  package var msg_control: UInt64
  package var msg_controllen: UInt64
  package var msg_flags: UInt32

  package init(
    msg_name: UInt64 = 0,
    msg_namelen: UInt32 = 0,
    msg_iov: UInt64 = 0,
    msg_iovlen: UInt64 = 0,
    msg_control: UInt64 = 0,
    msg_controllen: UInt64 = 0,
    msg_flags: UInt32 = 0
  ) {
    self.msg_name = msg_name
    self.msg_namelen = msg_namelen
    self.msg_iov = msg_iov
    self.msg_iovlen = msg_iovlen
    self.msg_control = msg_control
    self.msg_controllen = msg_controllen
    self.msg_flags = msg_flags
  }

  package init(from reader: inout ByteReader) {
    msg_name = reader.read()
    msg_namelen = reader.read()
    reader.skip(4)
    msg_iov = reader.read()
    msg_iovlen = reader.read()
    msg_control = reader.read()
    msg_controllen = reader.read()
    msg_flags = reader.read()
    reader.skip(4)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(msg_name)
    writer.write(msg_namelen)
    writer.zero(4)
    writer.write(msg_iov)
    writer.write(msg_iovlen)
    writer.write(msg_control)
    writer.write(msg_controllen)
    writer.write(msg_flags)
    writer.zero(4)
  }
}

/// `struct cmsghdr`: the head of one control message (`cmsg(3)`).
package struct Cmsghdr: GuestStruct {
  package static let byteCount = 16

  package var cmsg_len: UInt64
  package var cmsg_level: Int32
  package var cmsg_type: Int32

  package init(
    cmsg_len: UInt64 = 0,
    cmsg_level: Int32 = 0,
    cmsg_type: Int32 = 0
  ) {
    self.cmsg_len = cmsg_len
    self.cmsg_level = cmsg_level
    self.cmsg_type = cmsg_type
  }

  package init(from reader: inout ByteReader) {
    cmsg_len = reader.read()
    cmsg_level = reader.read()
    cmsg_type = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(cmsg_len)
    writer.write(cmsg_level)
    writer.write(cmsg_type)
  }
}

/// `struct ucred` (`SO_PEERCRED` in `unix(7)`).
package struct Ucred: GuestStruct {
  package static let byteCount = 12

  package var pid: Int32
  package var uid: UInt32
  package var gid: UInt32

  package init(
    pid: Int32 = 0,
    uid: UInt32 = 0,
    gid: UInt32 = 0
  ) {
    self.pid = pid
    self.uid = uid
    self.gid = gid
  }

  package init(from reader: inout ByteReader) {
    pid = reader.read()
    uid = reader.read()
    gid = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(pid)
    writer.write(uid)
    writer.write(gid)
  }
}

/// `struct linger` (`SO_LINGER` in `socket(7)`).
package struct Linger: GuestStruct {
  package static let byteCount = 8

  package var l_onoff: Int32
  package var l_linger: Int32

  package init(
    l_onoff: Int32 = 0,
    l_linger: Int32 = 0
  ) {
    self.l_onoff = l_onoff
    self.l_linger = l_linger
  }

  package init(from reader: inout ByteReader) {
    l_onoff = reader.read()
    l_linger = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(l_onoff)
    writer.write(l_linger)
  }
}
