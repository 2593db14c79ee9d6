import Foundation
import Testing

/// A busy program that is suspended and resumed again and again, each time by another process.
@Suite struct HopTests {
  @Test(arguments: Checkout.isas) func theOutputNeverDiffers(isa: String) throws {
    let scratch = try Scratch()
    let hops = LongTests.areOn ? 1000 : 20
    let outcome = try scratch.shell(
      """
      guest='\(Checkout.guest("busy", isa).path)'; turns=\(hops * 5)
      $G run -- $guest $turns >expected
      $G run --suspend-at-syscall 60 -o next -- $guest $turns >out
      hop=0
      while [ -e next ] && [ $hop -lt \(hops) ]; do
        mv next last; let hop+=1
        case $((hop % 3)) in 0) how=();; 1) how=(--lazy);; 2) how=(--lazy --no-prefetch);; esac
        $G resume "${how[@]}" last --suspend-at-syscall $((60 * (hop + 1))) -o next >>out || break
      done
      [ -e next ] && $G resume next >>out
      echo "$hop hops"; cmp out expected
      """, limit: 900)
    #expect(
      outcome.text == "\(hops) hops\n" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }
}
