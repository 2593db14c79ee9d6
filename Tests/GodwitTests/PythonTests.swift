import Foundation
import Testing

/// A stock interpreter from Debian, suspended in the middle of its work.
@Suite struct PythonTests {
  static let program = """
    import sys
    def digits():
        q, r, t, k, n, l = 1, 0, 1, 1, 3, 3
        while True:
            if 4 * q + r - t < n * t:
                yield n
                q, r, n = 10 * q, 10 * (r - n * t), (10 * (3 * q + r)) // t - 10 * n
            else:
                q, r, t, k, n, l = (q * k, (2 * q + r) * l, t * l, k + 1,
                                    (q * (7 * k + 2) + r * l) // (t * l), l + 2)
    for i, d in zip(range(400), digits()):
        sys.stdout.write(str(d))
        sys.stdout.flush()
    """

  @Test(arguments: Checkout.isas) func piIsTheSameOverManyHops(isa: String) throws {
    let root = ["--root", Checkout.rootfs(isa).path]
    let command = ["--", "/usr/bin/python3", "-c", Self.program]
    let whole = try godwit(["run"] + root + command)
    #expect(whole.status == 0, "\(whole.error)")
    #expect(whole.output.starts(with: Data("31415926535897932384626433832795".utf8)))
    let joined = try hopping(root + command, resume: root, every: 211)
    #expect(joined.status == 0, "\(joined.error)")
    #expect(joined.output == whole.output)
  }

  @Test(arguments: Checkout.isas) func threadsAndCompressionWork(isa: String) throws {
    let script = """
      import threading, zlib, hashlib
      data = b'godwit' * 20000
      results = [None] * 4
      def work(i):
          results[i] = hashlib.sha256(zlib.decompress(zlib.compress(data[i:]))).hexdigest()
      threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
      [t.start() for t in threads]; [t.join() for t in threads]
      assert results == [hashlib.sha256(data[i:]).hexdigest() for i in range(4)]
      print('ok')
      """
    let outcome = try godwit([
      "run", "--root", Checkout.rootfs(isa).path, "--", "/usr/bin/python3", "-c", script,
    ])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output == Data("ok\n".utf8))
  }
}
