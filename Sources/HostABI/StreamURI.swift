/// The name of something outside the picoprocess: `scheme:path`.
///
/// | scheme | path | what |
/// |---|---|---|
/// | `file` | absolute host path | a file or directory that was granted |
/// | `dir` | absolute host path | a directory that was granted |
/// | `stdio` | `0`, `1`, `2` | a descriptor the host process inherited |
/// | `tty` | – | the controlling terminal |
/// | `tcp`, `udp` | `192.0.2.1:80`, `[2001:db8::1]:80` | an address and port on the network |
/// | `pipe` | | reserved |
package struct StreamURI: Hashable, Sendable {
  package enum Scheme: String, Sendable, CaseIterable {
    case file, dir, stdio, tty, tcp, udp, pipe
  }
  package var scheme: Scheme
  /// Bytes, as Linux paths are; no NUL.
  package var path: [UInt8]

  package init(_ scheme: Scheme, _ path: [UInt8]) {
    self.scheme = scheme
    self.path = path
  }

  package init(_ scheme: Scheme, _ path: String) {
    self.init(scheme, Array(path.utf8))
  }
}

extension StreamURI: CustomStringConvertible {
  package var description: String { scheme.rawValue + ":" + String(decoding: path, as: UTF8.self) }
}
