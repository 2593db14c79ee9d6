import Foundation
import Testing

/// The supervisor's console, as a person at a browser has it: Chromium, with real clicks and keys.
@Suite(.serialized) struct ConsoleClickTests {
  /// What is started by `run --detach` with a shell in a terminal of its own.
  private static let shell =
    "at here run --detach -t --name shell --root $R -- /bin/sh >/dev/null"

  @Test func anApplicationIsSuspendedAndGoesOn() throws {
    let outcome = try ConsoleScratch.shell(
      """
      show here >url; \(Self.shell)
      person "$(cat url)" <<'END'
      print(page.value('location.href').split('/', 3)[3:], page.value('document.cookie') == '')
      rows = 'document.querySelectorAll("#applications tbody tr").length'
      saved = 'document.querySelectorAll("#saved tbody tr").length'
      page.wait(f'{rows} === 1 && {saved} === 0')
      page.click('tr[data-name=shell] button', 'Checkpoint')
      page.wait(f'{saved} === 1'); print(page.text('#saved td:nth-child(2)'), page.value(rows))
      page.click('tr[data-name=shell] button', 'Suspend')
      page.wait(f'{rows} === 0 && {saved} === 2'); print(page.text('#saved tr[data-file*=".suspended."] td'))
      page.click('tr[data-file*=".suspended."] button', 'Resume')
      page.wait(f'{rows} === 1 && {saved} === 1'); print(page.text('tr[data-name=shell] .state'))
      # It runs already.
      page.click('tr[data-file*=".checkpoint."] button', 'Resume')
      page.wait('document.querySelector("#notices span")'); print(page.text('#notices span'))
      page.click('#notices button'); page.wait('!document.querySelector("#notices p")')
      print(page.complaints)
      END
      at here ps | tail -n +2 | cut -d' ' -f1; at here kill shell KILL
      """)
    #expect(
      outcome.text == """
        [''] True
        checkpoint 1
        shell
        running
        shell: resume: a picoprocess named shell is already running
        []
        shell

        """, "\(outcome.text) \(outcome.error)")
  }

  /// The dialogue says what the move would take; the list shows what it has taken.
  @Test func anApplicationMovesToAPeer() throws {
    let outcome = try ConsoleScratch.shell(
      """
      show here "${ALL[@]}" >url; serve there "${ALL[@]}"; meet here there
      at here run --detach --name guest --root $R -- /bin/sleep 1000 >/dev/null
      person "$(cat url)" <<'END'
      page.wait('document.querySelectorAll("#machines .card").length === 2')
      page.click('tr[data-name=guest] button', 'Migrate…')
      page.wait('document.querySelector("#move-forecast").innerText.includes("guest can move to peer://there")')
      print(page.text('#move-title'), page.value('document.querySelector("#move-peer").value'))
      page.click('#move-go')
      page.wait('document.querySelector("#applications tbody tr") === null')
      page.wait('document.querySelector("#elsewhere tbody tr")?.innerText.includes("guest")')
      page.wait('document.querySelector("#moves tbody tr")')
      print(page.text('#moves td:nth-child(2)'), page.text('#moves td:nth-child(3)'), page.text('#jobs .state'))
      print(page.complaints)
      END
      where; at there kill guest KILL
      """)
    #expect(
      outcome.text == "Migrate guest there\nguest there done\n[]\nthere: guest\n",
      "\(outcome.text) \(outcome.error)")
  }

  @Test func aMoveThatSomebodyElseHasBegunIsShown() throws {
    let outcome = try ConsoleScratch.shell(
      """
      show here "${ALL[@]}" >url; serve there "${ALL[@]}"; meet here there
      at here run --detach --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      data = os.urandom(20000000); open("/mnt/ready", "w").close(); time.sleep(1000)' >/dev/null
      await ready; at here migrate guest there --quiet --bandwidth-limit 100K 2>/dev/null & move=$!
      person "$(cat url)" <<'END'
      page.wait('document.querySelector("#jobs tr")')
      print(page.text('#jobs td:nth-child(2)'), page.text('tr[data-name=guest] .state'), page.value('document.querySelector("tr[data-name=guest] button").disabled'))
      END
      kill $move; wait $move; at here kill guest KILL
      """)
    #expect(outcome.text == "Moves to there migrate… True\n", "\(outcome.text) \(outcome.error)")
  }

  @Test func aTerminalIsTypedInto() throws {
    let outcome = try ConsoleScratch.shell(
      """
      show here >url; \(Self.shell)
      person "$(cat url)" <<'END'
      page = page.opened('tr[data-name=shell] a', 'Terminal')
      page.wait('document.querySelector("#connection").innerText === "attached"')
      page.type('echo $((6*7)) >/tmp/typed; cat /tmp/typed; exit 5\\n')
      page.wait('document.querySelector("#connection").innerText !== "attached"')
      print(page.text('#connection'), page.complaints)
      END
      at here logs shell | grep -c '^42'
      """)
    #expect(
      outcome.text == "it has ended with status 5 []\n1\n", "\(outcome.text) \(outcome.error)")
  }

  /// It is attached by way of the relay then, and hears of the end on the other machine.
  @Test func aTerminalStaysWhenItsApplicationMoves() throws {
    let outcome = try ConsoleScratch.shell(
      """
      show here "${ALL[@]}" >url; serve there "${ALL[@]}"; meet here there; \(Self.shell)
      person "$(cat url)" <<'END'
      terminal = page.opened('tr[data-name=shell] a', 'Terminal')
      terminal.wait('document.querySelector("#connection").innerText === "attached"')
      terminal.type('A=fo\\n')
      page.click('tr[data-name=shell] button', 'Migrate…')
      page.click('#move-go')
      page.wait('document.querySelector("#elsewhere tbody tr")?.innerText.includes("shell")')
      print(terminal.text('#connection'))
      terminal.type('echo ${A}rty; exit 6\\n')
      print(terminal.wait('document.querySelector("#connection").innerText.replace("attached", "")'))
      END
      where; at there logs shell | grep -c '^forty'
      """)
    #expect(
      outcome.text == "attached\nit has ended with status 6\n1\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// A server of VNC that has one colour to show.
  @Test func aScreenIsShown() throws {
    let outcome = try ConsoleScratch.shell(
      """
      show here >url
      /usr/bin/python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])' >port
      cp $TESTS/screen.py .
      at here run --detach --name guest --publish $(cat port):5900 --root $R --mount .:/mnt -- /usr/bin/python3 /mnt/screen.py >/dev/null
      await ready
      person "$(cat url)" <<'END'
      page = page.opened('tr[data-name=guest] a', 'Screen ' + open('port').read().strip())
      page.wait('document.querySelector("#connection").innerText === "connected"')
      page.wait('''(() => { const canvas = document.querySelector("#part canvas");
        return canvas && canvas.width === 64 && String(canvas.getContext("2d").getImageData(9, 9, 1, 1).data) === "10,120,200,255" })()''')
      page.click('#part canvas'); page.type('k')
      print(page.complaints)
      END
      told keys; at here kill guest KILL
      """)
    #expect(outcome.text == "[]\n107\n", "\(outcome.text) \(outcome.error)")
  }

  /// Names that a peer or a guest has chosen are shown as they are.
  @Test func namesAreNoHTML() throws {
    let outcome = try ConsoleScratch.shell(
      """
      show here >url
      cp $R/bin/sleep "$PWD/<img src=x onerror=alert(1)>"
      at here run --detach --name guest --root $R --mount .:/mnt -- '/mnt/<img src=x onerror=alert(1)>' 1000 >/dev/null
      person "$(cat url)" <<'END'
      page.wait('document.querySelector("tr[data-name=guest] small")?.innerText.includes("onerror")')
      print(page.text('tr[data-name=guest] small'), page.value('document.querySelectorAll("main img").length'))
      # What a peer says may be anything.
      page.value('''(() => {
        const real = window.fetch;
        window.fetch = async (path, options) => {
          const answer = await real(path, options);
          if (path !== "/api/all") return answer;
          const all = await answer.json();
          const name = "<img src=x onerror=window.hit=1>";
          all.hosts.push({ name, isThisOne: false, error: name }, { name, isThisOne: false, status: { isa: name, processors: -1, load: 1e300, memory: 0, memoryAvailable: 2 ** 63, applications: [name] } });
          all.lists.push({ name, isThisOne: false, applications: JSON.stringify([{ name, state: name, program: name, memoryBytes: name }, 7, null]) }, { name, isThisOne: false, applications: "{" });
          return new Response(JSON.stringify(all));
        };
      })()''')
      page.wait('document.querySelectorAll("#machines .card").length === 3')
      page.wait('document.querySelectorAll("#elsewhere tbody tr").length === 1')
      print(page.value('document.querySelectorAll("main img").length'), page.value('window.hit === undefined'))
      print(page.value('(() => { try { document.body.innerHTML = "<b>"; return "HTML" } catch { return "refused" } })()'))
      END
      at here kill guest KILL
      """)
    #expect(
      outcome.text == """
        /mnt/<img src=x onerror=alert(1)> · x86_64 0
        0 True
        refused

        """, "\(outcome.text) \(outcome.error)")
  }

  /// Which package is missing, where one is.
  @Test func whatIsMissingIsNamed() throws {
    let outcome = try ConsoleScratch.shell(
      """
      export XDG_DATA_DIRS=$PWD/nothing; show here >url; \(Self.shell)
      person "$(cat url)" <<'END'
      terminal = page.opened('tr[data-name=shell] a', 'Terminal')
      terminal.wait('document.querySelector(".message")'); print(terminal.text('.message code'))
      page.open(page.value('location.origin') + '/screen?name=shell&port=1')
      page.wait('document.querySelector(".message")'); print(page.text('.message code'))
      END
      at here kill shell KILL
      """)
    #expect(
      outcome.text == "apt install node-xterm libjs-xterm\napt install novnc\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// Someone who was not let in, and one whose supervisor was restarted under another token.
  @Test func aBrowserWithoutTheTokenIsTold() throws {
    let outcome = try ConsoleScratch.shell(
      """
      show here >url; P=$(sed 's|^http://\\([^/]*\\)/.*|\\1|' url)
      person "http://$P/" <<'END'
      print(page.text('body').strip())
      END
      person "$(cat url)" <<'END'
      import os, subprocess
      page.wait('document.querySelector("#connection").innerText === "connected"')
      page.tell('Network.clearBrowserCookies')
      print(page.wait('document.querySelector("#connection.lost")?.innerText'))
      END
      """)
    #expect(
      outcome.text == """
        Open the console at the address that godwit serve has printed.
        this browser is not let in any more: open the address that godwit serve prints

        """, "\(outcome.text) \(outcome.error)")
  }
}
