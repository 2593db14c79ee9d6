import HostABI
import PosixHost

/// Makes links to one place, again and again, with pauses that grow.
final class RelayDialer {
  /// What has come of an attempt.
  enum Outcome {
    case link(ByteLink)
    case failed(String)
  }

  private static let second: Int64 = 1_000_000_000
  private static let backoff: ClosedRange<Int64> = (second / 5)...(5 * second)

  private let maker: LinkMaker
  private var place: LinkMaker.Place?
  private var input: LinkEnd?
  /// Attempts of which nothing has come yet. What comes of one for another place is left out.
  private var attempts = 0
  private var staleAttempts = 0
  private(set) var nextAttempt: Int64 = 0
  private var delay = backoff.lowerBound

  init(_ maker: LinkMaker) { self.maker = maker }

  var connection: ControlConnection { maker.connection }

  var isMaking: Bool { attempts > staleAttempts }

  /// Says, once, which machines links may lead to.
  func use(_ machines: [RemoteShell]) throws(HostError) { try maker.use(machines) }

  /// Has the next links lead there; nil: makes none.
  func aim(at place: LinkMaker.Place?) {
    self.place = place
    staleAttempts = attempts
    (nextAttempt, delay) = (0, Self.backoff.lowerBound)
    if place == nil { maker.release() }
  }

  /// Begins to make a link.
  ///
  /// - Throws: if there is no process any more that can.
  func make() throws(HostError) {
    guard let place else { return }
    nextAttempt = HostProcess.monotonicTime + delay
    delay = min(delay * 2, Self.backoff.upperBound)
    try maker.make(place)
    attempts += 1
  }

  /// The link was of use: the next one is made at once.
  func succeed() { delay = Self.backoff.lowerBound }

  /// What has come of attempts.
  ///
  /// - Throws: if there is no process any more that makes links.
  func outcomes() throws(HostError) -> [Outcome] {
    var outcomes: [Outcome] = []
    while let (answer, end) = try maker.answer() {
      switch answer {
      case .input: input = end
      case .output:
        defer { input = nil }
        guard conclude() else { continue }
        if let input, let end, let link = try? LinkEnd.join(input: input, output: end) {
          outcomes.append(.link(link))
        } else {
          outcomes.append(.failed("the link has not come"))
        }
      case .failed(let reason): if conclude() { outcomes.append(.failed(reason)) }
      case .ended: break
      }
    }
    return outcomes
  }

  /// Notes that an attempt is over.
  ///
  /// - Returns: whether it was one for the present place.
  private func conclude() -> Bool {
    attempts -= 1
    guard staleAttempts > 0 else { return true }
    staleAttempts -= 1
    return false
  }

  /// Ends the program that made the last link.
  ///
  /// - Returns: its status, if it has ended by itself.
  func drop() -> Int32? { maker.drop() }
}
