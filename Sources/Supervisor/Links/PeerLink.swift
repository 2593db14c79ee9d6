import HostABI
import NIOCore
import NIOPosix
import NIOSSL
import PosixHost

/// Joins connections of TLS with sockets of this machine.
enum PeerLink {
  /// Joins `channel`, behind a line, with a socket; what becomes of it is the pump's business. If it can't be done,
  /// both are closed.
  static func join(_ channel: any Channel, with link: ByteLink) -> EventLoopFuture<Void> {
    ClientBootstrap(group: channel.eventLoop)
      .channelOption(.autoRead, value: false)
      .withConnectedSocket(link.release())
      .flatMapThrowing { local in
        do {
          let handler = try channel.pipeline.syncOperations.handler(type: LineHandler.self)
          try Pump.join(channel, local, received: handler.passOn())
        } catch {
          local.close(promise: nil)
          throw error
        }
      }
      .flatMapErrorThrowing { error in
        channel.close(promise: nil)
        throw error
      }
  }

  /// Waits for what comes of it.
  static func outcome<Value: Sendable>(_ future: EventLoopFuture<Value>)
    throws(SupervisorError) -> Value
  {
    do { return try future.wait() } catch {
      throw error as? SupervisorError ?? SupervisorError(reason(error))
    }
  }

  /// Of an end that was refused for its certificate.
  static let strangersReason = "its certificate is no peer's"

  /// Why a connection has failed, for people.
  static func reason(_ error: any Error) -> String {
    switch error {
    case let error as SupervisorError: return error.message
    case LineHandler.Trouble.late: return "it does not answer"
    case LineHandler.Trouble.long: return "what it sends is not the protocol"
    case LineHandler.Trouble.ended: return "the link ended before it answered"
    case LineHandler.Trouble.noCertificate: return "it shows no certificate"
    case let error as ChannelError:
      if case .connectTimeout = error { return "it does not answer" }
      return "\(error)"
    case let error as NIOConnectionError:
      if error.connectionErrors.isEmpty { return "there is no such host" }
      return error.connectionErrors.first.map { reason($0.error) } ?? "\(error)"
    case let error as IOError: return SupervisorError.words(HostError(errno: error.errnoCode))
    default: return tls(error)
    }
  }

  private static func tls(_ error: any Error) -> String {
    let text = "\(error)"
    let known = [
      ("UNSUPPORTED_PROTOCOL", "it does not speak TLS 1.3"),
      ("PROTOCOL_VERSION", "it does not speak TLS 1.3"),
      ("WRONG_VERSION_NUMBER", "what it sends is not TLS"),
      ("HTTP_REQUEST", "what it sends is not TLS"),
      ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "it shows no certificate"),
      ("CERTIFICATE_VERIFY_FAILED", strangersReason),
      ("ALERT_CERTIFICATE", "it refuses this machine's certificate"),
      ("ALERT_UNKNOWN_CA", "it refuses this machine's certificate"),
      ("ALERT_BAD_CERTIFICATE", "it refuses this machine's certificate"),
      ("uncleanShutdown", "the link broke"), ("eofDuringHandshake", "the link broke"),
    ]
    return known.first { text.contains($0.0) }?.1 ?? "TLS fails: \(text)"
  }
}
