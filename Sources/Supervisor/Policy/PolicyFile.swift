import HostABI
import Policies
import PosixHost

/// The user's `policy.yaml`, as it was last without mistakes.
struct PolicyFile: Sendable {
  /// `$XDG_CONFIG_HOME/godwit/policy.yaml` (or below `~/.config`).
  static var standardPath: String? {
    HostProcess.userDirectory("XDG_CONFIG_HOME", or: ".config").map { $0 + "/godwit/policy.yaml" }
  }

  /// What holds; without a file, nothing moves by itself.
  private(set) var policy = Policy()
  /// What was read last: another look at it is of no use.
  private var seen: (bytes: [UInt8], machines: Set<String>)?

  /// A longer file is refused by its reader.
  private static let limit: UInt64 = 1 << 20

  /// Reads it again, if it has changed. With a mistake in it, what held before goes on to hold.
  ///
  /// - Parameters:
  ///   - machines: those that rules may name.
  ///   - again: also if it has not changed.
  /// - Returns: what is wrong with it; nil if it was not read.
  mutating func read(_ machines: Set<String>, again: Bool) -> [String]? {
    guard let path = Self.standardPath else { return nil }
    let bytes: [UInt8]
    do throws(HostError) { bytes = try Self.bytes(path) } catch .notFound { bytes = [] } catch {
      return ["\(path): \(SupervisorError.words(error))"]
    }
    if !again, let seen, seen.bytes == bytes, seen.machines == machines { return nil }
    seen = (bytes, machines)
    let reading = PolicyReading(bytes, file: path, machines: machines)
    if let policy = reading.policy { self.policy = policy }
    return reading.mistakes.map { "\($0)" }
  }

  static func bytes(_ path: String) throws(HostError) -> [UInt8] {
    let file = try InputFile(path)
    return try file.read(at: 0, count: Int(min(file.size, limit)))
  }
}

/// `godwit policy check` and `explain`, where no supervisor is asked.
enum PolicyQuestion {
  /// - Returns: whether there is no mistake.
  static func check(_ file: String?) throws(SupervisorError) -> Bool {
    let report = try report(file)
    print(report.check, toStandardErrorIf: !report.isValid)
    return report.isValid
  }

  static func explain(_ application: String?) throws(SupervisorError) -> Bool {
    let report = try report(nil)
    print(report.explain(application), toStandardErrorIf: !report.isValid)
    return report.isValid
  }

  private static func report(_ file: String?) throws(SupervisorError) -> PolicyReport {
    guard let path = file ?? PolicyFile.standardPath else {
      throw SupervisorError("neither XDG_CONFIG_HOME nor HOME says where the policy is to be")
    }
    do throws(HostError) {
      return PolicyReport(try PolicyFile.bytes(path), file: path)
    } catch { throw SupervisorError(path, error) }
  }

  private static func print(_ text: String, toStandardErrorIf isError: Bool) {
    let stream = isError ? OutputFile.standardError : OutputFile.standardOutput
    try? stream.write(Array(text.utf8))
  }
}
