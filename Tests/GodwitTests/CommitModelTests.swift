import Picoprocess
import Testing

/// The commit of a migration, in a model of its four processes: every order of their steps, with the death of any of
/// them and the loss of the link at every point (`Docs/MigrationProtocol.md`, "Commit").
///
/// The states of source and holder are those of the program. What the sender and the receiver do is written again
/// here, in short.
@Suite struct CommitModelTests {
  enum Message: Hashable {
    case hold, held, commit, committed, abort, dropped, prepared, refusal, loaded
  }

  /// What the sender waits for.
  enum Sender: Hashable {
    case prepared, held, committed, gone, droppedThere
    /// It makes another link, with so many attempts left.
    case settling(attempts: Int), retracting
    case done, dead
  }

  /// What the receiver waits for.
  enum Receiver: Hashable {
    case loaded, verdict, running, dropped, dead
    /// One that fetches asks the source for the guest, or tells it that it has it.
    case asking, telling
  }

  struct World: Hashable {
    var source = SourceState.standing
    var sourceLives = true
    var holder = ReceiverState.loading
    var holderLives = true
    var sender = Sender.prepared
    var receiver = Receiver.loaded
    var linkIsWhole = true
    /// The receiver makes the links, not the sender.
    var fetches = false
    /// A post-copy: the memory follows after the commit.
    var lends = false
    // Messages under way.
    var toSource: [Message] = []
    var fromSource: [Message] = []
    var toReceiver: [Message] = []
    var fromReceiver: [Message] = []
    var toHolder: [Message] = []
    var fromHolder: [Message] = []

    var sourceRuns: Bool { source == .kept && sourceLives }
    var holderRuns: Bool { holder == .running && holderLives }

    /// The guest lives at one place, and the other knows.
    var isSettled: Bool {
      source == .kept && (holder == .dropped || !holderLives)
        || source == .gone && holder == .running
    }

    mutating func source(_ event: SourceState.Event) {
      if let next = source.after(event, lends: lends) { source = next }
    }

    mutating func holder(_ event: ReceiverState.Event) {
      guard let next = holder.after(event) else { return }
      holder = next
      switch next {
      case .running where event != .lost: fromHolder.append(.committed)
      case .dropped: fromHolder.append(.dropped)
      default: break
      }
    }

    // MARK: Steps of the processes

    /// What each process may do next, without failures.
    var steps: [World] {
      [stepOfSource, stepOfHolder, stepOfReceiver].compactMap { $0 } + stepsOfSender
    }

    private var stepOfSource: World? {
      guard sourceLives else { return nil }
      var next = self
      // Some link brings the memory, or the word that the guest has ended.
      if source == .lent, holder == .running {
        next.source(.returned)
        return next
      }
      guard let message = toSource.first else {
        // The connection is closed when all that was sent over it has been read.
        guard sender == .dead || sender == .done else { return nil }
        next.source(.lost)
        return next == self ? nil : next
      }
      next.toSource.removeFirst()
      switch message {
      case .hold:
        next.source(.hold)
        next.fromSource.append(next.source == .inDoubt ? .held : .abort)
      case .commit:
        next.source(.committed)
        next.fromSource.append(.committed)
      default: next.source(.dropped)
      }
      return next
    }

    private var stepOfHolder: World? {
      guard holderLives else { return nil }
      var next = self
      if holder == .loading, toHolder.isEmpty, receiver != .dead {
        next.holder(.loaded)
        next.fromHolder.append(.loaded)
        return next
      }
      guard let message = toHolder.first else {
        guard receiver == .dead, [.loading, .prepared].contains(holder) else { return nil }
        next.holder(.lost)
        return next
      }
      next.toHolder.removeFirst()
      next.holder(message == .commit ? .commit : .abort)
      return next
    }

