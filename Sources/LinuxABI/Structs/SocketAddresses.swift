/// `struct sockaddr_in` (`ip(7)`). Port and address are in network byte order.
package struct SockaddrIn: GuestStruct {
  package static let byteCount = 16

  package var sin_family: UInt16
  package var sin_port: UInt16
  package var sin_addr: UInt32

  package init(
    sin_family: UInt16 = 0,
    sin_port: UInt16 = 0,
    sin_addr: UInt32 = 0
  ) {
    self.sin_family = sin_family
    self.sin_port = sin_port
    self.sin_addr = sin_addr
  }

  package init(from reader: inout ByteReader) {
    sin_family = reader.read()
    sin_port = reader.read()
    sin_addr = reader.read()
    reader.skip(8)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(sin_family)
    writer.write(sin_port)
    writer.write(sin_addr)
    writer.zero(8)
  }
}

/// `struct sockaddr_in6` (`ipv6(7)`). The port is in network byte order.
package struct SockaddrIn6: GuestStruct {
  package static let byteCount = 28

  package var sin6_family: UInt16
  package var sin6_port: UInt16
  package var sin6_flowinfo: UInt32
  package var sin6_addr: [UInt8]
  package var sin6_scope_id: UInt32

  package init(
    sin6_family: UInt16 = 0,
    sin6_port: UInt16 = 0,
    sin6_flowinfo: UInt32 = 0,
    sin6_addr: [UInt8] = [UInt8](repeating: 0, count: 16),
    sin6_scope_id: UInt32 = 0
  ) {
    self.sin6_family = sin6_family
    self.sin6_port = sin6_port
    self.sin6_flowinfo = sin6_flowinfo
    self.sin6_addr = sin6_addr
    self.sin6_scope_id = sin6_scope_id
  }

  package init(from reader: inout ByteReader) {
    sin6_family = reader.read()
    sin6_port = reader.read()
    sin6_flowinfo = reader.read()
    sin6_addr = reader.read(count: 16)
    sin6_scope_id = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(sin6_family)
    writer.write(sin6_port)
    writer.write(sin6_flowinfo)
    writer.write(sin6_addr)
    writer.write(sin6_scope_id)
  }
}

/// `struct sockaddr_nl` (`netlink(7)`).
package struct SockaddrNl: GuestStruct {
  package static let byteCount = 12

  package var nl_family: UInt16
  package var nl_pid: UInt32
  package var nl_groups: UInt32

  package init(
    nl_family: UInt16 = 0,
    nl_pid: UInt32 = 0,
    nl_groups: UInt32 = 0
  ) {
    self.nl_family = nl_family
    self.nl_pid = nl_pid
    self.nl_groups = nl_groups
  }

  package init(from reader: inout ByteReader) {
    nl_family = reader.read()
    reader.skip(2)
    nl_pid = reader.read()
    nl_groups = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(nl_family)
    writer.zero(2)
    writer.write(nl_pid)
    writer.write(nl_groups)
  }
}

/// `struct in_pktinfo` (`IP_PKTINFO` in `ip(7)`); addresses in network byte order.
package struct InPktinfo: GuestStruct {
  package static let byteCount = 12

  package var ipi_ifindex: Int32
  package var ipi_spec_dst: UInt32
  package var ipi_addr: UInt32

  package init(
    ipi_ifindex: Int32 = 0,
    ipi_spec_dst: UInt32 = 0,
    ipi_addr: UInt32 = 0
  ) {
    self.ipi_ifindex = ipi_ifindex
    self.ipi_spec_dst = ipi_spec_dst
    self.ipi_addr = ipi_addr
  }

  package init(from reader: inout ByteReader) {
    ipi_ifindex = reader.read()
    ipi_spec_dst = reader.read()
    ipi_addr = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(ipi_ifindex)
    writer.write(ipi_spec_dst)
    writer.write(ipi_addr)
  }
}

/// `struct in6_pktinfo` (`IPV6_PKTINFO` in `ipv6(7)`).
package struct In6Pktinfo: GuestStruct {
  package static let byteCount = 20

  package var ipi6_addr: [UInt8]
  package var ipi6_ifindex: UInt32

  package init(
    ipi6_addr: [UInt8] = [UInt8](repeating: 0, count: 16),
    ipi6_ifindex: UInt32 = 0
  ) {
    self.ipi6_addr = ipi6_addr
    self.ipi6_ifindex = ipi6_ifindex
  }

  package init(from reader: inout ByteReader) {
    ipi6_addr = reader.read(count: 16)
    ipi6_ifindex = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(ipi6_addr)
    writer.write(ipi6_ifindex)
  }
}

/// `struct ip_mreqn` (`IP_ADD_MEMBERSHIP` in `ip(7)`); addresses in network byte order.
package struct IPMreqn: GuestStruct {
  package static let byteCount = 12

  package var imr_multiaddr: UInt32
  package var imr_address: UInt32
  package var imr_ifindex: Int32

  package init(
    imr_multiaddr: UInt32 = 0,
    imr_address: UInt32 = 0,
    imr_ifindex: Int32 = 0
  ) {
    self.imr_multiaddr = imr_multiaddr
    self.imr_address = imr_address
    self.imr_ifindex = imr_ifindex
  }

  package init(from reader: inout ByteReader) {
    imr_multiaddr = reader.read()
    imr_address = reader.read()
    imr_ifindex = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(imr_multiaddr)
    writer.write(imr_address)
    writer.write(imr_ifindex)
  }
}

/// `struct ipv6_mreq` (`IPV6_ADD_MEMBERSHIP` in `ipv6(7)`).
package struct IPv6Mreq: GuestStruct {
  package static let byteCount = 20

  package var ipv6mr_multiaddr: [UInt8]
  package var ipv6mr_interface: Int32

  package init(
    ipv6mr_multiaddr: [UInt8] = [UInt8](repeating: 0, count: 16),
    ipv6mr_interface: Int32 = 0
  ) {
    self.ipv6mr_multiaddr = ipv6mr_multiaddr
    self.ipv6mr_interface = ipv6mr_interface
  }

  package init(from reader: inout ByteReader) {
    ipv6mr_multiaddr = reader.read(count: 16)
    ipv6mr_interface = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(ipv6mr_multiaddr)
    writer.write(ipv6mr_interface)
  }
}
