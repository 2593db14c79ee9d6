import Foundation
import Testing

/// SIGKILL at any moment of a checkpoint.
@Suite struct KilledCheckpointTests {
  /// Repeatedly resumes the newest snapshot, writes it again or an increment to it, and kills Godwit meanwhile.
  @Test(arguments: ["whole", "incremental", "lazy"]) func theSnapshotIsWholeWhateverTheMoment(
    mode: String
  ) throws {
    let scratch = try Scratch()
    let moments = LongTests.areOn ? 200 : 8
    let outcome = try scratch.shell(
      """
      RANDOM=$$
      running() { until $G ps | grep -q "^guest "; do sleep 0.02; done; }
      again() {
        how=()
        if [ \(mode) = lazy ]; then
          case $((RANDOM % 2)) in 0) how=(--lazy);; 1) how=(--lazy --no-prefetch);; esac
        fi
        $G resume "${how[@]}" $1 --name guest >out2 & running
      }
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
      last=snapshot
      start=$(date +%s%N); $G checkpoint guest --output $last || echo "checkpoint $?"
      taken=$(( ($(date +%s%N) - start) / 1000 ))
      for moment in $(seq \(moments)); do
        next=$last; parent=()
        if [ \(mode) = incremental ]; then next=link$moment; parent=(--parent $last); fi
        $G checkpoint guest "${parent[@]}" --output $next 2>/dev/null &
        sleep $(printf '0.%06d' $(( RANDOM * taken / 25000 % 1000000 )))
        kill -KILL %1; wait
        if [ -e $next ]; then last=$next; fi
        $G verify $last >/dev/null || echo "not whole at moment $moment"
        again $last
      done
      $G checkpoint guest --output snapshot || echo "checkpoint $?"
      touch go; wait; cat out2
      ls -A | grep tmp; $G ps | wc -l; ls -A godwit
      """, limit: 900)
    #expect(
      outcome.text == "True\n1\n.lock\n",
      "\(String(decoding: outcome.output, as: UTF8.self)) \(outcome.error)")
    // The shell reports killed jobs.
    #expect(!outcome.error.contains("godwit:"), "\(outcome.error)")
  }
}
