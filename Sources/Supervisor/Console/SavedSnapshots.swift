import HostABI
import PosixHost
import SupervisorMessages

/// The snapshots that the console has had written: `NAME.SECONDS.KIND.godwit` in a directory of the supervisor's.
struct SavedSnapshots: Sendable {
  enum Kind: String {
    case suspended, checkpoint
  }

  private let place: String

  private static let suffix = ".godwit"
  /// What travels with the application that was suspended to the file of that name, if anything does.
  private static let passportSuffix = ".passport"
  private static let passportLimit: UInt64 = 64 << 10
  /// It may have gone on: it must not go on a second time by itself.
  private static let resuming = ".resuming"

  init(_ directory: StateDirectory) throws(SupervisorError) { place = try directory.saved() }

  /// What `godwit ls --json` prints of them.
  func list(_ verbs: Verbs) throws(SupervisorError) -> String {
    String(decoding: try verbs.output(["ls", place, "--json"]), as: UTF8.self)
  }

  /// Where a new one goes.
  func path(_ name: String, _ kind: Kind) -> String {
    let seconds = HostProcess.realTime / 1_000_000_000
    return "\(place)/\(name).\(seconds).\(kind)\(Self.suffix)"
  }

  /// The name of the application in `file`.
  func application(_ file: String) throws(SupervisorError) -> String {
    guard let (name, _) = Self.parts(of: file) else {
      throw SupervisorError("\(file) is no snapshot of the console's")
    }
    return name
  }

  private static func parts(of file: String) -> (name: String, kind: Kind)? {
    guard file.hasSuffix(suffix), !file.contains("/") else { return nil }
    let words = file.dropLast(suffix.count).split(separator: ".", omittingEmptySubsequences: false)
    guard words.count >= 3, let kind = Kind(rawValue: String(words.last!)) else { return nil }
    return (words.dropLast(2).joined(separator: "."), kind)
  }

  /// Notes what an application has with it that is about to be suspended to `file`.
  func keepPassport(of name: String, for file: String, _ verbs: Verbs) throws(SupervisorError) {
    let application = try verbs.applications().first { $0.name == name }
    guard let passport = application?.passport else { return }
    do throws(HostError) {
      try AtomicFile.replace(file + Self.passportSuffix, with: Array(passport.utf8))
    } catch { throw SupervisorError(file, error) }
  }

  private func passport(for file: String) -> String? {
    let bytes = try? InputFile(file + Self.passportSuffix).contents(limit: Self.passportLimit)
    return bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Has an application go on. One that was suspended does so once; a checkpoint stays.
  func resume(_ file: String, _ name: String, _ verbs: Verbs) throws(SupervisorError) {
    let path = "\(place)/\(file)"
    if Self.parts(of: file)?.kind == .checkpoint {
      try verbs.resume(name, from: path)
    } else {
      try verbs.resumeOnce(
        name, from: path, as: path + Self.resuming, passport: passport(for: path))
      try? HostFiles.remove(path + Self.passportSuffix)
    }
  }
}
