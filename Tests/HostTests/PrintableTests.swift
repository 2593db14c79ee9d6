import HostABI
import Testing

@Suite struct PrintableTests {
  @Test(arguments: [
    ("", ""), ("plain text, 100 %", "plain text, 100 %"), ("naïve 日本 👩‍🚀 é", "naïve 日本 👩‍🚀 é"),
    ("a\nb\tc\rd", #"a\nb\tc\rd"#), ("\u{1b}[2J\u{7}", #"\x1b[2J\x07"#),
    ("\u{7f}\u{80}\u{9b}31m\u{9f}\u{a0}", #"\x7f\x80\x9b31m\x9f"# + "\u{a0}"),
    (
      "gnp.\u{202e}exe\u{202c}\u{2066}\u{2069}\u{200f}\u{61c}",
      #"gnp.\u202eexe\u202c\u2066\u2069\u200f\u061c"#
    ),
    ("\u{2028}\u{2029}\u{feff}", #"\u2028\u2029\ufeff"#), ("\r\n", #"\r\n"#),
    ("e\u{301}\u{0}", "e\u{301}\\x00"),
    (#"back\slash"#, #"back\slash"#),
  ])
  func whatATerminalWouldActOnIsShown(_ text: String, _ shown: String) {
    #expect(printable(text) == shown)
    #expect(printable(Array(text.utf8)) == shown)
    #expect(printable(printable(text)) == shown)
  }

  @Test(
    arguments: [
      ([0x41, 0xff, 0x42], #"A\xffB"#), ([0xc3], #"\xc3"#), ([0xc3, 0x41], #"\xc3A"#),
      ([0x80, 0xe2, 0x82], #"\x80\xe2\x82"#), ([0xc0, 0x8a], #"\xc0\x8a"#),
      ([0xed, 0xa0, 0x80], #"\xed\xa0\x80"#), ([0xf0, 0x9f, 0x9a, 0x80], "🚀"),
      ([0xc2, 0x9b], #"\x9b"#),
      ([0xf5, 0x80, 0x80, 0x80], #"\xf5\x80\x80\x80"#),
    ] as [([UInt8], String)])
  func bytesThatAreNoTextAreShown(_ bytes: [UInt8], _ shown: String) {
    #expect(printable(bytes) == shown)
  }
}
