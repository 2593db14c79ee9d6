import HostABI
import Picoprocess
import PosixHost

/// `path` as an absolute one without symbolic links.
func absolute(_ path: String) throws -> String {
  do throws(HostError) {
    return String(decoding: try HostProcess.resolve(path), as: UTF8.self)
  } catch { throw Failure("\(path): \(error)") }
}

/// Where lines of text go: a file, or standard error for `-`.
struct TextSink: Sendable {
  private let file: OutputFile

  init(_ path: String) throws {
    if path == "-" || path.isEmpty {
      file = .standardError
      return
    }
    do throws(HostError) { file = try OutputFile(path) } catch {
      throw Failure("\(path): \(error)")
    }
  }

  /// A report that can't be written is not worth a running guest: errors are dropped.
  func write(_ line: String) { try? file.write(Array((line + "\n").utf8)) }
}
