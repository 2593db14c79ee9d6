package import HostABI
package import PosixHost
package import Snapshot

/// Takes the bytes of a snapshot in order.
package protocol SnapshotSink: AnyObject {
  func write(_ bytes: RawSpan) throws(Failure)

  /// See `SnapshotDestination`. All bytes have been written.
  func readBack(_ parent: SnapshotReader?) throws(Failure) -> SnapshotReader

  func commit(signature: [UInt8]) throws(Failure)
}

/// A sink in this process, which the picoprocess reaches through a pipe.
package final class StreamDestination: SnapshotDestination {
  package let path: String
  private let sink: any SnapshotSink
  package private(set) var failure: Failure?

  package let transfer: Compression?

  package init(_ path: String, _ sink: any SnapshotSink, transfer: Compression? = nil) {
    self.transfer = transfer
    self.path = path
    self.sink = sink
  }

  package func write(_ bytes: RawSpan) throws(Failure) { try sink.write(bytes) }

  package func exchange(
    _ request: [UInt8], over connection: ControlConnection, _ progress: Progress
  ) throws(HostError) -> [UInt8]? {
    let pipe = try BytePipe()
    try connection.send(request, handing: pipe)
    while true {
      pipe.wait(or: connection, timeout: Progress.interval)
      do throws(HostError) {
        var line = try connection.receive(timeout: 0)
        while progress.takes(line) { line = try connection.receive(timeout: 0) }
        // All was in the pipe before the answer was sent.
        drain(pipe)
        return line
      } catch .wouldBlock {
        progress.tick()
        drain(pipe)
      }
    }
  }

  /// A sink that fails closes the pipe, so that the picoprocess gives up and says so.
  private func drain(_ pipe: BytePipe) {
    do throws(Failure) {
      try pipe.drain { (bytes) throws(Failure) in try sink.write(bytes) }
    } catch {
      failure = error
      pipe.stopReading()
    }
  }

  package func readBack(_ parent: SnapshotReader?) throws(Failure) -> SnapshotReader {
    try sink.readBack(parent)
  }

  package func commit(signature: [UInt8]) throws(Failure) { try sink.commit(signature: signature) }
}
