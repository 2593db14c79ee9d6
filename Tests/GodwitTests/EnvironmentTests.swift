import Foundation
import Testing

/// The environment of guests.
@Suite struct EnvironmentTests {
  private func shell(_ script: String, isa: String = "x86_64") throws -> Outcome {
    try Scratch().shell("export SECRET=abc OTHER='d e'\n" + script, isa: isa)
  }

  /// Nothing of the host's environment gets into a guest with its own root, or into its snapshots.
  @Test(arguments: ["x86_64", "aarch64"]) func aRootStartsClean(isa: String) throws {
    let outcome = try shell(
      """
      $G run --root $R -- /usr/bin/env </dev/null | sed "s/=$(hostname)$/=here/"
      $G run --root $R --suspend-at-syscall 5 --output snapshot -- /usr/bin/env </dev/null
      $G resume snapshot </dev/null | grep -c SECRET
      """, isa: isa)
    #expect(
      outcome.text == """
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        HOME=/root
        HOSTNAME=here
        0

        """, "\(outcome.error)")
  }

  @Test func theHostsTreeHasTheHostsEnvironment() throws {
    let outcome = try shell(
      """
      $G run -- /usr/bin/env </dev/null >guest; env >host
      grep -v '^_=' guest | sort >1; grep -v '^_=' host | sort >2; cmp 1 2; grep SECRET 1
      $G run --env SECRET=x --env=NEW=1 -e MORE=2 -- /usr/bin/env </dev/null | grep -E 'SECRET|NEW|MORE'
      """)
    #expect(outcome.text == "SECRET=abc\nSECRET=x\nNEW=1\nMORE=2\n", "\(outcome.error)")
  }

  @Test func whatIsAskedForGetsIn() throws {
    let outcome = try shell(
      """
      printf '# comment\\n\\n  A=1 2\\r\\nOTHER\\nMISSING\\nB=\\nA=3' >file
      run() { echo; $G run --root $R "$@" -- /usr/bin/env </dev/null | grep -vE '^(PATH|HOME|HOSTNAME)='; }
      run --env SECRET --env MISSING
      run --env-file file
      run --env-file file --env A=4 --env B
      run --env-host --env SECRET=new | grep -E 'SECRET|OTHER'
      run --env PATH=/bin --env HOME | wc -l
      printf '=x\\n' >bad; run --env-file bad 2>&1
      """)
    #expect(
      outcome.text == """

        SECRET=abc

        OTHER=d e
        B=
        A=3

        OTHER=d e
        A=4
        OTHER=d e
        SECRET=new
        1

        godwit: bad:1: not NAME=VALUE or NAME

        """, "\(outcome.error)")
  }

  @Test func aTerminalGivesItsKind() throws {
    let terminal = try Terminal()
    let root = Checkout.rootfs("x86_64").path
    try terminal.start(
      [Checkout.godwit.path, "run", "--root", root, "--", "/usr/bin/env"],
      environment: ["TERM": "vt220"])
    try terminal.expect("TERM=vt220\r\n")
    #expect(try terminal.wait() == 0)
  }
}
