import HostABI
import PosixHost

/// Who has sent datagrams to a port of the guest, and may hear from it after a move.
struct RelayedCorrespondent: Codable, Sendable, Hashable {
  /// The port of the guest.
  var port: UInt16
  /// Where the datagrams come from, at the machine that the guest leaves; and the address by which the guest knows that.
  /// As in `127.0.0.1:80` or `[::1]:80`.
  var address: String
  var known: String

  init(_ port: UInt16, _ correspondent: Correspondent) {
    self.port = port
    address = "\(correspondent.address)"
    known = "\(correspondent.known)"
  }

  var place: DatagramPlace? {
    NetworkAddress(address).map { DatagramPlace(port: port, client: $0) }
  }

  /// Nil if it is none.
  var correspondent: Correspondent? {
    guard let address = NetworkAddress(address), let known = NetworkAddress(known) else {
      return nil
    }
    return Correspondent(address: address, known: known)
  }

  // MARK: In messages

  /// Twice a place: with the address, and with what the guest knows it by.
  private init?(_ wire: ArraySlice<UInt8>, _ form: DatagramPlace.Form) {
    guard let place = DatagramPlace(wire.prefix(form.size), form),
      let known = DatagramPlace(wire.dropFirst(form.size), form), known.port == place.port
    else { return nil }
    self.init(place.port, Correspondent(address: place.client, known: known.client))
  }

  static func list(_ wire: [UInt8], _ form: DatagramPlace.Form) throws(Failure)
    -> [RelayedCorrespondent]
  {
    let size = 2 * form.size
    let list = stride(from: 0, to: wire.count, by: size).compactMap { start in
      Self(wire[start..<min(wire.count, start + size)], form)
    }
    guard list.count * size == wire.count, list.count <= RelayEnd.correspondentLimit else {
      throw Failure("it sends impossible connections")
    }
    return list
  }

  /// Those of `list` that need this form.
  static func wire(_ list: [RelayedCorrespondent], _ form: DatagramPlace.Form) -> [UInt8] {
    list.flatMap { entry -> [UInt8] in
      guard let correspondent = entry.correspondent else { return [] }
      let addresses = [correspondent.address, correspondent.known]
      guard addresses.contains(where: \.isIPv6) == (form == .wide) else { return [] }
      return addresses.flatMap { DatagramPlace(port: entry.port, client: $0).wire(form) }
    }
  }
}