    private var stepOfReceiver: World? {
      guard receiver != .dead else { return nil }
      var next = self
      if let message = fromHolder.first {
        next.fromHolder.removeFirst()
        switch (receiver, message) {
        case (.loaded, .loaded):
          next.receiver = .verdict
          next.reply(.prepared)
        case (.running, .committed), (.dropped, .dropped):
          next.receiver = fetches && message == .committed ? .telling : .dead
          next.reply(message)
        default: next.receiver = .dead
        }
        return next
      }
      if receiver == .telling, linkHasEndedForReceiver {
        // The word over another link may not get there; then the user is told.
        next.receiver = .dead
        if sourceLives, source == .inDoubt { next.source(.committed) }
        return next
      }
      if receiver == .asking {
        switch source {
        // It answers when it knows.
        case .standing where sourceLives: return nil
        case .inDoubt where sourceLives:
          next.source(.committed)
          next.toHolder.append(.commit)
          next.receiver = .running
        case .kept where sourceLives:
          next.toHolder.append(.abort)
          next.receiver = .dropped
        default: next.receiver = .dead
        }
        return next
      }
      if !holderLives {
        next.receiver = .dead
        if receiver == .loaded { next.reply(.refusal) }
        return next
      }
      if receiver == .verdict || receiver == .loaded, let message = toReceiver.first {
        next.toReceiver.removeFirst()
        next.toHolder.append(message)
        next.receiver = message == .commit ? .running : .dropped
        return next
      }
      // The end of the link is seen after what was sent over it. Who has passed a verdict on waits for the holder.
      if receiver == .verdict || receiver == .loaded, toReceiver.isEmpty,
        !linkIsWhole || sender == .dead || sender == .done
      {
        next.receiver = fetches && receiver == .verdict ? .asking : .dead
        return next
      }
      return nil
    }

    private var linkHasEndedForReceiver: Bool {
      !linkIsWhole || sender == .dead || sender == .done
    }

    private mutating func reply(_ message: Message) {
      if linkIsWhole { fromReceiver.append(message) }
    }

    private mutating func tell(_ message: Message) {
      if linkIsWhole, receiver != .dead { toReceiver.append(message) }
    }

    private var linkHasEnded: Bool { fromReceiver.isEmpty && (!linkIsWhole || receiver == .dead) }

    private var stepsOfSender: [World] {
      var next = self
      switch sender {
      case .prepared:
        var results: [World] = []
        // It may lose patience at any time.
        next.toSource.append(.abort)
        next.tell(.abort)
        next.sender = .droppedThere
        results.append(next)
        guard let message = fromReceiver.first else { return results }
        next = self
        next.fromReceiver.removeFirst()
        next.toSource.append(message == .prepared ? .hold : .abort)
        next.sender = message == .prepared ? .held : .done
        return results + [next]
      case .held:
        if let message = fromSource.first {
          next.fromSource.removeFirst()
          next.tell(message == .held ? .commit : .abort)
          next.sender = message == .held ? .committed : .droppedThere
        } else if !sourceLives {
          next.sender = .done
        } else {
          return []
        }
      case .committed:
        if fromReceiver.first == .committed {
          next.fromReceiver.removeFirst()
          next.toSource.append(.commit)
          next.sender = .gone
        } else if linkHasEnded || fromReceiver.first != nil {
          next.sender = .settling(attempts: 3)
        } else {
          return []
        }
      case .settling(let attempts):
        guard attempts > 0, !fetches else {
          next.sender = .done
          return [next]
        }
        var results = next.settlements(.commit)
        for index in results.indices {
          if results[index].isAnswered {
            results[index].world.toSource.append(.commit)
            results[index].world.sender = .gone
          } else {
            results[index].world.sender = .settling(attempts: attempts - 1)
          }
        }
        return results.map(\.world)
      case .retracting:
        guard !fetches else {
          next.sender = .done
          return [next]
        }
        var results = next.settlements(.abort)
        for index in results.indices { results[index].world.sender = .done }
        return results.map(\.world)
      case .droppedThere:
        if fromReceiver.contains(.dropped) || fromReceiver.contains(.refusal) {
          next.sender = .done
        } else if linkHasEnded || fromReceiver.first != nil {
          next.fromReceiver = []
          next.sender = next.linkHasEnded ? .retracting : .droppedThere
        } else {
          return []
        }
      case .gone:
        guard !fromSource.isEmpty || !sourceLives else { return [] }
        next.sender = .done
      case .done, .dead: return []
      }
      return [next]
    }

    /// What may come of a word over another link: it does not get there, the answer does not get back, or both do.
    private func settlements(_ event: ReceiverState.Event) -> [(world: World, isAnswered: Bool)] {
      var results = [(world: self, isAnswered: false)]
      guard holderLives, holder.after(event) != nil, holder != .loading else { return results }
      var reached = self
      reached.holder(event)
      results.append((reached, false))
      results.append((reached, true))
      return results
    }

