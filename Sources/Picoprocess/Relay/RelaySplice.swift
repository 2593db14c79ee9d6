import HostABI
import PosixHost

/// Two sockets of this machine that are joined: a connection that has come home, and the guest.
final class RelaySplice {
  private let sockets: [ByteStream]
  /// What was read from each, and not yet written to the other one.
  private var pending: [[UInt8]] = [[], []]
  private var hasEnded = [false, false]
  /// The other one was told of the end.
  private var endIsPassed = [false, false]
  private(set) var isOver = false

  private static let limit = 256 << 10

  init(_ a: ByteStream, _ b: ByteStream) { sockets = [a, b] }

  func pollItems() -> [PollItem] {
    (0...1).compactMap { index in
      var interest: Readiness = []
      if !hasEnded[index], pending[index].count < Self.limit { interest.insert(.readable) }
      if !pending[1 - index].isEmpty { interest.insert(.writable) }
      return interest.isEmpty ? nil : PollItem(.stream(sockets[index]), interest)
    }
  }

  func pump() {
    do throws(HostError) {
      for index in 0...1 { try move(index) }
      isOver = endIsPassed == [true, true]
    } catch { reset() }
  }

  private func move(_ index: Int) throws(HostError) {
    do throws(HostError) {
      if !hasEnded[index], pending[index].count < Self.limit {
        let bytes = try sockets[index].receive()
        pending[index] += bytes
        hasEnded[index] = bytes.isEmpty
      }
    } catch .wouldBlock {}
    let other = sockets[1 - index]
    do throws(HostError) {
      while !pending[index].isEmpty {
        pending[index].removeFirst(try other.send(pending[index]))
      }
    } catch .wouldBlock {}
    if hasEnded[index], pending[index].isEmpty, !endIsPassed[index] {
      other.endWriting()
      endIsPassed[index] = true
    }
  }

  func reset() {
    for socket in sockets { socket.resetAtClose() }
    isOver = true
  }
}
