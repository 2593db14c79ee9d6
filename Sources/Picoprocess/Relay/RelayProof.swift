import Snapshot

/// What the ends of a shortcut show each other before they relay anything: that both know the migrations of both relays.
/// Only the machines where the guest has been know them. Nobody else can answer in their place, and nobody learns them
/// by asking.
package struct RelayProof {
  package static let challengeSize = 16
  package static let size = 32

  /// The relay of this end, which is the near one or the far one.
  private let own: RelayID
  private let isNear: Bool
  /// Those that the other end may be of.
  private let others: [RelayID]
  private let challenge: [UInt8]
  private var theirs: [UInt8]?
  /// The relay of the other end, once it has proved that.
  package private(set) var proven: RelayID?

  package init(of own: RelayID, isNear: Bool, to others: [RelayID]) {
    (self.own, self.isNear, self.others) = (own, isNear, others)
    challenge = (0..<Self.challengeSize).map { _ in UInt8.random(in: .min ... .max) }
  }

  /// The first frame for the other end.
  package var opening: RelayFrame { .challenge(challenge) }

  /// Takes a frame of the other end: first its challenge, then its proof. The near end gives its own first, so that a
  /// far end knows with whom it talks.
  ///
  /// - Returns: the answer; nil: there is none.
  package mutating func take(_ frame: RelayFrame) throws(Failure) -> RelayFrame? {
    switch frame {
    case .challenge(let bytes) where theirs == nil:
      theirs = bytes
      return isNear ? others.first.map { .proof(proof(to: $0, ofNear: true, bytes)) } : nil
    case .proof(let bytes):
      guard let theirs,
        let other = others.first(where: { bytes == proof(to: $0, ofNear: !isNear, theirs) })
      else { throw Failure("it is no end of the guest's relays") }
      proven = other
      return isNear ? nil : .proof(proof(to: other, ofNear: false, theirs))
    default: throw Failure("it is no end of the guest's relays")
    }
  }

  private func proof(to other: RelayID, ofNear: Bool, _ theirs: [UInt8]) -> [UInt8] {
    let (near, far) = isNear ? (own, other) : (other, own)
    let challenges = isNear ? challenge + theirs : theirs + challenge
    let message = [ofNear ? 1 : 2] + challenges
    return Digest(authenticating: message, with: near.bytes + far.bytes).bytes
  }
}
