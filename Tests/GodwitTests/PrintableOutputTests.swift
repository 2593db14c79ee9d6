import Foundation
import Testing

/// Text chosen by a guest reaches the user's terminal only as printable text.
@Suite struct PrintableOutputTests {
  /// A guest whose name, thread name, open files, mapping and argument are full of control characters, with
  /// one thing that cannot travel, for the message.
  private static let guest = """
    import ctypes, mmap, os, sys, time
    odd = b"\\\\x1b[31m\\\\n\\\\x7f\\\\xc2\\\\x9b2J\\\\xe2\\\\x80\\\\xae\\\\r\\\\xff"
    ctypes.CDLL(None).prctl(15, odd[:15])
    open("/mnt/ready", "w").close()
    held = os.open(b"/tmp/" + odd, os.O_RDWR | os.O_CREAT)
    os.write(held, b"x" * 4096)
    mapped = mmap.mmap(held, 4096)
    os.chdir(os.mkdir(b"/tmp/d" + odd) or b"/tmp/d" + odd)
    open("/mnt/go1", "w").close()
    while not os.path.exists("/mnt/go2"): time.sleep(0.01)
    gone = os.open(b"/mnt/" + odd, os.O_RDWR | os.O_CREAT)
    os.unlink(b"/mnt/" + odd)
    open("/mnt/go3", "w").close()
    while not os.path.exists("/mnt/go4"): time.sleep(0.01)
    """

  @Test func whateverAGuestCallsItself() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      odd=$'py\\e[31m\\n\\x7f\\xc2\\x9b'; ln -s /usr/bin/python3 "$odd"
      $G run --name guest --root $R --mount .:/mnt --trace=traced -- "/mnt/$odd" -c '\(Self.guest)' &
      await go1
      $G ps; $G ps --json
      $G checkpoint guest -o snapshot; $G inspect snapshot; $G inspect --json snapshot
      $G verify snapshot; $G digest -v snapshot
      touch go2; await go3
      $G suspend guest -o other
      touch go4; wait
      cat traced
      """)
    #expect(outcome.text.contains("guest"), "\(outcome.error)")
    #expect(outcome.text.contains(#"\x1b[31m\n"#), "names are shown all the same")
    for text in [outcome.text, outcome.error] {
      for scalar in text.unicodeScalars where scalar != "\n" {
        let isControl = scalar.properties.generalCategory == .control
        #expect(!isControl && scalar.value != 0x202e, "U+\(String(scalar.value, radix: 16))")
        if isControl { return }
      }
    }
    // One line for each thing that went wrong.
    #expect(
      outcome.error.split(separator: "\n").allSatisfy { $0.hasPrefix("godwit: ") },
      "\(outcome.error)")
  }
}
