import HostABI
import JSONText
import Policies
import PosixHost
import SupervisorMessages

/// What is suspended when a supervisor ends or a rule says so, and goes on when one starts or what the rule was about is
/// over.
struct SuspendedApplications: Sendable {
  private let directory: StateDirectory
  private let verbs: Verbs

  private static let suspended = ".godwit"
  /// It may have gone on: it must not go on a second time by itself.
  private static let resuming = ".resuming"
  private static let noteSuffix = ".json"
  private static let noteLimit: UInt64 = 64 << 10

  /// What a file with an application does not have.
  struct Note: Codable, Sendable {
    /// By which it was suspended; nil: the supervisor ended.
    var rule: Rule?
    var passport: String?
  }

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
      // One with a terminal of this machine belongs to whoever sits there.
      for application in try verbs.applications() where application.isDetached == true {
        if try suspend(application, by: nil) { Log.say("\(application.name): suspended") }
      }
    } catch { Log.say(error.message) }
  }

  /// - Returns: whether it is suspended. If not, godwit has said why.
  func suspend(_ application: RunningApplication, by rule: Rule?) throws(SupervisorError) -> Bool {
    let place = try directory.suspended()
    let note = Note(rule: rule, passport: application.passport)
    do throws(HostError) {
      let path = place + "/" + application.name + Self.noteSuffix
      try AtomicFile.replace(path, with: Array(JSON.line(note).utf8))
    } catch { throw SupervisorError(place, error) }
    return verbs.suspend(
      application.name, to: place + "/" + application.name + Self.suspended)
  }

  // MARK: The start

  /// Has those go on that wait for nothing.
  func resumeAll() {
    do throws(SupervisorError) {
      let place = try directory.suspended()
      let files = try names(in: place)
      let running = files.isEmpty ? [] : try verbs.applications().map(\.name)
      for name in files where name.hasSuffix(Self.resuming) {
        settle(String(name.dropLast(Self.resuming.count)), place, running)
      }
      for name in applications(files) where waiting(name, place) == nil { resume(name) }
    } catch { Log.say(error.message) }
  }

  /// Those that go on when an engine says so.
  var waiting: [SuspendedApplication] {
    guard let place = try? directory.suspended(), let files = try? names(in: place) else {
      return []
    }
    return applications(files).compactMap { waiting($0, place) }
  }

  /// Nil: it waits for nothing. Rules suspend for a reason that may hold; and what a peer keeps a copy of may have gone on there
  /// while this machine was away.
  private func waiting(_ name: String, _ place: String) -> SuspendedApplication? {
    let note = note(name, place)
    let passport = Passport(note.passport)
    let protect = passport.rules?.protect
    guard let rule = note.rule ?? (protect == nil ? nil : .update) else { return nil }
    var application = SuspendedApplication(
      name: name, id: passport.id, home: passport.home, by: rule)
    application.generation = passport.generation ?? 0
    application.protect = protect
    return application
  }

  private func applications(_ files: [String]) -> [String] {
    files.filter { $0.hasSuffix(Self.suspended) }.map { String($0.dropLast(Self.suspended.count)) }
      .filter { ControlDirectory.isValid(name: $0) }.sorted()
  }

  private func names(in place: String) throws(SupervisorError) -> [String] {
    do throws(HostError) {
      return try directoryNames(place).map { String(decoding: $0, as: UTF8.self) }
    } catch { throw SupervisorError(place, error) }
  }

  private func note(_ name: String, _ place: String) -> Note {
    guard let file = try? InputFile(place + "/" + name + Self.noteSuffix),
      let bytes = try? file.read(at: 0, count: Int(min(file.size, Self.noteLimit)))
    else { return Note() }
    return JSON.decode(Note.self, from: bytes) ?? Note()
  }

  func resume(_ name: String) {
    do throws(SupervisorError) {
      let place = try directory.suspended()
      try verbs.resumeOnce(
        name, from: "\(place)/\(name)\(Self.suspended)", as: "\(place)/\(name)\(Self.resuming)",
        passport: note(name, place).passport)
      try? HostFiles.remove(place + "/" + name + Self.noteSuffix)
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
