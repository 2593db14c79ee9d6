import Foundation
import Testing

/// What becomes of a guest if something fails while it is moved: it runs once, and what is in doubt can be resolved.
@Suite struct MigrationFaultTests {
  struct Fault: CustomTestStringConvertible, Sendable {
    /// For relay.py.
    var relay: String
    /// Where the guest runs in the end.
    var place: String
    var testDescription: String { relay }
  }

  private static let places = ["before", "within", "after"]

  /// Until the sender has sent the commit, the guest stays. From then on it finds out, over another link.
  static let faults: [Fault] =
    places.flatMap { place in
      ["in hello", "out files", "out offer", "in accept", "out bytes", "in received", "out finish"]
        .map {
          Fault(relay: "cut \($0) \(place)", place: "here")
        }
        + ["out commit", "in committed"].map { Fault(relay: "cut \($0) \(place)", place: "there") }
    } + [
      Fault(relay: "cut in prepared before", place: "here"),
      Fault(relay: "cut in prepared within", place: "here"),
      Fault(relay: "cut in prepared after", place: "there"),
      Fault(relay: "repeat out commit -", place: "there"),
      Fault(relay: "repeat out files -", place: "there"),
      Fault(relay: "repeat out offer -", place: "here"),
      Fault(relay: "repeat out finish -", place: "there"),
      Fault(relay: "repeat in hello -", place: "here"),
      Fault(relay: "repeat in accept -", place: "here"),
      Fault(relay: "repeat out bytes -", place: "here"),
      Fault(relay: "garble out files -", place: "here"),
      Fault(relay: "garble out offer -", place: "here"),
      Fault(relay: "garble out bytes -", place: "here"),
      Fault(relay: "garble out commit -", place: "there"),
      Fault(relay: "garble in accept -", place: "here"),
      Fault(relay: "garble in prepared -", place: "here"),
      Fault(relay: "garble in committed -", place: "there"),
    ]

  @Test(arguments: faults) func aGuestRunsOnce(_ fault: Fault) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      relay='\(fault.relay)'; move here there 2>error; echo "migrate $?"; unset relay
      gone \(fault.place == "here" ? "there" : "here"); where
      touch go; await result; gone \(fault.place); cat result; where; grep -c "^godwit" error
      """)
    let status = fault.place == "here" ? 125 : 0
    let lines = fault.place == "here" ? 1 : 0
    #expect(
      outcome.text
        == "migrate \(status)\n\(fault.place): guest\nended\n\(lines)\n", "\(outcome.error)")
  }

  /// The sender dies when it has said that the receiver may run the guest.
  @Test(arguments: ["keep", "drop"], ["before", "after"])
  func aDoubtIsResolvedByTheUser(_ resolution: String, _ place: String) throws {
    let scratch = try MigrationScratch()
    // If the commit got there, the guest runs there already.
    let there = place == "after" ? "there" : resolution == "keep" ? "here" : "there"
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      relay='kill out commit \(place)'; move here there 2>/dev/null; echo "migrate $?"; unset relay
      until at here ps | grep -q "in doubt"; do sleep 0.05; done
      at here kill guest 2>&1; at here checkpoint guest -o snapshot 2>&1; ls snapshot 2>/dev/null
      if [ \(place) = before ]; then
        until at there ps | grep -q "in doubt"; do sleep 0.05; done
        arrived there \(resolution == "keep" ? "drop" : "keep"); echo "there $?"
      fi
      at here resolve guest \(there == "here" ? "keep" : "drop"); echo "here $?"
      at \(there) resolve guest keep 2>&1
      gone \(there == "here" ? "there" : "here"); touch go; await result; gone \(there); cat result; wait
      """)
    let refusal = "godwit: guest: its migration to ssh://there is in doubt: see godwit resolve\n"
    #expect(
      outcome.text
        == "migrate 137\n" + refusal + refusal + (place == "before" ? "there 0\n" : "")
        + "here 0\ngodwit: guest: no migration of it is in doubt\nended\n", "\(outcome.error)")
  }

  /// Who fetches makes the links, so that it settles what a broken one leaves.
  @Test(arguments: [
    Fault(relay: "none in hello -", place: "here"),
    Fault(relay: "cut out hello before", place: "there"),
    Fault(relay: "cut in offer within", place: "there"),
    Fault(relay: "cut in bytes within", place: "there"),
    Fault(relay: "cut in finish after", place: "there"),
    Fault(relay: "cut out prepared within", place: "there"),
    Fault(relay: "cut out prepared after", place: "here"),
    Fault(relay: "cut in commit before", place: "here"),
    Fault(relay: "cut in commit within", place: "here"),
    Fault(relay: "cut in commit after", place: "here"),
    Fault(relay: "cut out committed before", place: "here"),
    Fault(relay: "cut out committed after", place: "here"),
  ])
  func aFetchedGuestRunsOnce(_ fault: Fault) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting().replacingOccurrences(of: "at here", with: "at there"))
      await ready
      relay='\(fault.relay)'
      at here fetch ssh://there/guest --ssh $PWD/link --remote-godwit $G --connections reset --root $R --mount .:/mnt 2>error
      echo "fetch $?"; unset relay; gone \(fault.place == "here" ? "there" : "here"); where
      touch go; await result; gone \(fault.place); cat result; where; grep -c "^godwit" error
      """)
    let hasMoved = fault.place == "here"
    #expect(
      outcome.text
        == "fetch \(hasMoved ? 0 : 125)\n\(fault.place): guest\nended\n\(hasMoved ? 0 : 1)\n",
      "\(outcome.error)")
  }

  @Test func aFetchNamesWhatItLacks() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting().replacingOccurrences(of: "at here", with: "at there"))
      await ready
      for name in guest nobody; do at here fetch ssh://there/$name --ssh $PWD/link --remote-godwit $G --root $R; done
      touch go; wait; cat result; ls here/godwit
      """)
    #expect(outcome.text == "ended\n", "\(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 2, "\(outcome.error)")
    #expect(lines.first?.contains("lacks --mount") == true, "\(outcome.error)")
    #expect(
      lines.last?.contains("no picoprocess named nobody is running") == true, "\(outcome.error)")
  }
}
