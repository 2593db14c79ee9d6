import HostABI
import PosixHost
import SupervisorMessages

/// What is suspended when a supervisor ends, and goes on when one starts.
struct SuspendedApplications: Sendable {
  private let directory: StateDirectory
  private let verbs: Verbs

  private static let suspended = ".godwit"
  /// It may have gone on: it must not go on a second time by itself.
  private static let resuming = ".resuming"

  init(_ directory: StateDirectory, _ verbs: Verbs) {
    (self.directory, self.verbs) = (directory, verbs)
  }

  // MARK: The end

  func stop(_ action: StopAction) {
    switch action {
    case .leave: return
    case .suspend: break
    case .evacuate(let peer): _ = verbs.evacuate(to: peer)
    }
    do throws(SupervisorError) {
      let place = try directory.suspended()
      // One with a terminal of this machine belongs to whoever sits there.
      for application in try verbs.applications() where application.isDetached == true {
        let file = "\(place)/\(application.name)\(Self.suspended)"
        if verbs.suspend(application.name, to: file) { Log.say("\(application.name): suspended") }
      }
    } catch { Log.say(error.message) }
  }

  // MARK: The start

  func resumeAll() {
    do throws(SupervisorError) {
      let place = try directory.suspended()
      let files = try names(in: place)
      let running = files.isEmpty ? [] : try verbs.applications().map(\.name)
      for name in files where name.hasSuffix(Self.resuming) {
        settle(String(name.dropLast(Self.resuming.count)), place, running)
      }
      for name in files where name.hasSuffix(Self.suspended) {
        resume(String(name.dropLast(Self.suspended.count)), place)
      }
    } catch { Log.say(error.message) }
  }

  private func names(in place: String) throws(SupervisorError) -> [String] {
    do throws(HostError) {
      return try directoryNames(place).map { String(decoding: $0, as: UTF8.self) }
    } catch { throw SupervisorError(place, error) }
  }

  private func resume(_ name: String, _ place: String) {
    do throws(SupervisorError) {
      try verbs.resumeOnce(
        name, from: "\(place)/\(name)\(Self.suspended)", as: "\(place)/\(name)\(Self.resuming)")
      Log.say("\(name): goes on")
    } catch { Log.say(error.message) }
  }

  /// A supervisor was killed while this one went on.
  private func settle(_ name: String, _ place: String, _ running: [String]) {
    let doubtful = "\(place)/\(name)\(Self.resuming)"
    if running.contains(name) {
      try? HostFiles.remove(doubtful)
    } else {
      Log.say(
        "\(name): whether it has gone on already is not known: godwit resume \(doubtful), or remove that file"
      )
    }
  }
}
