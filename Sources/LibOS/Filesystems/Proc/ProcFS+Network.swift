import LinuxABI

// The files of `/proc/net` (proc_net(5)), which every process sees as its own.
extension ProcFS {
  /// - Parameter add: takes the name of each file, and what makes its text.
  func addNetworkFiles(_ add: (String, @escaping () -> String) -> Void) {
    let kernel = kernel
    func text(_ name: String, _ make: @escaping (Network) -> String) {
      add(name) { [unowned kernel] in make(kernel.network) }
    }
    text("tcp") { internetTable($0.tcp, .AF_INET, isTCP: true) }
    text("tcp6") { internetTable($0.tcp, .AF_INET6, isTCP: true) }
    text("udp") { internetTable($0.udp, .AF_INET, isTCP: false) }
    text("udp6") { internetTable($0.udp, .AF_INET6, isTCP: false) }
    text("udplite") { internetTable($0.udpLite, .AF_INET, isTCP: false) }
    text("udplite6") { internetTable($0.udpLite, .AF_INET6, isTCP: false) }
    text("raw") { _ in internetHeader(.AF_INET, isTCP: false) }
    text("raw6") { _ in internetHeader(.AF_INET6, isTCP: false) }
    text("unix", unixTable)
    text("netlink") { _ in
      "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
    }
    text("dev", deviceTable)
    text("route", routeTable)
    text("ipv6_route", routeTable6)
    text("if_inet6", addressTable)
    text("arp") { _ in
      "IP address       HW type     Flags       HW address            Mask     Device\n"
    }
    text("protocols") { _ in
      "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n"
    }
    text("sockstat") { network in
      let tcp = network.tcp.all.count
      return "sockets: used \(tcp + network.udp.all.count + network.unix.all.count)\n"
        + "TCP: inuse \(tcp) orphan 0 tw 0 alloc \(tcp) mem 0\n"
        + "UDP: inuse \(network.udp.all.count) mem 0\nUDPLITE: inuse \(network.udpLite.all.count)\n"
        + "RAW: inuse 0\nFRAG: inuse 0 memory 0\n"
    }
  }

  /// `/proc/sys/net`.
  func addNetworkSettings(to sys: FixedDirectory) {
    let net = subdirectory(sys, "net")
    let core = subdirectory(net, "core")
    add(core, "somaxconn") { "\(Network.backlogLimit)\n" }
    for name in ["rmem_max", "wmem_max", "rmem_default", "wmem_default"] {
      add(core, name) { "\(Network.bufferLimit)\n" }
    }
    add(core, "optmem_max") { "131072\n" }
    add(core, "netdev_max_backlog") { "1000\n" }
    let unix = subdirectory(net, "unix")
    add(unix, "max_dgram_qlen") { "\(UnixDatagramSocket.queueLimit)\n" }
    let ipv4 = subdirectory(net, "ipv4")
    let ports = PortTable.ephemeral
    add(ipv4, "ip_local_port_range") { "\(ports.lowerBound)\t\(ports.upperBound)\n" }
    add(ipv4, "ip_unprivileged_port_start") { "1024\n" }
    add(ipv4, "ip_nonlocal_bind") { "0\n" }
    add(ipv4, "ip_forward") { "0\n" }
    add(ipv4, "tcp_fin_timeout") { "60\n" }
    add(ipv4, "tcp_keepalive_time") { "7200\n" }
    add(ipv4, "tcp_keepalive_intvl") { "75\n" }
    add(ipv4, "tcp_keepalive_probes") { "9\n" }
    add(ipv4, "tcp_max_syn_backlog") { "1024\n" }
    add(ipv4, "tcp_congestion_control") { "cubic\n" }
    add(ipv4, "tcp_rmem") { "4096\t131072\t6291456\n" }
    add(ipv4, "tcp_wmem") { "4096\t16384\t4194304\n" }
    let ipv6 = subdirectory(subdirectory(subdirectory(net, "ipv6"), "conf"), "all")
    add(ipv6, "disable_ipv6") { "0\n" }
  }
}

private func internetHeader(_ family: AddressFamily, isTCP: Bool) -> String {
  func padded(_ name: String) -> String {
    family == .AF_INET6 ? name + String(repeating: " ", count: 38 - name.count) : name + " "
  }
  let addresses =
    padded("local_address") + (family == .AF_INET6 ? padded("remote_address") : "rem_address   ")
  return (isTCP ? "  sl  " : "   sl  ") + addresses
    + "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
    + (isTCP ? "\n" : " ref pointer drops\n")
}

/// An address as the tables show it: words as the machine has them, in hexadecimal.
private func shown(_ endpoint: Endpoint?, _ family: AddressFamily) -> String {
  let address = endpoint?.address ?? (family == .AF_INET ? .any4 : .any6)
  let port = hex(UInt64(endpoint?.port ?? 0), width: 4)
  let words: [UInt32] =
    family == .AF_INET
    ? [address.v4]
    : [
      UInt32(address.high >> 32), UInt32(truncatingIfNeeded: address.high),
      UInt32(address.low >> 32), UInt32(truncatingIfNeeded: address.low),
    ]
  return (words.map { hex(UInt64($0.byteSwapped), width: 8) }.joined() + ":" + port).uppercased()
}

