import Foundation
import Testing

/// Supervisors that learn each other's certificates by way of OpenSSH, between machines with networks of their own.
@Suite(.enabled(if: Machines.arePossible, "needs network namespaces, bridges, and root"))
struct PeersOverSshTests {
  /// Each knows the other by the address that ssh has reached, and a guest goes there without ssh.
  @Test func peersAreAddedOverSsh() throws {
    let outcome = try Machines.shell(
      Scratch(),
      """
      for m in a b; do
        on $m $G serve --name $m --listen 0.0.0.0:7410 --grant root:$R --grant mount:$PWD 2>$m.log &
        until at $m peer show >$m.show 2>/dev/null; do sleep 0.05; done
      done
      at a peer add ssh://b --ssh "$PWD/link" --remote-godwit "$G"; echo "$?"
      [ "$(at a peer ls | sed -n '2s/.* //p')" = "$(cut -d' ' -f2 b.show)" ] && at a peer ls | sed -n '2s/ *SHA256.*//p'
      [ "$(at b peer ls | sed -n '2s/.* //p')" = "$(cut -d' ' -f2 a.show)" ] && at b peer ls | sed -n '2s/ *SHA256.*//p'
      at a run --detach --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done; echo ended >>/mnt/result' >/dev/null
      await ready; mv keys/authorized keys/none; at a migrate guest b --connections reset; echo "$?"
      at a ps --all | sed -n 's/^\\([ab]\\)  *guest .*/\\1/p'; touch go; told result
      at c peer add ssh://b --ssh "$PWD/link" --remote-godwit "$G" 2>&1
      """)
    #expect(
      outcome.text == """
        b: 10.77.0.2:7410
        0
        b     10.77.0.2:7410
        a     10.77.0.1:7410
        0
        b
        ended
        godwit: no supervisor is running: see godwit serve

        """, "\(outcome.text)\(outcome.error)")
  }
}
