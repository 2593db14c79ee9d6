import HostABI
import JSONText
import Policies
import PosixHost
import SupervisorMessages

/// The copies that this machine keeps of peers' applications. `godwit receive` writes them.
struct KeptCopies: Sendable {
  private struct Copy {
    let directory: String
    let note: KeptCopyNote
    var passport: Passport { Passport(note.passport) }
    var id: String { passport.id ?? note.application }
    var file: String { directory + "/" + note.file }

    func remove() {
      HostFiles.removeFiles(in: directory)
      try? HostFiles.removeDirectory(directory)
    }
  }

  private let verbs: Verbs
  private let place: String?
  private let successionFile: String

  private static let successionLimit: UInt64 = 4 << 20
  /// A week, in nanoseconds: so long one that has ended is kept for a person who wants it after all.
  private static let keepingTime: Int64 = 7 * 86_400 * 1_000_000_000

  init(_ directory: StateDirectory, _ verbs: Verbs) {
    self.verbs = verbs
    successionFile = directory.successions
    place = HostProcess.stateDirectory.map { $0 + "/" + KeptCopyNote.place }
  }

  /// Those of applications that have not ended.
  private var all: [Copy] { found.filter { $0.note.ended == nil } }

  private var found: [Copy] {
    guard let place, let names = try? directoryNames(place) else { return [] }
    return names.compactMap { name in
      let directory = place + "/" + String(decoding: name, as: UTF8.self)
      guard let file = try? InputFile(directory + "/" + KeptCopyNote.name),
        let bytes = try? file.contents(limit: KeptCopyNote.limit),
        let note = JSON.decode(KeptCopyNote.self, from: bytes),
        ControlDirectory.isValid(name: note.application)
      else { return nil }
      return Copy(directory: directory, note: note)
    }
  }

  /// A peer says of these applications, whose ids they are, that they have ended there: nobody is to go on with the copies that it has sent.
  ///
  /// - Parameter moment: when that was true, in nanoseconds since 1970.
  func end(_ ids: Set<String>, at peer: String, asOf moment: Int64) {
    for copy in all
    where copy.note.peer == peer && ids.contains(copy.id) && copy.note.made < moment {
      var note = copy.note
      note.ended = HostProcess.realTime
      let path = copy.directory + "/" + KeptCopyNote.name
      do throws(HostError) { try AtomicFile.replace(path, with: Array(JSON.line(note).utf8)) } catch
      {
        Log.say(SupervisorError(path, error).message)
        continue
      }
      Log.say(
        "\(note.application): it has ended at \(peer): its copy here, \(copy.file), is removed in a week"
      )
    }
  }

  /// Removes copies of what ended long ago.
  func clean() {
    let now = HostProcess.realTime
    for copy in found {
      guard let ended = copy.note.ended, now - ended > Self.keepingTime else { continue }
      copy.remove()
    }
  }

  /// Those that peers have sent, as the engine sees them.
  func standbys(now: Int64) -> [StandbyCopy] {
    all.compactMap { copy in
      guard let peer = copy.note.peer else { return nil }
      let passport = copy.passport
      let age = max(0, min(HostProcess.realTime - copy.note.made, now))
      return StandbyCopy(
        name: copy.note.application, id: passport.id, runs: peer, home: passport.home,
        made: now - age, protect: passport.rules?.protect)
    }
  }

  /// The digests of the newest snapshots, by the ids of applications.
  var digests: [String: String] {
    let known = all.compactMap { copy in
      copy.note.digest.map { (copy.id, $0) }
    }
    return Dictionary(known) { first, _ in first }
  }

  /// The generations of applications with which this machine went on, by their ids. Other machines learn by them that their own are not
  /// the ones that count, also when those here have moved on or ended.
  var successions: [String: Int] {
    let bytes = try? InputFile(successionFile).contents(limit: Self.successionLimit)
    return bytes.flatMap { JSON.decode([String: Int].self, from: $0) } ?? [:]
  }

  private func note(_ generation: Int?, of id: String) throws(SupervisorError) {
    var all = successions
    all[id] = generation
    do throws(HostError) {
      try AtomicFile.replace(successionFile, with: Array(JSON.line(all).utf8))
    } catch { throw SupervisorError(successionFile, error) }
  }

  /// Has an application of a peer's go on here, as it was when the copy was made.
  func goOn(with application: String, of peer: String) throws(SupervisorError) {
    guard
      let copy = all.first(where: { $0.note.application == application && $0.note.peer == peer })
    else { throw SupervisorError("\(application): there is no copy of it") }
    var passport = copy.passport
    guard passport.rules?.moving?.withMounts != true else {
      throw SupervisorError(
        "\(application): it has mounts with it, and its copy has none of their files: to go on all the same, say godwit resume \(copy.file) with --mount"
      )
    }
    let generation = (passport.generation ?? 0) + 1
    passport.generation = generation
    let id = copy.id
    let before = successions[id]
    // First: it must never run without the other machine's learning of it.
    try note(generation, of: id)
    do throws(SupervisorError) {
      try verbs.resume(
        application, from: copy.file, passport: passport.text, options: copy.note.options)
    } catch {
      try note(before, of: id)
      throw error
    }
    // What is left of it if this process ends here starts nothing: the application runs under its id.
    copy.remove()
  }
}
