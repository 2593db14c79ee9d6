import Foundation
import Testing

/// SIGKILL at any moment of a checkpoint.
@Suite struct KilledCheckpointTests {
  /// Repeatedly resumes the newest snapshot, writes it again, and kills Godwit meanwhile.
  @Test func theSnapshotIsWholeWhateverTheMoment() throws {
    let scratch = try Scratch()
    let moments = LongTests.areOn ? 60 : 12
    let outcome = try scratch.shell(
      """
      RANDOM=$$
      running() { until $G ps | grep -q "^guest "; do sleep 0.02; done; }
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      data = [os.urandom(100000) for _ in range(100)]
      sums = [sum(part) for part in data]
      open("/mnt/ready", "w").close()
      turns = 0
      while not os.path.exists("/mnt/go"):
          data[turns % 100] = os.urandom(100000)
          sums[turns % 100] = sum(data[turns % 100])
          turns += 1
          time.sleep(0.001)
      print(sums == [sum(part) for part in data])' >out1 &
      await ready; running
      start=$(date +%s%N); $G checkpoint guest --output snapshot || echo "checkpoint $?"
      taken=$(( ($(date +%s%N) - start) / 1000 ))
      for moment in $(seq \(moments)); do
        $G checkpoint guest --output snapshot 2>/dev/null &
        sleep $(printf '0.%06d' $(( RANDOM * taken / 25000 % 1000000 )))
        kill -KILL %1; wait
        $G verify snapshot >/dev/null || echo "not whole at moment $moment"
        $G resume snapshot --name guest >out2 & running
      done
      $G checkpoint guest --output snapshot || echo "checkpoint $?"
      touch go; wait; cat out2
      ls -A | grep tmp; $G ps; ls -A godwit
      """, limit: 600)
    #expect(
      outcome.text == "True\nNAME  PID  ISA  UPTIME  MEMORY  SANDBOX  PROGRAM\n.lock\n",
      "\(String(decoding: outcome.output, as: UTF8.self)) \(outcome.error)")
    // The shell reports killed jobs.
    #expect(!outcome.error.contains("godwit:"), "\(outcome.error)")
  }
}
