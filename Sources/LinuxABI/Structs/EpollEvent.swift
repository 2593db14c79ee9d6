package import Machine

/// `struct epoll_event` (`epoll_ctl(2)`): packed into 12 bytes on x86-64 only (`EPOLL_PACKED` in
/// `linux/eventpoll.h`), 16 elsewhere.
package struct EpollEvent: GuestISAStruct {
  package var events: EpollEvents
  /// The guest's own, returned unseen.
  package var data: UInt64

  package init(events: EpollEvents = [], data: UInt64 = 0) {
    self.events = events
    self.data = data
  }

  package static func byteCount(for isa: GuestISA) -> Int {
    switch isa {
    case .x86_64: 12
    case .aarch64, .riscv64: 16
    }
  }

  package init(from reader: inout ByteReader, isa: GuestISA) {
    events = EpollEvents(rawValue: reader.read())
    if isa != .x86_64 { reader.skip(4) }
    data = reader.read()
  }

  package func encode(to writer: inout ByteWriter, isa: GuestISA) {
    writer.write(events.rawValue)
    if isa != .x86_64 { writer.zero(4) }
    writer.write(data)
  }
}
