package import HostABI

extension TestHost {
  private func terminal(_ handle: HostHandle) throws(HostError) -> (TestStream, TerminalModes) {
    guard let stream = open[handle.rawValue] else { throw .invalid }
    guard case .stream(let stream) = stream.target, let modes = stream.modes else {
      throw .notTerminal
    }
    return (stream, modes)
  }

  package func terminalModes(_ handle: HostHandle) throws(HostError) -> TerminalModes {
    try begin(.terminalModes)
    return try terminal(handle).1
  }

  package func setTerminalModes(
    _ handle: HostHandle, _ modes: TerminalModes, _ when: TerminalChange
  ) throws(HostError) {
    try begin(.setTerminalModes)
    let stream = try terminal(handle).0
    guard modes.characters.count == 19 else { throw .invalid }
    stream.modes = modes
    if when == .flushed { stream.input = [] }
  }

  package func windowSize(_ handle: HostHandle) throws(HostError) -> WindowSize {
    try begin(.windowSize)
    return try terminal(handle).0.windowSize
  }

  package func setWindowSize(_ handle: HostHandle, _ size: WindowSize) throws(HostError) {
    try begin(.setWindowSize)
    try terminal(handle).0.windowSize = size
  }

  package func bytesAvailable(_ handle: HostHandle) throws(HostError) -> Int {
    try begin(.bytesAvailable)
    guard let stream = open[handle.rawValue] else { throw .invalid }
    switch stream.target {
    case .stream(let stream): return stream.input.count
    case .connection(let connection): return connection.count
    case .connecting, .listener, .datagrams: throw .notTerminal
    case .file(let node, let position):
      guard node.attributes.kind == .regular else { throw .notTerminal }
      return max(0, Int(node.attributes.size) - Int(position.offset))
    }
  }

  package func discardTerminal(
    _ handle: HostHandle, input: Bool, output: Bool
  ) throws(HostError) {
    try begin(.discardTerminal)
    let stream = try terminal(handle).0
    guard input || output else { throw .invalid }
    if input { stream.input = [] }
  }
}
