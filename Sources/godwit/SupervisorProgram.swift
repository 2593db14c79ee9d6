import HostABI
import JSONText
import Picoprocess
import PosixHost
import SupervisorMessages

/// The program that has what `run` and `resume` do without: TLS and YAML.
enum SupervisorProgram {
  private static let name = "godwit-supervisor"

  /// Goes on as that program.
  static func become(_ task: SupervisorTask) throws -> Never {
    let godwit = try ownProgramPath()
    let place = String(godwit.prefix(upTo: godwit.lastIndex(of: "/")!))
    // The first is where both were built, the second where they are installed.
    for path in [place + "/" + name, place + "/../libexec/godwit/" + name] {
      do throws(HostError) { try HostProcess.become([path, JSON.line(task)]) } catch .notFound {
        continue
      } catch { throw Failure(path, error) }
    }
    throw Failure("\(name) is neither beside godwit nor in ../libexec/godwit")
  }
}

/// This command's own file, for other processes.
func ownProgramPath() throws(Failure) -> String {
  do throws(HostError) { return try HostProcess.ownProgramPath() } catch {
    throw Failure("godwit", error)
  }
}
