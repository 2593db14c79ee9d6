import HostABI
import LinuxABI
import Snapshot

// What TCP and UDP sockets share in using the host's network.
extension InternetSocket {
  /// Attaches a stream of the host, which the run loop waits for from now on.
  func use(_ stream: OutsideStream) {
    outside = stream
    network.outside.add(self)
  }

  /// Detaches the host's stream, which closes with the last socket that has it.
  func leaveOutside() {
    guard outside != nil else { return }
    outside = nil
    network.outside.remove(self)
  }

  /// Opens the host's port if the socket's port is published.
  private func publish() throws(Errno) {
    guard outside == nil, let stream = try network.outside.publish(self) else { return }
    use(stream)
  }

  /// The same, after the program was given the port. A refusal by the host is logged for the operator, since
  /// the guest could do nothing about it.
  func publishOrLog() {
    do throws(Errno) { try publish() } catch {
      network.outside.host.log("port \(local.port) can't be published: \(error.message)")
    }
  }

  /// The same, for a restored guest.
  func publishAgain() throws(SnapshotError) {
    do throws(Errno) { try publish() } catch {
      throw .refused("publishing port \(local.port): \(error.message)")
    }
  }
}
