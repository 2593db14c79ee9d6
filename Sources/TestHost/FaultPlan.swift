internal import HostABI

/// The calls that can fail.
package enum HostCall: Hashable, Sendable, CaseIterable {
  case open, kind, options, read, write, position, setPosition, flush, setLength, allocate
  case attributesOfHandle, attributesAtName, setAttributes, entries, makeDirectory
  case extendedAttribute, extendedAttributes, setExtendedAttribute
  case makeSymbolicLink, readSymbolicLink, makeLink, rename, remove, volume
  case terminalModes, setTerminalModes, windowSize, setWindowSize, bytesAvailable, discardTerminal
  case accept, finishConnecting, endWriting, localAddress, send, receive
}

/// Failures planned by a test.
struct FaultPlan {
  private struct Fault {
    var error: HostError
    var successes: Int
    var times: Int
  }
  private var faults: [HostCall: [Fault]] = [:]
  private(set) var counts: [HostCall: Int] = [:]

  mutating func add(_ call: HostCall, _ error: HostError, after successes: Int, times: Int) {
    faults[call, default: []].append(Fault(error: error, successes: successes, times: times))
  }

  mutating func begin(_ call: HostCall) throws(HostError) {
    counts[call, default: 0] += 1
    guard var planned = faults[call], var first = planned.first else { return }
    if first.successes > 0 {
      first.successes -= 1
      planned[0] = first
      faults[call] = planned
      return
    }
    first.times -= 1
    if first.times > 0 { planned[0] = first } else { planned.removeFirst() }
    faults[call] = planned
    throw first.error
  }
}
