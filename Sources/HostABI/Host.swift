/// The door between the library OS and the machine: the host ABI, at most 45 calls.
///
/// Everything a picoprocess can do to the outside passes here. No call leaves state in the host
/// beyond the handle it returns, and every handle can be had again from its URI, so a picoprocess
/// can be rebuilt on another machine. All calls but `interrupt` come from the picoprocess's one
/// thread, and none blocks except `wait`.
///
/// `Docs/HostABI.md` is the contract; the conformance tests in `Tests/HostTests` run against every
/// implementation.
package protocol Host: AnyObject {
  // MARK: Streams

  /// Opens the stream at `uri`. A file or directory is one that the picoprocess was granted.
  func open(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle

  /// Opens a file beneath a directory. `permissions` is the mode of a file that `create` or `unnamed`
  /// makes.
  ///
  /// A symbolic link in the last component fails with `tooManySymbolicLinks`, except with `path` alone.
  func open(_ name: HostName, _ options: OpenOptions, permissions: UInt16)
    throws(HostError) -> HostHandle

  func close(_ handle: HostHandle)

  func kind(of handle: HostHandle) throws(HostError) -> StreamKind

  /// What the stream was opened for: `read`, `write`, `append`. For streams that were inherited.
  func options(of handle: HostHandle) throws(HostError) -> OpenOptions

  /// Reads into `buffer`, at `offset` for a file. Returns the bytes read; 0 is the end. Throws
  /// `wouldBlock` rather than wait.
  ///
  /// `nil` is for streams without positions, and for files that were inherited (`stdio:`): there it
  /// means the position which the descriptor's other users share, and moves it.
  func read(_ handle: HostHandle, at offset: UInt64?, into buffer: inout MutableRawSpan)
    throws(HostError) -> Int

  /// Writes `bytes`; may write fewer. Throws `wouldBlock` rather than wait.
  func write(_ handle: HostHandle, at offset: UInt64?, from bytes: RawSpan)
    throws(HostError) -> Int

  /// The position of an inherited file, which it shares with the processes it came from.
  func position(of handle: HostHandle) throws(HostError) -> UInt64

  func setPosition(of handle: HostHandle, to offset: UInt64) throws(HostError)

  /// Writes file data (and with `metadata` the inode too) through to storage.
  func flush(_ handle: HostHandle, metadata: Bool) throws(HostError)

  func setLength(_ handle: HostHandle, to length: UInt64) throws(HostError)

  func allocate(_ handle: HostHandle, _ range: Range<UInt64>, _ how: Allocation)
    throws(HostError)

  // MARK: Names

  /// Attributes of what the name itself denotes: a symbolic link is not followed.
  func attributes(at name: HostName) throws(HostError) -> FileAttributes

  func setAttributes(at name: HostName, _ change: AttributeChange) throws(HostError)

  /// The value of the extended attribute `attribute`; `nil` when the file has none of that name. Throws
  /// `notSupported` where the file system has no such attributes.
  func extendedAttribute(_ attribute: [UInt8], at name: HostName) throws(HostError) -> [UInt8]?

  /// The names of a file's extended attributes, sorted.
  func extendedAttributes(at name: HostName) throws(HostError) -> [[UInt8]]

  /// Sets an extended attribute, or removes it: `nil`. To remove what is not there is no error.
  func setExtendedAttribute(_ attribute: [UInt8], at name: HostName, to value: [UInt8]?)
    throws(HostError)

  /// The entries of a directory without `.` and `..`, sorted by name.
  func entries(of name: HostName) throws(HostError) -> [DirectoryEntry]

  /// Makes a directory, with exactly the permissions given (no umask).
  func makeDirectory(at name: HostName, permissions: UInt16) throws(HostError)

  func makeSymbolicLink(at name: HostName, to target: [UInt8]) throws(HostError)

  func readSymbolicLink(at name: HostName) throws(HostError) -> [UInt8]

  func makeLink(at name: HostName, to existing: HostName) throws(HostError)

  /// Renames atomically; `how` says what becomes of what is at `to`.
  func rename(_ from: HostName, to: HostName, _ how: RenameKind) throws(HostError)

  /// Removes a name; `isDirectory` chooses rmdir's semantics.
  func remove(at name: HostName, isDirectory: Bool) throws(HostError)

  func volume(of name: HostName) throws(HostError) -> VolumeAttributes

  // MARK: Terminals

  func terminalModes(_ handle: HostHandle) throws(HostError) -> TerminalModes
  func setTerminalModes(_ handle: HostHandle, _ modes: TerminalModes, _ when: TerminalChange)
    throws(HostError)
  func windowSize(_ handle: HostHandle) throws(HostError) -> WindowSize
  func setWindowSize(_ handle: HostHandle, _ size: WindowSize) throws(HostError)
  /// Bytes that can be read without waiting (`FIONREAD`).
  func bytesAvailable(_ handle: HostHandle) throws(HostError) -> Int
  /// Discards unread input, unsent output (`TCFLSH`).
  func discardTerminal(_ handle: HostHandle, input: Bool, output: Bool) throws(HostError)

  // MARK: The network

  /// Takes the next connection to a listening `tcp:` stream: its handle, and who is at the other end.
  /// Throws `wouldBlock` while there is none.
  func accept(_ handle: HostHandle) throws(HostError) -> (handle: HostHandle, peer: NetworkAddress)

  /// Returns once a `tcp:` stream is connected. Throws `wouldBlock` while that goes on, or why it failed.
  func finishConnecting(_ handle: HostHandle) throws(HostError)

  /// Tells the other end of a connection that nothing more will be written.
  func endWriting(_ handle: HostHandle) throws(HostError)

  /// The address that a `tcp:` or `udp:` stream has on this machine.
  func localAddress(of handle: HostHandle) throws(HostError) -> NetworkAddress

  /// Sends one datagram, to `address` unless the stream was opened for one. Throws `wouldBlock` rather
  /// than wait.
  func send(_ handle: HostHandle, _ bytes: RawSpan, to address: NetworkAddress?) throws(HostError)

  /// Takes one datagram: how many bytes of it are in `buffer` now, the rest being lost, and where it came
  /// from. Throws `wouldBlock` while there is none.
  func receive(_ handle: HostHandle, into buffer: inout MutableRawSpan)
    throws(HostError) -> (count: Int, source: NetworkAddress)

  // MARK: Waiting and time

  /// Waits until one of `items` is ready, the monotonic clock reaches `deadline` (nanoseconds; nil:
  /// for ever; in the past: only look), or `interrupt` is called. Returns the readiness of each item.
  func wait(_ items: [WaitItem], until deadline: Int64?) -> [Readiness]

  /// Ends the current or else the next `wait` at once. Callable from any thread and from a signal
  /// handler's context.
  func interrupt()

  /// Calls `action` on another thread when the monotonic clock reaches `deadline`, and every
  /// millisecond from then on until the alarm is set anew or cancelled with `nil`.
  func setAlarm(at deadline: Int64?, _ action: (@Sendable () -> Void)?)

  func now(_ clock: HostClock) -> HostTime

  // MARK: The rest

  /// Fills `buffer` with random bytes.
  func entropy(into buffer: inout MutableRawSpan)

  var facts: MachineFacts { get }

  /// One line for the operator, to standard error.
  func log(_ message: String)
}

extension Host {
  /// Attributes of what is open, even when it has no name any more.
  package func attributes(of handle: HostHandle) throws(HostError) -> FileAttributes {
    try attributes(at: HostName(handle))
  }
}
