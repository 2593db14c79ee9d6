/// `struct new_utsname` (`uname(2)`): six texts of 65 bytes with their NUL.
package struct Utsname: GuestStruct {
  package static let byteCount = 390
  /// Bytes of one field, its NUL included.
  package static let fieldSize = 65

  package var sysname: String
  package var nodename: String
  package var release: String
  package var version: String
  package var machine: String
  package var domainname: String

  package init(
    sysname: String = "Linux", nodename: String, release: String, version: String, machine: String,
    domainname: String = "(none)"
  ) {
    self.sysname = sysname
    self.nodename = nodename
    self.release = release
    self.version = version
    self.machine = machine
    self.domainname = domainname
  }

  package init(from reader: inout ByteReader) {
    func field() -> String {
      String(decoding: reader.read(count: Self.fieldSize).prefix { $0 != 0 }, as: UTF8.self)
    }
    sysname = field()
    nodename = field()
    release = field()
    version = field()
    machine = field()
    domainname = field()
  }

  /// Fields that are too long are cut to 64 bytes.
  package func encode(to writer: inout ByteWriter) {
    for text in [sysname, nodename, release, version, machine, domainname] {
      let bytes = text.utf8.prefix(Self.fieldSize - 1)
      writer.write(Array(bytes))
      writer.zero(Self.fieldSize - bytes.count)
    }
  }
}
