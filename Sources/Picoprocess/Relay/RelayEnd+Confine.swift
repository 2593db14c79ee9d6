import HostABI
import PosixHost

extension RelayEnd {
  /// Gives up all rights that it has no use for once the command that has started it has gone: what is left to do is to
  /// move bytes, to accept at ports that are open already, and to connect to the guest's.
  func confineIfReady() {
    guard starter == nil, phase == .relaying, confinement == nil else { return }
    var needs = Confinement()
    if let listener { needs.grant(.remove, listener.directory) }
    needs.network.services = Set(services.map(\.service))
    needs.network.reachable = Set(ports.values).union(datagramPorts.values)
    confinement = needs.enter()
  }
}