private func internetTable(_ ports: PortTable, _ family: AddressFamily, isTCP: Bool) -> String {
  var text = internetHeader(family, isTCP: isTCP)
  for (index, socket) in ports.all.filter({ $0.family == family }).enumerated() {
    let number = String(index)
    let state: UInt8
    var receiving = (try? socket.bytesToReceive()) ?? 0
    if let tcp = socket as? TCPSocket {
      state = tcp.protocolState.rawValue
      if tcp.isListening { receiving = tcp.waiting.count }
    } else {
      state = socket.remote == nil ? 7 : 1
    }
    let sending = (try? socket.bytesInFlight()) ?? 0
    let uid = String(socket.socketInode.owner.uid)
    text += String(repeating: " ", count: max(0, (isTCP ? 4 : 5) - number.count)) + number + ": "
    text += shown(socket.local, family) + " " + shown(socket.remote, family) + " "
    text += hex(UInt64(state), width: 2).uppercased() + " "
    text += hex(UInt64(sending), width: 8).uppercased() + ":"
    text += hex(UInt64(receiving), width: 8).uppercased()
    text += " 00:00000000 00000000 " + String(repeating: " ", count: max(0, 5 - uid.count)) + uid
    text += "        0 \(socket.socketInode.number) 1 0000000000000000"
    text += isTCP ? " 100 0 0 10 0\n" : " 0\n"
  }
  return text
}

private func unixTable(_ network: Network) -> String {
  var text = "Num       RefCount Protocol Flags    Type St Inode Path\n"
  for socket in network.unix.all {
    // Accepts connections; connected, or not.
    let flags = socket.isListening ? "00010000" : "00000000"
    let isConnected = (try? socket.peerName()) != nil
    text += "0000000000000000: 00000002 00000000 \(flags) "
    text += hex(UInt64(socket.type.rawValue), width: 4) + " \(isConnected ? "03" : "01") "
    let number = String(socket.socketInode.number)
    text += String(repeating: " ", count: max(0, 5 - number.count)) + number
    if !socket.boundName.isEmpty {
      var name = socket.boundName
      if name[0] == 0 {
        // What would end a line or the name is shown as the mark of abstract names.
        name = name.map { $0 == 0 ? UInt8(ascii: "@") : $0 }
      } else {
        name.removeLast()
      }
      text += " " + String(decoding: name, as: UTF8.self)
    }
    text += "\n"
  }
  return text
}

/// The routes of IPv4 beyond this host, in the hexadecimal of the machine's own words.
private func routeTable(_ network: Network) -> String {
  func line(_ fields: [String]) -> String {
    let text = fields.joined(separator: "\t")
    return text + String(repeating: " ", count: max(0, 127 - text.utf8.count)) + "\n"
  }
  func word(_ address: IPAddress) -> String {
    hex(UInt64(address.v4.byteSwapped), width: 8).uppercased()
  }
  var text = line([
    "Iface", "Destination", "Gateway ", "Flags", "RefCnt", "Use", "Metric", "Mask", "\tMTU",
    "Window",
    "IRTT",
  ])
  for interface in network.interfaces where !interface.isLoopback {
    guard let address = interface.address4 else { continue }
    if let gateway = interface.gateway(like: address.address) {
      text += line([
        interface.name, word(.any4), word(gateway), "0003", "0", "0", "0", word(.any4), "0", "0",
        "0",
      ])
    }
    text += line([
      interface.name, word(address.network), word(.any4), "0001", "0", "0", "0",
      word(IPAddress(v4: address.mask)), "0", "0", "0",
    ])
  }
  return text
}

/// The routes of IPv6, to this host and beyond it: the destination and its prefix, no source, the next hop, the metric, counts,
/// flags and the interface.
private func routeTable6(_ network: Network) -> String {
  let (up, gateway, local): (UInt64, UInt64, UInt64) = (1, 2, 0x8020_0000)
  func line(
    _ interface: Interface, _ target: IPAddress, _ prefix: UInt8, _ hop: IPAddress = .any6,
    metric: UInt64, _ flags: UInt64
  ) -> String {
    func word(_ address: IPAddress) -> String {
      hex(address.high, width: 16) + hex(address.low, width: 16)
    }
    let counts = [metric, 1, 0, flags].map { hex($0, width: 8) }.joined(separator: " ")
    let name = String(repeating: " ", count: max(0, 8 - interface.name.utf8.count)) + interface.name
    return word(target) + " " + hex(UInt64(prefix), width: 2) + " " + word(.any6) + " 00 "
      + word(hop) + " " + counts + " " + name + "\n"
  }
  var text = ""
  for interface in network.interfaces {
    for address in interface.addresses where !address.address.isV4 {
      let own = address.address
      text += line(interface, own, 128, metric: 0, up | local)
      guard !interface.isLoopback else { continue }
      text += line(interface, address.network, address.prefix, metric: 256, up)
      if let hop = interface.gateway(like: own) {
        text += line(interface, .any6, 0, hop, metric: 1024, up | gateway)
      }
    }
  }
  return text
}

private func deviceTable(_ network: Network) -> String {
  var text =
    "Inter-|   Receive                                                |  Transmit\n"
    + " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
  for interface in network.interfaces {
    let name = String(repeating: " ", count: max(0, 6 - interface.name.utf8.count)) + interface.name
    text +=
      "\(name):       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n"
  }
  return text
}

private func addressTable(_ network: Network) -> String {
  network.interfaces.flatMap { interface in
    interface.addresses.filter { !$0.address.isV4 }.map { entry in
      let name =
        String(repeating: " ", count: max(0, 8 - interface.name.utf8.count)) + interface.name
      let scope = interface.isLoopback ? "10" : "00"
      // It is permanent.
      return hex(entry.address.high, width: 16) + hex(entry.address.low, width: 16)
        + " \(hex(UInt64(interface.index), width: 2)) \(hex(UInt64(entry.prefix), width: 2)) \(scope) 80 \(name)\n"
    }
  }.joined()
}
