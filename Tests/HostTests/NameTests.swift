import HostABI
import HostConformance
import Testing

/// The names of files and addresses, which no value of their types can get wrong.
@Suite struct NameTests {
  @Test func pathsThatLeadElsewhereAreNone() {
    for text in [
      "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "./a", "a\0", "a/\0b",
    ] {
      #expect(RelativePath(bytes(text)) == nil, "\(text)")
      #expect(FileName(bytes(text)) == nil, "\(text)")
    }
    #expect(FileName([]) == nil && FileName(bytes("a/b")) == nil)
    for text in ["a", "...", "a/..b", ".a/b.", "\u{e9}", "a\n"] {
      #expect(RelativePath(bytes(text))?.bytes == bytes(text))
    }
    #expect(RelativePath.here.split == nil && RelativePath([UInt8]()) == .here)
    let deep = RelativePath(bytes("a/b/c"))!
    #expect(deep.split?.parent.bytes == bytes("a/b") && deep.split?.last == bytes("c"))
    #expect(deep.names == [bytes("a"), bytes("b"), bytes("c")])
    #expect(RelativePath.here.appending(FileName(bytes("x"))!).bytes == bytes("x"))
  }

  @Test func addressesReadAndWriteThemselves() {
    for text in ["192.0.2.1:80", "0.0.0.0:0", "255.255.255.255:65535"] {
      #expect(NetworkAddress(text)?.description == text)
    }
    for (text, bytes): (String, [UInt8]) in [
      ("[::1]:5", [UInt8](repeating: 0, count: 15) + [1]),
      ("[2001:db8::8:0]:5", [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 9) + [8, 0, 0]),
      ("[::]:5", [UInt8](repeating: 0, count: 16)),
    ] {
      let address = NetworkAddress(text)
      #expect(address?.bytes == bytes, "\(text)")
      #expect(address.flatMap { NetworkAddress($0.description) } == address)
    }
    for text in [
      "", "1.2.3.4", "1.2.3:4", "1.2.3.4.5:6", "1.2.3.256:1", "1.2.3.4:65536", "1.2.3.4:-1",
      "a.b.c.d:1",
      "[::1]", "::1:5", "[1:2:3:4:5:6:7]:1", "[1:2:3:4:5:6:7:8:9]:1", "[1::2::3]:1", "[12345::]:1",
      "[g::]:1", "1.2.3.4:+1", "[+1::]:1",
    ] {
      #expect(NetworkAddress(text) == nil, "\(text)")
    }
  }
}
