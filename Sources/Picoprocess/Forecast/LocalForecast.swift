import HostABI
import PosixHost
package import SupervisorMessages

/// What moving a guest would take, by what is known here: the other machine is not asked.
package struct LocalForecast {
  /// With all of its memory.
  private let whole: MovePlan
  /// With what was written since the copy that the other machine was sent, and that copy's digest.
  private let rest: (plan: MovePlan, copy: String)?
  private let name: String
  private let link: LinkFigures

  /// For so long guests are watched, in nanoseconds.
  private static let watchTime: Int64 = 100_000_000
  private static let patience: Int64 = 2_000_000_000

  /// Watches guests, all at once. Those that don't answer are left out.
  package static func all(
    _ names: [String], to host: RemoteHost, _ pace: MigrationPace
  ) throws(Failure) -> [LocalForecast] {
    let client = try ControlClient()
    let link = LinkFigures(to: host)
    let asked = names.map { (try? client.send(.describe, to: $0), MemoryWatch($0, client)) }
    HostProcess.sleep(nanoseconds: watchTime)
    return zip(names, asked).compactMap { name, questions in
      guard let connection = questions.0,
        case .described(let guest)? = try? ControlClient.answer(connection, patience),
        let activity = questions.1?.end(early: true)
      else { return nil }
      return LocalForecast(name, guest, activity, pace, host, link)
    }
  }

  private init(
    _ name: String, _ guest: GuestDescription, _ activity: MemoryActivity, _ pace: MigrationPace,
    _ host: RemoteHost, _ link: LinkFigures
  ) {
    (self.name, self.link) = (name, link)
    func plan(_ pagesSinceCopy: UInt64?) -> MovePlan {
      MovePlan(
        name, to: host, activity, pace, link, elapsed: nil, pagesSinceCopy: pagesSinceCopy)
    }
    whole = plan(nil)
    rest = guest.copies?.first { $0.observer == .copy(at: "\(host)") }.map {
      (plan($0.pagesWritten), $0.digest)
    }
  }

  /// For a table: what it is, and what the way takes that a move would go.
  package var row: [String] {
    let chosen = (rest?.plan ?? whole).chosen
    return [
      name, chosen.figures.frozenText, chosen.figures.totalText, chosen.figures.bytesText,
      "\(chosen.way)",
    ]
  }

  /// For supervisors.
  package var message: ApplicationForecast {
    let choices = (rest?.plan.choices ?? []) + whole.choices
    return ApplicationForecast(
      name: name, copy: rest?.copy, rate: link.rate,
      choices: choices.filter { !$0.way.isPostCopy }.map {
        $0.figures.message(usesCopy: $0.way.usesCopy)
      })
  }
}
