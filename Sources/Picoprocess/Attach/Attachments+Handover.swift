import LibOS
import PosixHost
import Synchronization

/// A client whose connection is handed to a relay, through which it follows a guest that moves.
struct DepartingClient {
  let wantsOutput: Bool
  let givesInput: Bool
  /// What the relay calls it by which it comes; nil: it comes by none.
  let token: UInt64?
  let stream: ByteStream
  /// Frames that it was not sent yet.
  let undelivered: [UInt8]
  /// Frames of its that the guest has not seen.
  let unheard: [UInt8]
}

extension Attachments {
  /// Clients that follow a guest; others are told where it went.
  static let followerLimit = 8
  /// Bytes that are handed over with a client, each way. One that has more to take does not follow.
  private static let backlogLimit = 64 << 10

  /// Leaves the clients' connections alone, so that a relay can have them. The guest stands.
  ///
  /// - Parameter typed: what the guest has not taken yet.
  func hold(typed: [UInt8], inputIsEnding: Bool) -> [DepartingClient] {
    state.withLock { state in
      var unheard = AttachFrame.frames(ofInput: typed)
      unheard += state.events.map(\.frame)
      if inputIsEnding { unheard.append(.inputEnd) }
      var departing: [DepartingClient] = []
      for client in state.clients {
        guard let stream = client.stream, departing.count < Self.followerLimit else { continue }
        // What all have typed came to the guest in this order: any of them can say it.
        let said = client.givesInput ? unheard : []
        let bytes = said.flatMap(\.bytes) + client.reader.rest
        let undelivered = client.undelivered
        guard bytes.count <= Self.backlogLimit, undelivered.count <= Self.backlogLimit else {
          continue
        }
        if client.givesInput { unheard = [] }
        state.held.insert(client.number)
        departing.append(
          DepartingClient(
            wantsOutput: client.wantsOutput, givesInput: client.givesInput, token: client.token,
            stream: stream, undelivered: undelivered, unheard: bytes))
      }
      return departing
    }
  }

  /// The guest stays, and they with it.
  func release() {
    state.withLock { $0.held = [] }
    waker.wake()
  }

  /// The guest has gone, and they follow it.
  func giveAway() {
    state.withLock { state in
      state.clients.removeAll { state.held.contains($0.number) }
      state.held = []
      clientCount.store(state.clients.count, ordering: .relaxed)
    }
    waker.wake()
  }
}

extension Attachments.Event {
  fileprivate var frame: AttachFrame {
    switch self {
    case .input(let bytes): .input(bytes)
    case .inputEnd: .inputEnd
    case .resize(let size): .resize(size)
    case .signal(let number): .signal(number)
    }
  }
}

extension AttachFrame {
  fileprivate static func frames(ofInput bytes: [UInt8]) -> [AttachFrame] {
    stride(from: 0, to: bytes.count, by: limit).map { start in
      .input(Array(bytes[start..<min(bytes.count, start + limit)]))
    }
  }
}
