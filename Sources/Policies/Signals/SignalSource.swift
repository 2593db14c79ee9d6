/// Where some of an observation comes from: the battery, logind, the clocks.
package protocol SignalSource: AnyObject {
  /// Writes down what it sees now. What can't be read stays as it is.
  func read(into observation: inout Observation)

  /// When it has to be asked again, on the clock of `Observation.now`; nil: only if `descriptor` says so, or never.
  func nextReading(_ needs: SignalNeeds, _ observation: Observation) -> Int64?

  /// Becomes readable when there is something new; nil: there is none.
  var descriptor: Int32? { get }
}

extension SignalSource {
  package var descriptor: Int32? { nil }
}

/// How often rules need to know something; nil: no rule asks for it.
package struct SignalNeeds: Hashable, Sendable {
  package var power: Span?
  package var load: Span?
  package var memory: Span?
  package var network: Span?
  package var idle: Span?
  /// Sleep and shutdown, which logind tells by itself.
  package var departures = false

  /// What these rules need: those of this machine and those that came with applications.
  package init(_ rules: [Rules]) {
    for rules in rules {
      if rules.power != nil { power = .minutes(1) }
      if rules.network != nil { network = .seconds(10) }
      if let load = rules.load { self.load = Self.shorter(self.load, Self.part(of: load.span)) }
      if let memory = rules.memory {
        self.memory = Self.shorter(self.memory, Self.part(of: memory.span))
      }
      // Somebody who comes back should not wait for long.
      if rules.idle?.backAtInput == true { idle = Self.shorter(idle, .seconds(5)) }
      if let rule = rules.idle { idle = Self.shorter(idle, Self.part(of: rule.after)) }
      for window in rules.schedule { idle = Self.shorter(idle, Self.part(of: window.quiet)) }
      if rules.sleep != nil || rules.update != nil { departures = true }
    }
  }

  package init(_ policy: Policy, carried: [Rules] = []) {
    self.init([policy.defaults] + policy.applications.map(\.rules) + carried)
  }

  /// A quarter, between five seconds and a minute.
  private static func part(of span: Span) -> Span {
    .seconds(max(5, min(span.nanoseconds / 4_000_000_000, 60)))
  }

  private static func shorter(_ a: Span?, _ b: Span) -> Span { min(a ?? b, b) }
}

/// The sources of a machine.
package struct Signals {
  package var sources: [any SignalSource]

  package init(_ sources: [any SignalSource]) { self.sources = sources }

  package func read(into observation: inout Observation) {
    for source in sources { source.read(into: &observation) }
  }

  /// When the first of them has to be asked again; nil: only when a descriptor says so.
  package func nextReading(_ needs: SignalNeeds, _ observation: Observation) -> Int64? {
    sources.compactMap { $0.nextReading(needs, observation) }.min()
  }

  package var descriptors: [Int32] { sources.compactMap(\.descriptor) }
}

extension Observation {
  func after(_ span: Span?) -> Int64? { span.map { now + $0.nanoseconds } }
}
