import HostABI
import JSONText
import PosixHost

extension ControlService {
  /// Hands sockets over, and then waits until it is known whose the guest is. If this process ends before, the guest
  /// has no use for them here.
  func handOver(_ letter: Mailbox.Letter, _ connection: ControlConnection) {
    guard let answer = letter.answer else { return }
    send(answer, to: connection)
    for (what, socket) in letter.sockets {
      let line = Array(JSON.line(what).utf8)
      do throws(HostError) {
        try connection.send(line, handing: socket, timeout: 10_000_000_000)
      } catch { break }
    }
    letter.sockets = []
    while mailbox.isOpen {
      if let verdict = letter.answer, verdict != answer {
        send(verdict, to: connection)
        if case .handing(_, hasConsole: true) = answer, verdict == .done {
          letter.console = connection.becomeStream().stream
        }
        letter.progress = .sent
        return
      }
      HostProcess.sleep(nanoseconds: Self.millisecond)
    }
  }
}
