import HostABI
import PosixHost

/// How another machine is reached: by a program such as ssh(1), or by way of this user's supervisor.
package struct RemoteShell: Sendable, Codable {
  package var remote: RemoteHost
  /// The program that makes the link, and its first arguments, as rsync(1) takes with `-e`.
  package var words = ["ssh"]
  /// The command there.
  package var godwit = "godwit"
  /// Brings it there if it is not; nil: it must be.
  package var carrier: GodwitCarrier?

  /// - Parameter ssh: the program and its arguments in one; nil: what GODWIT_SSH says, or ssh.
  package init(remote: RemoteHost, ssh: String? = nil) throws(Failure) {
    self.remote = remote
    guard let ssh = ssh ?? HostProcess.environmentValue("GODWIT_SSH") else { return }
    words = ssh.split(separator: " ").map { String($0) }
    guard !words.isEmpty else { throw Failure("--ssh names no command") }
  }

  /// Runs godwit there with `arguments`: the link is its standard input and output.
  ///
  /// - Parameter asks: somebody may be there to answer what the program that makes the link asks.
  /// - Returns: and that program, if there is one.
  func open(_ arguments: [String], asks: Bool) throws(Failure)
    -> (process: LinkProcess?, link: ByteLink)
  {
    if remote.isPeer {
      return (nil, try SupervisorClient.link(to: remote.host, running: arguments))
    }
    let isBatch = !asks || !(0...2).contains { HostProcess.isTerminal($0) }
    let batch = words == ["ssh"] && isBatch ? ["-o", "BatchMode=yes"] : []
    let started: (process: LinkProcess, link: ByteLink)
    do throws(HostError) {
      started = try LinkProcess.start(words + batch + remote.arguments(command(arguments)))
    } catch .notFound {
      throw Failure("\(words[0]): there is no such program")
    } catch { throw Failure(words[0], error) }
    do throws(Failure) {
      try carrier?.introduce(over: started.link, peer: "\(remote)")
    } catch {
      started.link.close()
      throw Failure(error.message + note(started.process))
    }
    return (started.process, started.link)
  }

  /// How the program that made a link ended, if that explains anything.
  func note(_ process: LinkProcess?) -> String {
    guard let status = process?.end(within: 1_000_000_000), status != 0 else { return "" }
    // As shells say that they do not find a program.
    let hint = status == 127 ? "; see --remote-godwit and --carry-godwit" : ""
    return " (\(words[0]) ended with status \(status)\(hint))"
  }

  /// The command line of godwit there, as a shell reads it.
  private func command(_ arguments: [String]) -> String {
    let words = [godwit] + arguments
    return (carrier == nil ? words : GodwitCarrier.command(words)).map(\.shellWord)
      .joined(separator: " ")
  }
}
