import Foundation
import Testing

/// `godwit serve --console`, as programs find it that are no browsers.
@Suite struct ConsoleTests {
  /// Runs Python with the functions of console.py. The console is of the machine `here`.
  private func visit(_ script: String, before: String = "", after: String = "") throws -> Outcome {
    try ConsoleScratch.shell(
      """
      show here >url
      \(before)
      visitor "$(cat url)" <<'END'
      \(script)
      END
      \(after)
      """)
  }

  // MARK: Who is let in

  @Test func theTokenBecomesACookie() throws {
    let outcome = try visit(
      """
      first = ask(f'/?token={token}')
      print(first.status, first.headers['Location'])
      name, value = first.headers['Set-Cookie'].split(';')[0].split('=')
      print(name.startswith('godwit-'), value == token, first.headers['Set-Cookie'].split(';', 1)[1])
      page = ask('/', cookie=f'{name}={value}')
      print(page.status, '<title>Godwit</title>' in page.text, page.headers['Cache-Control'])
      print(page.headers['Content-Security-Policy'].startswith("default-src 'none'; script-src 'self';"))
      print(ask('/', cookie=f'other=1; {name}={value}').status, ask('/api/now', cookie=f'{name}={value}').status)
      """, after: "stat -c %a here/state/godwit/supervisor/console-token")
    #expect(
      outcome.text == """
        303 /
        True True  Path=/; HttpOnly; SameSite=Strict
        200 True no-store
        True
        200 200
        600

        """, "\(outcome.text) \(outcome.error)")
  }

  /// The token stays the same, so that a browser may go on when the supervisor was restarted.
  @Test func aBrowserMayGoOn() throws {
    let outcome = try ConsoleScratch.shell(
      """
      show here >url; stop here; show here >url2
      cut -d= -f2 url >token; cut -d= -f2 url2 | cmp - token && wc -c <token
      stop here; chmod 644 here/state/godwit/supervisor/console-token
      at here serve --console 127.0.0.1:0; echo "$?"
      """)
    #expect(outcome.text == "53\n125\n", "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.contains("others may read or write it"), "\(outcome.error)")
  }

  @Test func nobodyIsLetInWithoutTheToken() throws {
    let outcome = try visit(
      """
      cookie = enter()
      name = cookie.split('=')[0]
      wrong = ('a' if token[0] != 'a' else 'b') + token[1:]
      for path in ['/', '/console.js', '/api/now', '/api/all', '/xterm.js', '/novnc/core/rfb.js', '/nothing']:
          print(path, ask(path).status, ask(path, cookie=f'{name}={wrong}').status)
      print([ask(f'/?token={given}').status for given in ['', 'x', wrong, token[:-1], token + 'a', token.upper(), '%00']])
      print(ask(f'/console.js?token={token}').status, ask(f'/api/now?token={token}').status)
      print([ask('/api/now', cookie=given).status for given in [name, f'{name}=', f'x{cookie}', token, f'{name}={token}a']])
      print(socket_to('/socket/terminal?name=a&columns=80&rows=24')[1])
      print('Set-Cookie' in ask(f'/?token={wrong}').headers, ask('/').headers['Connection'])
      """)
    #expect(
      outcome.text == """
        / 403 403
        /console.js 403 403
        /api/now 403 403
        /api/all 403 403
        /xterm.js 403 403
        /novnc/core/rfb.js 403 403
        /nothing 403 403
        [403, 403, 403, 403, 403, 403, 403]
        403 403
        [403, 403, 403, 403, 403]
        403
        False close

        """, "\(outcome.text) \(outcome.error)")
  }

  /// A name that somebody has pointed at this machine (DNS rebinding) is refused, also with the token.
  @Test func onlyThisMachineIsMeant() throws {
    let outcome = try visit(
      """
      cookie = enter()
      good = [HERE, f'localhost:{port}', 'localhost:9', '[::1]:7411', '127.0.0.1', 'LOCALHOST', '10.1.2.3:80']
      print({ask('/api/now', host=host, cookie=cookie).status for host in good})
      bad = ['evil.example', f'evil.example:{port}', '127.0.0.1.evil.example', 'localhost.evil.example:80', '[::1', '[evil]', '', 'x@127.0.0.1']
      for host in bad:
          print(host, ask('/api/now', host=host, cookie=cookie).status, ask(f'/?token={token}', host=host).status)
      print(raw(f'GET /api/now HTTP/1.1\\r\\nCookie: {cookie}\\r\\n\\r\\n').split()[1])
      print(raw(f'GET /api/now HTTP/1.1\\r\\nHost: {HERE}\\r\\nHost: evil.example\\r\\nCookie: {cookie}\\r\\n\\r\\n').split()[1])
      """)
    let lines = outcome.text.split(separator: "\n").map { String($0) }
    #expect(lines.count == 11 && lines[0] == "{200}", "\(outcome.text) \(outcome.error)")
    #expect(
      lines.dropFirst().allSatisfy { $0.hasSuffix(" 421 421") || ["421", "400"].contains($0) },
      "\(outcome.text)")
  }

  /// A page of another site can have the browser send requests, with cookies if it is on the same machine.
  @Test func otherSitesAreRefused() throws {
    let outcome = try visit(
      """
      cookie = enter()
      wish = '{"checkpoint":{"name":"guest"}}'
      here = f'http://{HERE}'
      origins = [None, 'null', 'http://evil.example', f'http://127.0.0.1:{port + 1}', f'https://{HERE}', f'http://localhost:{port}', f'{here}/', f'{here}.evil.example']
      print([ask('/api/do', 'POST', wish, cookie=cookie, origin=origin).status for origin in origins])
      print([ask('/api/now', cookie=cookie, origin=origin).status for origin in origins[1:]])
      path = '/socket/terminal?name=guest&columns=80&rows=24'
      print([socket_to(path, Cookie=cookie, Origin=origin)[1] for origin in origins])
      print([ask('/api/now', cookie=cookie, sec_fetch_site=site).status for site in ['cross-site', 'same-site', 'same-origin', 'none']])
      print(ask('/api/do', 'POST', wish, origin=here).status)
      answer = ask('/api/now', cookie=cookie)
      print(answer.headers['Access-Control-Allow-Origin'], answer.headers['Cross-Origin-Resource-Policy'], answer.headers['X-Frame-Options'])
      """)
    #expect(
      outcome.text == """
        [403, 403, 403, 403, 403, 403, 403, 403]
        [403, 403, 403, 403, 403, 403, 403]
        ['403', '403', '403', '403', '403', '403', '403', '403']
        [403, 403, 200, 200]
        403
        None same-origin DENY

        """, "\(outcome.text) \(outcome.error)")
  }

  @Test func othersReachItOnlyIfThatIsSaid() throws {
    let outcome = try ConsoleScratch.shell(
      """
      for place in 0.0.0.0:0 '[::]:0' 10.0.0.1:80 nonsense; do mkdir -p -m 700 here; at here serve --console $place; echo "$?"; done
      serve here --console 0.0.0.0:0 --console-for-others; grep -c "console: http://0.0.0.0:" here.log
      visitor "$(sed -n 's/^godwit: console: //p' here.log)" <<'END'
      import socket
      cookie = enter()
      print(ask('/api/now', cookie=cookie, host=f'{socket.gethostname()}:{port}').status, ask('/api/now', cookie=cookie, host='evil.example').status)
      END
      at here serve --console 127.0.0.1:7411 --print-unit | grep ExecStart | grep -o 'serve.*'
      """)
    #expect(
      outcome.text
        == "125\n125\n125\n125\n1\n200 421\nserve --console 127.0.0.1:7411\n",
      "\(outcome.text) \(outcome.error)")
  }

  // MARK: Hostile requests

  @Test func whatIsNoRequestOfThePagesIsRefused() throws {
    let outcome = try visit(
      """
      cookie = enter()
      def post(body): return ask('/api/do', 'POST', body, cookie=cookie, origin=f'http://{HERE}')
      for body in ['', '{', '[]', '{"kill":{"name":"a"}}', '{"suspend":{}}', '{"suspend":{"name":1}}', 'x' * 60000]:
          print(post(body).status)
      for name in ['', '../a', '-a', 'a b', '<b>', 'x' * 65]:
          print(post('{"suspend":{"name":"%s"}}' % name).status)
      for file in ['', 'guest', '../identity.pem', 'a.1.suspended.godwit/../../x', '.suspended.godwit', 'a.1.other.godwit']:
          print(post('{"resume":{"file":"%s"}}' % file).status)
      print(post('x' * 70000).status, ask('/api/now', 'DELETE', cookie=cookie).status, ask('/api/do', cookie=cookie).status)
      for path in ['/..', '//', '/novnc/../console-token', '/novnc/core/../../../etc/passwd', '/novnc//etc/passwd.js', '/novnc/core/.hidden.js', '/novnc/', '/api/forecast', '/api/forecast?name=-x&peer=y']:
          print(path, ask(path, cookie=cookie).status)
      print(ask('/api/writes?names=-x,../y,,nobody', cookie=cookie).text, ask('/api/now', cookie=cookie).status)
      """)
    let lines = outcome.text.split(separator: "\n").map { String($0) }
    #expect(
      Array(lines.prefix(19)) == Array(repeating: "400", count: 7)
        + Array(repeating: "409", count: 12),
      "\(outcome.text) \(outcome.error)")
    #expect(
      Array(lines.dropFirst(19)) == [
        "413 405 404", "/.. 404", "// 404", "/novnc/../console-token 404",
        "/novnc/core/../../../etc/passwd 404", "/novnc//etc/passwd.js 404",
        "/novnc/core/.hidden.js 404", "/novnc/ 404", "/api/forecast 400",
        "/api/forecast?name=-x&peer=y 400", "{} 200",
      ], "\(outcome.text) \(outcome.error)")
  }

  @Test func hostileConnectionsEnd() throws {
    let outcome = try visit(
      """
      import time
      print(raw('GET / HTTP/1.1\\r\\nHost: ' + 'x' * 100000 + '\\r\\n\\r\\n').split()[1:2])
      print(raw('GET / HTTP/1.1\\r\\n' + 'X: y\\r\\n' * 10000 + '\\r\\n').split()[1:2])
      print(raw('GET /' + 'x' * 1000000 + ' HTTP/1.1\\r\\n\\r\\n').split()[1:2])
      print(raw('\\x16\\x03\\x01 hello\\r\\n\\r\\n').split()[1:2])
      print(raw(f'POST /api/do HTTP/1.1\\r\\nHost: {HERE}\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n').split()[1:2])
      # A byte now and then, and nothing at all.
      slow = [socket.create_connection(('127.0.0.1', port), 60) for _ in range(100)]
      start = time.monotonic()
      def trickle(connection):
          try:
              while time.monotonic() < start + 40:
                  connection.sendall(b'x'); time.sleep(0.2)
          except OSError: return True
      print(trickle(slow[0]), all(connection.recv(100) == b'' for connection in slow[1:]))
      cookie = enter()
      print(ask('/api/now', cookie=cookie).status)
      # One that asks on and on, and takes no answer.
      deaf = socket.create_connection(('127.0.0.1', port), 60); deaf.settimeout(1)
      try:
          for _ in range(200000): deaf.sendall(f'GET /console.js HTTP/1.1\\r\\nHost: {HERE}\\r\\nCookie: {cookie}\\r\\n\\r\\n'.encode())
          print('it takes all')
      except OSError: print('stopped')
      print(ask('/api/now', cookie=cookie).status)
      """, after: "grep VmHWM /proc/${pid[here]}/status | awk '{ print ($2 < 60000) }'")
    let lines = outcome.text.split(separator: "\n").map { String($0) }
    #expect(
      lines.prefix(5).allSatisfy { ["['400']", "['431']", "[]"].contains($0) },
      "\(outcome.text) \(outcome.error)")
    #expect(
      Array(lines.dropFirst(5)) == ["True True", "200", "stopped", "200", "1"],
      "\(outcome.text) \(outcome.error)")
  }

  // MARK: What it does

  /// What the page is told is text, whatever the names are.
  @Test func aTerminalIsJoined() throws {
    let outcome = try visit(
      """
      import struct
      cookie = enter()
      stream, status = socket_to('/socket/terminal?name=guest&columns=90&rows=30', Cookie=cookie)
      print(status)
      received = b''
      def until(mark):
          global received
          while mark not in received:
              kind, data = frame(stream)
              assert kind == 2, (kind, data)
              received += data
      until(b'\\n')
      line, received = received.split(b'\\n', 1)
      print(line.decode())
      text = b'stty size; echo $((6*7))\\n'
      send(stream, 9, b'hello')
      send(stream, 2, bytes([1]) + struct.pack('<I', len(text)) + text)
      kind, data = frame(stream)
      while kind != 10:
          received += data; kind, data = frame(stream)
      print(data.decode())
      until(b'42')
      print(b'30 90' in received)
      text = b'exit 3\\n'
      send(stream, 2, bytes([1]) + struct.pack('<I', len(text)) + text)
      until(bytes([20, 1, 0, 0, 0, 3]))
      kind, data = frame(stream)
      print(kind, data[:2].hex())
      for path in ['terminal?name=nobody&columns=80&rows=24', 'terminal?name=guest&columns=x&rows=24', 'terminal?name=../x&columns=1&rows=1', 'other?name=guest', 'screen?name=guest&port=1']:
          kind, data = frame(socket_to(f'/socket/{path}', Cookie=cookie)[0])
          print(kind, int.from_bytes(data[:2], 'big'), data[2:].decode())
      """, before: "at here run --detach -t --name guest --root $R -- /bin/sh >&2")
    #expect(
      outcome.text == """
        101
        {"attached":{"client":1,"hasTerminal":true}}
        hello
        True
        8 03e8
        8 1011 no picoprocess named nobody is running
        8 1011 say how large the terminal is
        8 1011 say whose it is
        8 1011 there is no such thing
        8 1011 guest has not published port 1

        """, "\(outcome.text) \(outcome.error)")
  }

  /// A screen is what an application has published, and nothing else of this machine.
  @Test func onlyPublishedPortsAreReached() throws {
    let outcome = try visit(
      """
      cookie = enter()
      mine, other = [int(line) for line in open('ports')]
      stream, status = socket_to(f'/socket/screen?name=guest&port={mine}', Cookie=cookie)
      send(stream, 2, b'what?')
      print(status, frame(stream))
      def reason(path):
          kind, data = frame(socket_to(f'/socket/screen?{path}', Cookie=cookie)[0])
          return data[2:].decode()
      print(reason(f'name=guest&port={other}') == f'guest has not published port {other}')
      print(reason(f'name=second&port={mine}') == f'second has not published port {mine}')
      print(reason(f'name=guest&port={port}') == f'guest has not published port {port}', reason('name=guest&port=80&port=1'), reason('name=guest'))
      """,
      before: """
        /usr/bin/python3 -c '
        import socket
        free = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        print(*[s.getsockname()[1] for s in free], sep="\\n")' >ports
        /usr/bin/python3 -m http.server -b 127.0.0.1 $(tail -1 ports) >/dev/null 2>&1 & server=$!
        at here run --detach --name guest --publish $(head -1 ports):5900 --root $R --mount .:/mnt -- /usr/bin/python3 -c '
        import socket
        server = socket.create_server(("", 5900)); open("/mnt/ready", "w").close()
        while True:
            client = server.accept()[0]; client.sendall(b"heard " + client.recv(100))' >&2
        at here run --detach --name second --root $R -- /bin/sleep 1000 >&2; await ready
        at here ps --json | /usr/bin/python3 -c 'import json, sys; port = open("ports").readline().strip(); print([a["published"] == [f"127.0.0.1:{port}:5900"] for a in json.load(sys.stdin)])'
        """, after: "kill $server; at here kill guest KILL; at here kill second KILL")
    #expect(
      outcome.text == """
        [True, False]
        101 (2, b'heard what?')
        True
        True
        True guest has not published port 80 say the port

        """, "\(outcome.text) \(outcome.error)")
  }

  /// An application is suspended once, and goes on once, with what supervisors know of it.
  @Test func buttonsDoWhatTheySay() throws {
    let outcome = try visit(
      """
      import json, time
      cookie = enter()
      def do(wish):
          answer = ask('/api/do', 'POST', json.dumps(wish), cookie=cookie, origin=f'http://{HERE}')
          return answer.status, json.loads(answer.text)
      def now(): return json.loads(ask('/api/now', cookie=cookie).text)
      def done(wish):
          status, job = do(wish)
          while status == 200:
              job = next(j for j in now()['jobs'] if j['id'] == job['id'])
              if 'end' in job: break
              time.sleep(0.05)
          return job.get('error', 'done')
      def names(): return [a['name'] for a in json.loads(now()['applications'])]
      def saved(): return [s['name'] for s in json.loads(json.loads(ask('/api/all', cookie=cookie).text)['saved'])]
      print(names(), saved())
      print(done({'checkpoint': {'name': 'guest'}}), names(), len(saved()))
      print(done({'resume': {'file': saved()[0]}}))
      print(done({'suspend': {'name': 'guest'}}), names(), len(saved()))
      file = next(s for s in saved() if '.suspended.' in s)
      print(done({'resume': {'file': file}}), names(), len(saved()))
      print([a['passport'] for a in json.loads(now()['applications'])])
      print(done({'resume': {'file': file}}).split(': ')[-1])
      print(done({'suspend': {'name': 'nobody'}}))
      print(done({'migrate': {'name': 'guest', 'peer': 'nobody'}}))
      rates = json.loads(ask('/api/writes?names=guest,nobody', cookie=cookie).text)
      print(list(rates), rates['guest'] >= 0)
      """, before: "at here run --detach --pin --name guest --root $R -- /bin/sleep 1000 >&2",
      after: "at here kill guest KILL; ls here/state/godwit/supervisor/saved/*.passport")
    let lines = outcome.text.split(separator: "\n").map { String($0) }
    #expect(
      lines == [
        "['guest'] []", "done ['guest'] 1", "a picoprocess named guest is already running",
        "done [] 2", "done ['guest'] 1", #"['{"isPinned":true}']"#, "not found",
        "no picoprocess named nobody is running",
        "peer://nobody: there is no peer nobody: see godwit peer add", "['guest'] True",
      ], "\(outcome.text) \(outcome.error)")
  }
}
