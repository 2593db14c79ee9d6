/// `struct nlmsghdr`: the head of a netlink message (`netlink(7)`).
package struct Nlmsghdr: GuestStruct {
  package static let byteCount = 16

  package var nlmsg_len: UInt32
  package var nlmsg_type: UInt16
  package var nlmsg_flags: UInt16
  package var nlmsg_seq: UInt32
  package var nlmsg_pid: UInt32

  package init(
    nlmsg_len: UInt32 = 0,
    nlmsg_type: UInt16 = 0,
    nlmsg_flags: UInt16 = 0,
    nlmsg_seq: UInt32 = 0,
    nlmsg_pid: UInt32 = 0
  ) {
    self.nlmsg_len = nlmsg_len
    self.nlmsg_type = nlmsg_type
    self.nlmsg_flags = nlmsg_flags
    self.nlmsg_seq = nlmsg_seq
    self.nlmsg_pid = nlmsg_pid
  }

  package init(from reader: inout ByteReader) {
    nlmsg_len = reader.read()
    nlmsg_type = reader.read()
    nlmsg_flags = reader.read()
    nlmsg_seq = reader.read()
    nlmsg_pid = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(nlmsg_len)
    writer.write(nlmsg_type)
    writer.write(nlmsg_flags)
    writer.write(nlmsg_seq)
    writer.write(nlmsg_pid)
  }
}

/// `struct ifinfomsg` (`rtnetlink(7)`).
package struct Ifinfomsg: GuestStruct {
  package static let byteCount = 16

  package var ifi_family: UInt8
  package var ifi_type: UInt16
  package var ifi_index: Int32
  package var ifi_flags: UInt32
  package var ifi_change: UInt32

  package init(
    ifi_family: UInt8 = 0,
    ifi_type: UInt16 = 0,
    ifi_index: Int32 = 0,
    ifi_flags: UInt32 = 0,
    ifi_change: UInt32 = 0
  ) {
    self.ifi_family = ifi_family
    self.ifi_type = ifi_type
    self.ifi_index = ifi_index
    self.ifi_flags = ifi_flags
    self.ifi_change = ifi_change
  }

  package init(from reader: inout ByteReader) {
    ifi_family = reader.read()
    reader.skip(1)
    ifi_type = reader.read()
    ifi_index = reader.read()
    ifi_flags = reader.read()
    ifi_change = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(ifi_family)
    writer.zero(1)
    writer.write(ifi_type)
    writer.write(ifi_index)
    writer.write(ifi_flags)
    writer.write(ifi_change)
  }
}

/// `struct ifaddrmsg` (`rtnetlink(7)`).
package struct Ifaddrmsg: GuestStruct {
  package static let byteCount = 8

  package var ifa_family: UInt8
  package var ifa_prefixlen: UInt8
  package var ifa_flags: UInt8
  package var ifa_scope: UInt8
  package var ifa_index: UInt32

  package init(
    ifa_family: UInt8 = 0,
    ifa_prefixlen: UInt8 = 0,
    ifa_flags: UInt8 = 0,
    ifa_scope: UInt8 = 0,
    ifa_index: UInt32 = 0
  ) {
    self.ifa_family = ifa_family
    self.ifa_prefixlen = ifa_prefixlen
    self.ifa_flags = ifa_flags
    self.ifa_scope = ifa_scope
    self.ifa_index = ifa_index
  }

  package init(from reader: inout ByteReader) {
    ifa_family = reader.read()
    ifa_prefixlen = reader.read()
    ifa_flags = reader.read()
    ifa_scope = reader.read()
    ifa_index = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(ifa_family)
    writer.write(ifa_prefixlen)
    writer.write(ifa_flags)
    writer.write(ifa_scope)
    writer.write(ifa_index)
  }
}

/// `struct rtmsg` (`rtnetlink(7)`).
package struct Rtmsg: GuestStruct {
  package static let byteCount = 12

  package var rtm_family: UInt8
  package var rtm_dst_len: UInt8
  package var rtm_src_len: UInt8
  package var rtm_tos: UInt8
  package var rtm_table: UInt8
  package var rtm_protocol: UInt8
  package var rtm_scope: UInt8
  package var rtm_type: UInt8
  package var rtm_flags: UInt32

  package init(
    rtm_family: UInt8 = 0,
    rtm_dst_len: UInt8 = 0,
    rtm_src_len: UInt8 = 0,
    rtm_tos: UInt8 = 0,
    rtm_table: UInt8 = 0,
    rtm_protocol: UInt8 = 0,
    rtm_scope: UInt8 = 0,
    rtm_type: UInt8 = 0,
    rtm_flags: UInt32 = 0
  ) {
    self.rtm_family = rtm_family
    self.rtm_dst_len = rtm_dst_len
    self.rtm_src_len = rtm_src_len
    self.rtm_tos = rtm_tos
    self.rtm_table = rtm_table
    self.rtm_protocol = rtm_protocol
    self.rtm_scope = rtm_scope
    self.rtm_type = rtm_type
    self.rtm_flags = rtm_flags
  }

  package init(from reader: inout ByteReader) {
    rtm_family = reader.read()
    rtm_dst_len = reader.read()
    rtm_src_len = reader.read()
    rtm_tos = reader.read()
    rtm_table = reader.read()
    rtm_protocol = reader.read()
    rtm_scope = reader.read()
    rtm_type = reader.read()
    rtm_flags = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(rtm_family)
    writer.write(rtm_dst_len)
    writer.write(rtm_src_len)
    writer.write(rtm_tos)
    writer.write(rtm_table)
    writer.write(rtm_protocol)
    writer.write(rtm_scope)
    writer.write(rtm_type)
    writer.write(rtm_flags)
  }
}
