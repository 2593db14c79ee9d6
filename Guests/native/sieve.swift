// Arrays, a class, generics and closures of Embedded Swift: memory comes from the guest half of the host ABI.

final class Tally {
  private(set) var counts: [Int] = []
  func add(_ count: Int) { counts.append(count) }
}

func primes(below limit: Int) -> [Int] {
  var isPrime = [Bool](repeating: true, count: limit)
  var found: [Int] = []
  for number in 2..<limit where isPrime[number] {
    found.append(number)
    for multiple in stride(from: number * number, to: limit, by: number) {
      isPrime[multiple] = false
    }
  }
  return found
}

@_cdecl("main")
func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
{
  let tally = Tally()
  for limit in [100, 1000, 10000] { tally.add(primes(below: limit).count) }
  var time = godwit_time()
  for value in tally.counts {
    check(godwit_now(GODWIT_CLOCK_MONOTONIC, &time) == 0 ? 1 : 0, "the clock")
    put_number(Int64(value))
    put("\n")
  }
  check(tally.counts == [25, 168, 1229] ? 1 : 0, "the primes")
  put("sieve ok\n")
  return 0
}
