import HostABI
import JSONText
import LibOS
import Machine
import PosixHost
import Snapshot

extension Picoprocess {
  /// Writes the files outside that a snapshot would need to the pipe that came with the request.
  func listFiles(for letter: Mailbox.Letter) {
    guard let file = letter.file else { return }
    do throws(SnapshotError) {
      let bytes = OutsideFile.encoded(try kernel.neededFiles())
      do throws(HostError) {
        try bytes.withRawSpan { (span) throws(HostError) in try file.write(span, at: 0) }
        letter.progress = .answered(.done)
      } catch { letter.progress = .answered(.unwritable(reason: Failure.reason(error))) }
    } catch { letter.progress = .answered(.failed(error: "\(error)")) }
  }
}

extension ControlClient {
  /// Bytes of a list of files.
  private static let listLimit = 256 << 20

  /// The files outside that a snapshot of the picoprocess `name` would need now, with their digests. The guest runs
  /// on while the digests are made.
  func neededFiles(of name: String) throws(Failure) -> [OutsideFile] {
    var bytes: [UInt8] = []
    var isTooLong = false
    let answer = try converse(with: name) { (connection) throws(HostError) in
      let pipe = try BytePipe()
      let request = ControlRequest.listFiles(reports: true)
      try connection.send(Array(JSON.line(request).utf8), handing: pipe)
      func drain() {
        pipe.drain { piece in
          if bytes.count + piece.byteCount > Self.listLimit {
            isTooLong = true
          } else {
            bytes += piece.array
          }
        }
        if isTooLong { pipe.stopReading() }
      }
      let progress = Progress("listing files", by: name)
      while true {
        pipe.wait(or: connection, timeout: Progress.interval)
        do throws(HostError) {
          let line = try connection.receive(timeout: 0)
          if progress.takes(line) { continue }
          // All was in the pipe before the answer was sent.
          drain()
          return line.flatMap { JSON.decode(ControlAnswer.self, from: $0) }
        } catch .wouldBlock {
          progress.tick()
          drain()
        }
      }
    }
    guard case .done = answer, !isTooLong else {
      throw Failure("the picoprocess \(name) does not say which files it needs")
    }
    do throws(SnapshotError) { return try OutsideFile.list(bytes) } catch {
      throw Failure(name, error)
    }
  }
}