    // MARK: Failures

    var failures: [World] {
      var results: [World] = []
      func add(_ change: (inout World) -> Void) {
        var next = self
        change(&next)
        results.append(next)
      }
      if sourceLives { add { $0.sourceLives = false } }
      if holderLives { add { $0.holderLives = false } }
      if sender != .dead, sender != .done { add { $0.sender = .dead } }
      if receiver != .dead { add { $0.receiver = .dead } }
      if linkIsWhole {
        // What is under way is lost, or some of it.
        for kept in 0...toReceiver.count {
          add {
            $0.linkIsWhole = false
            $0.toReceiver.removeLast(kept)
          }
        }
        if !fromReceiver.isEmpty {
          add {
            $0.linkIsWhole = false
            $0.fromReceiver = []
          }
        }
      }
      return results
    }
  }

  /// All worlds that can be reached.
  private static let worlds: Set<World> = {
    var found: Set<World> = [
      World(), World(fetches: true), World(lends: true), World(fetches: true, lends: true),
    ]
    var open = Array(found)
    while let world = open.popLast() {
      for next in world.steps + world.failures where found.insert(next).inserted {
        open.append(next)
      }
    }
    return found
  }()

  @Test func atMostOneRunsAndNoneIsLost() {
    #expect(Self.worlds.count > 1000)
    for world in Self.worlds {
      #expect(!(world.sourceRuns && world.holderRuns), "twice: \(world)")
      // Whoever died kept the state that it died with.
      // Who fetches may have died between the source's consent and its own word: the holder has the guest.
      if world.source == .gone || world.source == .lent {
        let hasIt = world.holder == .running || world.fetches && world.holder != .dropped
        #expect(hasIt, "lost: \(world)")
      }
      if world.source == .inDoubt, !world.sourceLives, world.holderLives {
        #expect(world.holder != .dropped, "forgotten: \(world)")
      }
      if world.holder == .running {
        #expect([.inDoubt, .lent, .gone].contains(world.source), "too soon: \(world)")
      }
    }
    #expect(Self.worlds.contains { $0.source == .lent && $0.holder == .running })
  }

  /// A guest whose memory is lent never runs where it was.
  @Test func whatIsLentStaysAway() {
    for event in SourceState.Event.allCases {
      let next = SourceState.lent.after(event, lends: true)
      #expect(next == nil || next == .lent || next == .gone, "\(event)")
    }
    for state in SourceState.allCases {
      for event in SourceState.Event.allCases {
        #expect(state == .lent || state.after(event) != .lent)
      }
    }
  }

  /// From wherever a failure has led to, what lives finds an end without more failures, or the user ends the doubt.
  @Test func withoutFurtherFailuresItEnds() {
    for world in Self.worlds where world.sourceLives && world.holderLives {
      var seen: Set<World> = [world]
      var open = [world]
      var ends = false
      while let next = open.popLast(), !ends {
        let steps = next.steps
        if steps.isEmpty {
          // What is left is a doubt that the user can end, at either place, looking at the other one.
          let isDoubt = next.source == .inDoubt || next.holder == .inDoubt
          ends = next.isSettled || isDoubt
          #expect(ends, "stuck: \(next) from \(world)")
        }
        for step in steps where seen.insert(step).inserted { open.append(step) }
      }
      #expect(ends, "endless: \(world)")
    }
  }

  /// If nothing but the link fails, nobody has to decide.
  @Test func aBrokenLinkAloneLeavesNoDoubtWhenAnotherIsMade() {
    var found: Set<World> = [World()]
    var open = [World()]
    while let world = open.popLast() {
      var broken = world
      broken.linkIsWhole = false
      for next in world.steps + [broken] where found.insert(next).inserted { open.append(next) }
    }
    for world in found where world.steps.isEmpty {
      // Three attempts may fail.
      let isDoubt = world.source == .inDoubt || world.holder == .inDoubt
      #expect(world.isSettled || isDoubt, "\(world)")
      if world.source == .kept { #expect(world.holder != .running) }
    }
    #expect(found.contains { $0.isSettled && $0.source == .gone && !$0.linkIsWhole })
  }
}
