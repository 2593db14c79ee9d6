import HostABI
import LibOS
import LinuxABI
import Machine
import PosixHost

extension Picoprocess {
  /// Listens under the picoprocess's name. A name that was asked for must be free; without one, a host
  /// that has no place for control sockets does not keep the guest from running.
  static func openControl(_ options: PicoprocessOptions, name: String, _ service: ControlService)
    throws(Failure) -> ControlServer?
  {
    do throws(HostError) {
      let listener = try ControlDirectory.standard().listen(as: name)
      return ControlServer(listener) { service.serve($0) }
    } catch {
      guard options.name != nil else { return nil }
      switch error {
      case .exists: throw Failure("a picoprocess named \(name) is already running")
      case .invalid:
        throw Failure(
          "'\(name)' can't be a name: 1 to 64 letters, digits, '.', '_' and '-', no '.' in front")
      default: throw Failure("the control socket of \(name)", error)
      }
    }
  }

  /// Deals with the requests that have come. Not nil: the guest was suspended.
  func serveRequests() -> Ending? {
    for letter in mailbox.takeAll() {
      switch letter.request {
      case .info: letter.progress = .answered(.running(picoprocess: info))
      case .kill(let signal):
        kernel.processes[kernel.initialPID]?.post(signal: signal, code: SignalCode.SI_USER)
        letter.progress = .answered(.done)
        // The signal may be the end of this process.
        waitUntilSent(letter)
      case .checkpoint(let output): letter.progress = .answered(answer(savingTo: output).0)
      case .suspend(let output):
        let (answer, isSaved) = answer(savingTo: output)
        guard isSaved else {
          letter.progress = .answered(answer)
          continue
        }
        // Whoever hears that the guest is suspended may resume it at once, under the same name, on the
        // same terminal.
        control?.stop()
        control = nil
        host.restoreTerminal()
        letter.progress = .answered(answer)
        waitUntilSent(letter)
        return .suspended
      }
    }
    return nil
  }

  private func answer(savingTo output: String) -> (ControlAnswer, isSaved: Bool) {
    do throws(Failure) {
      return (.saved(snapshot: try save(to: output)), true)
    } catch { return (.failed(error: error.message), false) }
  }

  private func waitUntilSent(_ letter: Mailbox.Letter) {
    for _ in 0..<2_000 {
      if case .sent = letter.progress { return }
      HostProcess.sleep(nanoseconds: 1_000_000)
    }
  }

  private var info: PicoprocessInfo {
    PicoprocessInfo(
      name: name, pid: HostProcess.id, isa: kernel.isa.rawValue, program: program,
      uptimeNanoseconds: host.now(.monotonic).totalNanoseconds - startTime,
      memoryBytes: machine.arena.framesInUse * Frame.size, threads: kernel.tasks.count,
      syscallCount: kernel.syscallCount)
  }
}
