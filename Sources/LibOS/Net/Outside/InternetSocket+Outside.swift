import HostABI
import LinuxABI
import Snapshot

// What TCP and UDP have in common with the host's network.
extension InternetSocket {
  /// Takes the host's side of what it does, which the run loop waits for from now on.
  func use(_ stream: OutsideStream) {
    outside = stream
    network.outside.add(self)
  }

  /// Gives up the host's side, which closes with the last socket that has it.
  func leaveOutside() {
    guard outside != nil else { return }
    outside = nil
    network.outside.remove(self)
  }

  /// Lets others outside reach it, if its port is published.
  private func publish() throws(Errno) {
    guard outside == nil, let stream = try network.outside.publish(self) else { return }
    use(stream)
  }

  /// The same, after the program has been given the port. A host that refuses now what it had at the start
  /// tells the operator; the guest could do nothing about it.
  func publishOrLog() {
    do throws(Errno) { try publish() } catch {
      network.outside.host.log("port \(local.port) can't be published: \(error.message)")
    }
  }

  /// The same, of a guest that goes on from a snapshot.
  func publishAgain() throws(SnapshotError) {
    do throws(Errno) { try publish() } catch {
      throw .refused("publishing port \(local.port): \(error.message)")
    }
  }
}
