/// `struct winsize` (`TIOCGWINSZ`).
package struct Winsize: GuestStruct {
  package static let byteCount = 8

  package var ws_row: UInt16
  package var ws_col: UInt16
  package var ws_xpixel: UInt16
  package var ws_ypixel: UInt16

  package init(
    ws_row: UInt16 = 0,
    ws_col: UInt16 = 0,
    ws_xpixel: UInt16 = 0,
    ws_ypixel: UInt16 = 0
  ) {
    self.ws_row = ws_row
    self.ws_col = ws_col
    self.ws_xpixel = ws_xpixel
    self.ws_ypixel = ws_ypixel
  }

  package init(from reader: inout ByteReader) {
    ws_row = reader.read()
    ws_col = reader.read()
    ws_xpixel = reader.read()
    ws_ypixel = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(ws_row)
    writer.write(ws_col)
    writer.write(ws_xpixel)
    writer.write(ws_ypixel)
  }
}
