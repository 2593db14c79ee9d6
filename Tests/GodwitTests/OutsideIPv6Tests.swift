import Foundation
import Testing

/// The network outside over IPv6, with this machine's loopback and the host's Python as the peer.
@Suite final class OutsideIPv6Tests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    // A server of the host's own, for streams and datagrams at the same port of ::1: it answers with the reverse, and who asked.
    try write(
      "server.py",
      """
      import os, selectors, socket
      tcp = socket.create_server(('::1', 0), family=socket.AF_INET6)
      udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); udp.bind(('::1', tcp.getsockname()[1]))
      with open('port.new', 'w') as f: f.write(str(tcp.getsockname()[1]))
      os.rename('port.new', 'port')
      ready = selectors.DefaultSelector()
      for s in tcp, udp: ready.register(s, selectors.EVENT_READ)
      while True:
          for key, _ in ready.select():
              if key.fileobj is udp:
                  data, peer = udp.recvfrom(1000); udp.sendto(data[::-1], peer)
              else:
                  c, _ = tcp.accept(); c.sendall(c.recv(1000)[::-1]); c.close()
      """)
  }

  private func write(_ name: String, _ text: String) throws {
    try text.write(toFile: scratch.path(name), atomically: true, encoding: .utf8)
  }

  private func shell(_ script: String, isa: String = "x86_64") throws -> Outcome {
    let helpers = """
      free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
      # What a server at host $1, port $2 says, once it is there.
      asked() { /usr/bin/python3 -c '
      import socket, sys, time
      for _ in range(600):
          try: s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
          except OSError: time.sleep(0.05); continue
          s.sendall(b"."); print(s.makefile().read()); break
      else: print("nobody")' "$@"; }

      """
    return try scratch.shell(helpers + script, isa: isa)
  }

  @Test(arguments: ["x86_64", "aarch64"])
  func aGuestReachesAProgramOfThisMachineIfAllowed(_ isa: String) throws {
    try write(
      "client.py",
      """
      import socket, sys
      place = ('fd00:a:0:2::2', int(sys.argv[1]))
      for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
          s = socket.socket(socket.AF_INET6, kind)
          try:
              s.connect(place)
              print(s.getsockname()[0], s.getpeername()[0])
              s.send(b'out'); print(s.recv(100))
          except OSError as e: print(e.strerror)
      s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
      try:
          s.sendto(b'and back', place); print(s.recvfrom(100)[0], s.recvfrom is not None)
      except OSError as e: print(e.strerror)
      """)
    let outcome = try shell(
      """
      /usr/bin/python3 server.py & P=$(told port)
      for net in --net=loopback --net ''; do
        $G run $net --root $R --mount .:/mnt -- /usr/bin/python3 /mnt/client.py $P </dev/null
      done
      kill %1
      """, isa: isa)
    let unreachable = "Network is unreachable\n"
    #expect(
      outcome.text == """
        fd00:a:0:2::15 fd00:a:0:2::2
        b'tuo'
        fd00:a:0:2::15 fd00:a:0:2::2
        b'tuo'
        b'kcab dna' True

        """ + String(repeating: unreachable, count: 6), "\(outcome.error)")
  }

  /// A socket of both families sends to both, whichever comes first.
  @Test func oneSocketSendsToBothFamilies() throws {
    try write(
      "client.py",
      """
      import socket, sys
      port = int(sys.argv[1])
      both = ['fd00:a:0:2::2', '::ffff:10.0.2.2']
      for order in both, both[::-1]:
          s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
          for host in order:
              s.sendto(b'abc', (host, port)); data, peer = s.recvfrom(100); print(data, peer[0], peer[1] == port)
      """)
    try write(
      "echo.py",
      """
      import os, socket
      s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
      s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
      s.bind(('::', 0))
      with open('port.new', 'w') as f: f.write(str(s.getsockname()[1]))
      os.rename('port.new', 'port')
      while True:
          data, peer = s.recvfrom(100); s.sendto(data.upper(), peer)
      """)
    let outcome = try shell(
      """
      /usr/bin/python3 echo.py & P=$(told port)
      $G run --net=loopback --root $R --mount .:/mnt -- /usr/bin/python3 /mnt/client.py $P </dev/null
      kill %1
      """)
    #expect(
      outcome.text == """
        b'ABC' fd00:a:0:2::2 True
        b'ABC' ::ffff:10.0.2.2 True
        b'ABC' ::ffff:10.0.2.2 True
        b'ABC' fd00:a:0:2::2 True

        """, "\(outcome.error)")
  }

  /// A port at `[::]` is reached over both families; a server of IPv4 alone sees who comes over IPv6 as the gateway.
  @Test(arguments: ["x86_64", "aarch64"])
  func aPublishedPortIsServedOverIPv6(_ isa: String) throws {
    try write(
      "server.py",
      """
      import socket, sys
      six = sys.argv[1] != '4'
      s = socket.create_server(
          ('', 80), family=socket.AF_INET6 if six else socket.AF_INET, dualstack_ipv6=sys.argv[1] == 'both')
      while True:
          c, peer = s.accept(); c.recv(1)
          c.sendall(f'{c.getsockname()[0]} {peer[0]}'.encode()); c.close()
      """)
    let outcome = try shell(
      """
      for kind in 4 6 both; do
        P=$(free_port)
        $G run --name guest --publish [::]:$P:80 --root $R --mount .:/mnt -- /usr/bin/python3 /mnt/server.py $kind </dev/null &
        echo "$kind: $(asked 127.0.0.1 $P), $(asked ::1 $P)"
        $G suspend guest --output $kind; wait
        $G resume $kind --name guest --publish [::]:$P:80 --root $R --mount .:/mnt </dev/null & 
        echo "resumed: $(asked 127.0.0.1 $P), $(asked ::1 $P)"
        $G kill guest; wait
      done 2>/dev/null
      """, isa: isa)
    let four = "10.0.2.15 10.0.2.2, 10.0.2.15 10.0.2.2"
    let six = "fd00:a:0:2::15 fd00:a:0:2::2, fd00:a:0:2::15 fd00:a:0:2::2"
    let both = "::ffff:10.0.2.15 ::ffff:10.0.2.2, fd00:a:0:2::15 fd00:a:0:2::2"
    #expect(
      outcome.text
        == "4: \(four)\nresumed: \(four)\n6: \(six)\nresumed: \(six)\nboth: \(both)\nresumed: \(both)\n",
      "\(outcome.error)")
  }

  @Test func datagramsComeToAPublishedPort() throws {
    try write(
      "server.py",
      """
      import socket
      s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
      s.bind(('::', 53)); open('/mnt/ready', 'w').close()
      while True:
          data, peer = s.recvfrom(100); s.sendto(data + b' from ' + peer[0].encode(), peer)
      """)
    let outcome = try shell(
      """
      P=$(free_port)
      $G run --name guest --publish [::]:$P:53/udp --root $R --mount .:/mnt -- /usr/bin/python3 /mnt/server.py </dev/null &
      until [ -e ready ]; do sleep 0.02; done
      /usr/bin/python3 -c '
      import socket, sys
      for host in "127.0.0.1", "::1":
          place = socket.getaddrinfo(host, int(sys.argv[1]), type=socket.SOCK_DGRAM)[0]
          s = socket.socket(*place[:3]); s.settimeout(20)
          s.sendto(b"hello", place[4]); print(s.recv(100))' $P
      $G kill guest; wait
      """)
    #expect(
      outcome.text == "b'hello from ::ffff:10.0.2.2'\nb'hello from fd00:a:0:2::2'\n",
      "\(outcome.error)")
  }

  /// The interface has an address, its network and a way out, in all places where programs look.
  @Test func theInterfaceIsShown() throws {
    let outcome = try shell(
      """
      $G run --net --root $R -- /bin/sh -c '
        grep eth0 /proc/net/if_inet6; sed "s/  */ /g" /proc/net/ipv6_route
        /usr/bin/python3 -c "
      import socket
      for host in \\"fd00:a:0:2::77\\", \\"ff02::1\\", \\"fe80::1%eth0\\", \\"fd00:a:0:2::3\\":
          s = socket.socket(socket.AF_INET6)
          try: s.connect(socket.getaddrinfo(host, 80)[0][4])
          except OSError as e: print(e.strerror)
      "' </dev/null
      """)
    let own = "fd00000a000000020000000000000015"
    let none = String(repeating: "0", count: 32)
    #expect(
      outcome.text == """
        \(own) 02 40 00 80     eth0
        00000000000000000000000000000001 80 \(none) 00 \(none) 00000000 00000001 00000000 80200001 lo
        \(own) 80 \(none) 00 \(none) 00000000 00000001 00000000 80200001 eth0
        fd00000a000000020000000000000000 40 \(none) 00 \(none) 00000100 00000001 00000000 00000001 eth0
        \(none) 00 \(none) 00 fd00000a000000020000000000000002 00000400 00000001 00000000 00000003 eth0
        No route to host
        Network is unreachable
        No route to host
        No route to host

        """, "\(outcome.error)")
  }

  /// Names are asked of a resolver that this machine has over IPv6.
  @Test func theResolverMayBeOneOfIPv6() throws {
    try write(
      "resolver.py",
      """
      import os, socket
      s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(('::1', 0))
      with open('port.new', 'w') as f: f.write(str(s.getsockname()[1]))
      os.rename('port.new', 'port')
      while True:
          q, peer = s.recvfrom(1000)
          kind = q[-4:-2] if q[-2:] == b'\\0\\1' else b''
          data = {b'\\0\\1': bytes([192, 0, 2, 7]), b'\\0\\x1c': socket.inet_pton(socket.AF_INET6, '2001:db8::7')}.get(kind)
          answer = b'\\xc0\\x0c' + kind + b'\\0\\1\\0\\0\\0\\1' + len(data).to_bytes(2, 'big') + data if data else b''
          end = q.index(b'\\0', 12) + 5
          s.sendto(q[:2] + b'\\x81\\x80\\0\\1\\0' + (b'\\1' if data else b'\\0') + b'\\0\\0\\0\\0' + q[12:end] + answer, peer)
      """)
    let outcome = try shell(
      """
      /usr/bin/python3 resolver.py & P=$(told port)
      $G run --net --dns [::1]:$P --root $R -- /usr/bin/python3 -c '
      import socket
      print([a[4][0] for a in socket.getaddrinfo("web.test", 80, type=socket.SOCK_STREAM)])' </dev/null
      kill %1
      """)
    // Both families; IPv4 first.
    #expect(outcome.text == "['192.0.2.7', '2001:db8::7']\n", "\(outcome.error)")
  }

  @Test(arguments: [
    "[::1]:80", "[::1:80:80", "::1:80:80", "[::1]:0:80", "[::1]:80:0", "[1::2::3]:80:80",
    "[::1]:80:80:80",
  ])
  func whatIsNoPortIsRefused(_ port: String) throws {
    let outcome = try shell("$G run --publish '\(port)' --root $R -- /bin/true; echo $?")
    #expect(outcome.text == "125\n")
    #expect(outcome.error.contains("'\(port)'"), "\(outcome.error)")
  }
}
