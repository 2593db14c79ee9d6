import Foundation
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
}
