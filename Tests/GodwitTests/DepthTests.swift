import Foundation
import Testing

/// Guests that build structures deeper than the host's stack, which must not crash Godwit.
@Suite struct DepthTests {
  @Test func aTreeOfDirectoriesTravels() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      for _ in range(60000):
          os.mkdir("d"); os.chdir("d")
      open("deep", "w").write("deep down")
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.01)
      print(open("deep").read())
      for _ in range(60000):
          os.chdir(".."); 
      os.chdir("/mnt"); print(os.listdir("/d"))' &
      await ready; $G suspend guest --output one; wait; touch go; $G resume one --suspend-every 40000
      """, limit: 240)
    #expect(outcome.output == Data("deep down\n['d']\n".utf8), "\(outcome.error)")
    #expect(outcome.error.isEmpty)
  }
}
