import Foundation
import PosixHost
import Testing

/// A picoprocess that does not answer, since its process was stopped or can't go on.
@Suite struct SilentTests {
  /// It is listed as what it is, next to others, and each command that needs it says so in one line.
  @Test func aSilentPicoprocessIsShown() throws {
    let outcome = try Scratch().shell(
      """
      for name in guest other; do $G run --detach --name $name --root $R -- /bin/sleep 1000 >/dev/null; done
      pid=$($G ps | awk '$1 == "guest" { print $2 }'); kill -STOP $pid
      $G ps | awk '$1 == "guest" { print ($2 == '$pid'), $4, $5 } $1 == "other" { print $4 }'
      $G ps --json | grep -c '"isSilent" *: *true'
      try() { $G "$@" >$1.out 2>$1.error; echo "$1 $? $(wc -l <$1.out) $(cat $1.error)" >$1.result; }
      try wait guest & try stop guest & try kill guest & try attach guest &
      try migrate guest ssh://there --ssh /bin/false & try logs guest &
      for verb in wait stop kill attach migrate logs; do
        await $verb.result; cat $verb.result
      done
      kill -CONT $pid; $G kill guest KILL 2>/dev/null; $G kill other KILL
      """)
    let verbs = ["wait", "stop", "kill", "attach", "migrate"]
    #expect(
      outcome.text
        == "1 not answering\nrunning\n1\n"
        + verbs.map { "\($0) 125 0 godwit: the picoprocess guest does not answer\n" }.joined()
        + "logs 0 0 \n", "\(outcome.text) \(outcome.error)")
  }

  /// A snapshot waits for it, and says so; ^C ends that. When the picoprocess goes on, who waits is served, and what others
  /// have given up is not done.
  @Test func whatIsGivenUpIsNotDone() throws {
    let scratch = try Scratch()
    let begun = try scratch.shell(
      """
      $G run --detach --name guest --root $R -- /bin/sleep 1000 >/dev/null
      pid=$($G ps | awk '$1 == "guest" { print $2 }'); kill -STOP $pid; echo $pid
      """)
    let process = begun.text.trimmingCharacters(in: .whitespacesAndNewlines)
    let given = try Terminal()
    try given.start(
      [Checkout.godwit.path, "suspend", "guest", "--output", scratch.path("given")],
      environment: ["XDG_RUNTIME_DIR": scratch.folder.path])
    // Clients that do not wait at all.
    for request in ["{\"kill\":{\"signal\":9}}", "{\"pause\":{}}"] {
      let connection = try ControlDirectory(scratch.path("godwit")).connect(to: "guest")
      try connection.send(Array(request.utf8))
    }
    let waiting = try scratch.begin("$G checkpoint guest --output kept 2>kept.error")
    let line = "godwit: waiting for the picoprocess guest, which does not answer"
    try given.expect("\r\(line)\u{1b}[K")
    try given.expect("\(line)\r\n")
    given.type("\u{3}")
    #expect(try given.wait() == 130)
    let ended = try scratch.shell(
      """
      told kept.error; $G kill guest; echo $?
      kill -CONT \(process); await kept
      $G verify kept >/dev/null; echo "$? $($G ps | awk '$1 == "guest" { print $4 }')"; ls given* 2>/dev/null
      cat kept.error; $G kill guest KILL
      """)
    waiting.wait()
    #expect(
      ended.text == "\(line)\n125\n0 running\n\(line)\n", "\(ended.text) \(ended.error)")
  }

  /// The same of a client that has one half of its connection closed, and waits for the answer.
  @Test func whoOnlyListensIsServed() throws {
    let outcome = try Scratch().shell(
      """
      $G run --detach --name guest --root $R -- /bin/sleep 1000 >/dev/null
      /usr/bin/python3 -c '
      import socket
      client = socket.socket(socket.AF_UNIX)
      client.connect("godwit/guest.sock")
      client.sendall(b"{\\"pause\\":{}}\\n")
      client.shutdown(socket.SHUT_WR)
      print(client.recv(100))'
      $G ps | awk '$1 == "guest" { print $4 }'; $G kill guest KILL
      """)
    #expect(outcome.text == "b'{\"done\":{}}\\n'\npaused\n", "\(outcome.text) \(outcome.error)")
  }
}
