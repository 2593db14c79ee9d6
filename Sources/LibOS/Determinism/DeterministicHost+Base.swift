package import HostABI

// What a deterministic run leaves to the real host.
extension DeterministicHost {
  package func open(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle {
    // What others send, and when, would show.
    if uri.scheme == .tcp || uri.scheme == .udp { throw .networkUnreachable }
    return try base.open(uri, options)
  }

  package func open(_ name: HostName, _ options: OpenOptions, permissions: UInt16)
    throws(HostError) -> HostHandle
  {
    try base.open(name, options, permissions: permissions)
  }

  package func close(_ handle: HostHandle) { base.close(handle) }

  package func kind(of handle: HostHandle) throws(HostError) -> StreamKind {
    try base.kind(of: handle)
  }

  package func options(of handle: HostHandle) throws(HostError) -> OpenOptions {
    try base.options(of: handle)
  }

  package func read(_ handle: HostHandle, at offset: UInt64?, into buffer: inout MutableRawSpan)
    throws(HostError) -> Int
  {
    try base.read(handle, at: offset, into: &buffer)
  }

  package func position(of handle: HostHandle) throws(HostError) -> UInt64 {
    try base.position(of: handle)
  }

  package func setPosition(of handle: HostHandle, to offset: UInt64) throws(HostError) {
    try base.setPosition(of: handle, to: offset)
  }

  package func flush(_ handle: HostHandle, metadata: Bool) throws(HostError) {
    try base.flush(handle, metadata: metadata)
  }

  package func setLength(_ handle: HostHandle, to length: UInt64) throws(HostError) {
    try base.setLength(handle, to: length)
  }

  package func allocate(_ handle: HostHandle, _ range: Range<UInt64>, _ how: Allocation)
    throws(HostError)
  {
    try base.allocate(handle, range, how)
  }

  // MARK: Names

  package func attributes(at name: HostName) throws(HostError) -> FileAttributes {
    try base.attributes(at: name)
  }

  package func setAttributes(at name: HostName, _ change: AttributeChange) throws(HostError) {
    try base.setAttributes(at: name, change)
  }

  package func extendedAttribute(_ attribute: [UInt8], at name: HostName)
    throws(HostError) -> [UInt8]?
  {
    try base.extendedAttribute(attribute, at: name)
  }

  package func extendedAttributes(at name: HostName) throws(HostError) -> [[UInt8]] {
    try base.extendedAttributes(at: name)
  }

  package func setExtendedAttribute(_ attribute: [UInt8], at name: HostName, to value: [UInt8]?)
    throws(HostError)
  {
    try base.setExtendedAttribute(attribute, at: name, to: value)
  }

  package func entries(of name: HostName) throws(HostError) -> [DirectoryEntry] {
    try base.entries(of: name)
  }

  package func makeDirectory(at name: HostName, permissions: UInt16) throws(HostError) {
    try base.makeDirectory(at: name, permissions: permissions)
  }

  package func makeSymbolicLink(at name: HostName, to target: [UInt8]) throws(HostError) {
    try base.makeSymbolicLink(at: name, to: target)
  }

  package func readSymbolicLink(at name: HostName) throws(HostError) -> [UInt8] {
    try base.readSymbolicLink(at: name)
  }

  package func makeLink(at name: HostName, to existing: HostName) throws(HostError) {
    try base.makeLink(at: name, to: existing)
  }

  package func rename(_ from: HostName, to: HostName, _ how: RenameKind) throws(HostError) {
    try base.rename(from, to: to, how)
  }

  package func remove(at name: HostName, isDirectory: Bool) throws(HostError) {
    try base.remove(at: name, isDirectory: isDirectory)
  }

  package func volume(of name: HostName) throws(HostError) -> VolumeAttributes {
    try base.volume(of: name)
  }

  // MARK: Terminals

  package func terminalModes(_ handle: HostHandle) throws(HostError) -> TerminalModes {
    try base.terminalModes(handle)
  }

  package func setTerminalModes(
    _ handle: HostHandle, _ modes: TerminalModes, _ when: TerminalChange
  ) throws(HostError) {
    try base.setTerminalModes(handle, modes, when)
  }

  package func windowSize(_ handle: HostHandle) throws(HostError) -> WindowSize {
    try base.windowSize(handle)
  }

  package func setWindowSize(_ handle: HostHandle, _ size: WindowSize) throws(HostError) {
    try base.setWindowSize(handle, size)
  }

  package func bytesAvailable(_ handle: HostHandle) throws(HostError) -> Int {
    try base.bytesAvailable(handle)
  }

  package func discardTerminal(_ handle: HostHandle, input: Bool, output: Bool) throws(HostError) {
    try base.discardTerminal(handle, input: input, output: output)
  }

  // MARK: The network

  package func accept(_ handle: HostHandle)
    throws(HostError) -> (handle: HostHandle, peer: NetworkAddress)
  {
    try base.accept(handle)
  }

  package func finishConnecting(_ handle: HostHandle) throws(HostError) {
    try base.finishConnecting(handle)
  }

  package func endWriting(_ handle: HostHandle) throws(HostError) { try base.endWriting(handle) }

  package func localAddress(of handle: HostHandle) throws(HostError) -> NetworkAddress {
    try base.localAddress(of: handle)
  }

  package func send(_ handle: HostHandle, _ bytes: RawSpan, to address: NetworkAddress?)
    throws(HostError)
  {
    try base.send(handle, bytes, to: address)
  }

  package func receive(_ handle: HostHandle, into buffer: inout MutableRawSpan)
    throws(HostError) -> (count: Int, source: NetworkAddress)
  {
    try base.receive(handle, into: &buffer)
  }

  // MARK: The rest

  package func log(_ message: String) { base.log(message) }
}
