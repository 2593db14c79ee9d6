/// The door between the library OS and the machine: the host ABI, at most 45 calls.
///
/// A picoprocess reaches the outside through these calls only. No call leaves state in the host beyond the
/// handle it returns, and each handle can be reopened from its URI, so a picoprocess can be recreated on
/// another machine. All calls except `interrupt` are made on the picoprocess's thread, and only `wait`
/// blocks.
///
/// `Docs/HostABI.md` is the contract; the conformance tests in `Tests/HostTests` run against every
/// implementation.
package protocol Host: AnyObject {
  // MARK: Streams

  /// Opens the stream at `uri`. A file or directory must have been granted to the picoprocess.
  func open(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle

  /// Opens a file beneath a directory. `permissions` is the mode of a file created by `create` or `unnamed`.
  ///
  /// A symbolic link in the last component fails with `tooManySymbolicLinks`, except with `path` alone.
  func open(_ name: HostName, _ options: OpenOptions, permissions: UInt16)
    throws(HostError) -> HostHandle

  func close(_ handle: HostHandle)

  func kind(of handle: HostHandle) throws(HostError) -> StreamKind

  /// The access modes of an inherited stream: `read`, `write`, `append`.
  func options(of handle: HostHandle) throws(HostError) -> OpenOptions

  /// Reads into `buffer`, at `offset` for a file. Returns the number of bytes read; 0 at the end. Throws
  /// `wouldBlock` instead of waiting.
  ///
  /// `offset` is `nil` for streams without positions, and for inherited files (`stdio:`), where it means the
  /// shared position of the descriptor, which advances.
  func read(_ handle: HostHandle, at offset: UInt64?, into buffer: inout MutableRawSpan)
    throws(HostError) -> Int

  /// Writes `bytes`, or fewer of them. Throws `wouldBlock` instead of waiting.
  func write(_ handle: HostHandle, at offset: UInt64?, from bytes: RawSpan)
    throws(HostError) -> Int

  /// The position of an inherited file, which is shared with the processes that passed it on.
  func position(of handle: HostHandle) throws(HostError) -> UInt64

  func setPosition(of handle: HostHandle, to offset: UInt64) throws(HostError)

  /// Writes file data (and with `metadata` the inode too) through to storage.
  func flush(_ handle: HostHandle, metadata: Bool) throws(HostError)

  func setLength(_ handle: HostHandle, to length: UInt64) throws(HostError)

  func allocate(_ handle: HostHandle, _ range: Range<UInt64>, _ how: Allocation)
    throws(HostError)

  // MARK: Names

  /// Attributes of the named file itself; a symbolic link is not followed.
  func attributes(at name: HostName) throws(HostError) -> FileAttributes

  func setAttributes(at name: HostName, _ change: AttributeChange) throws(HostError)

  /// The value of the extended attribute `attribute`; `nil` if the file does not have it. Throws
  /// `notSupported` if the file system has no extended attributes.
  func extendedAttribute(_ attribute: [UInt8], at name: HostName) throws(HostError) -> [UInt8]?

  /// The names of a file's extended attributes, sorted.
  func extendedAttributes(at name: HostName) throws(HostError) -> [[UInt8]]

  /// Sets an extended attribute, or removes it if the value is `nil`. Removing a missing attribute is not an
  /// error.
  func setExtendedAttribute(_ attribute: [UInt8], at name: HostName, to value: [UInt8]?)
    throws(HostError)

  /// The entries of a directory without `.` and `..`, sorted by name.
  func entries(of name: HostName) throws(HostError) -> [DirectoryEntry]

  /// Makes a directory with exactly the given permissions (no umask).
  func makeDirectory(at name: HostName, permissions: UInt16) throws(HostError)

  func makeSymbolicLink(at name: HostName, to target: [UInt8]) throws(HostError)

  func readSymbolicLink(at name: HostName) throws(HostError) -> [UInt8]

  func makeLink(at name: HostName, to existing: HostName) throws(HostError)

  /// Renames atomically; `how` says what happens to an existing file at `to`.
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

  /// Accepts the next connection to a listening `tcp:` stream: its handle and the peer's address. Throws
  /// `wouldBlock` if there is none.
  func accept(_ handle: HostHandle) throws(HostError) -> (handle: HostHandle, peer: NetworkAddress)

  /// Returns if a `tcp:` stream is connected. Throws `wouldBlock` while it is connecting, or the reason of
  /// the failure.
  func finishConnecting(_ handle: HostHandle) throws(HostError)

  /// Shuts down the writing side of a connection.
  func endWriting(_ handle: HostHandle) throws(HostError)

  /// The local address of a `tcp:` or `udp:` stream.
  func localAddress(of handle: HostHandle) throws(HostError) -> NetworkAddress

  /// Sends one datagram, to `address` unless the stream has a peer. Throws `wouldBlock` instead of waiting.
  func send(_ handle: HostHandle, _ bytes: RawSpan, to address: NetworkAddress?) throws(HostError)

  /// Receives one datagram: the number of bytes stored in `buffer`, the rest being discarded, and the sender.
  /// Throws `wouldBlock` if there is none.
  func receive(_ handle: HostHandle, into buffer: inout MutableRawSpan)
    throws(HostError) -> (count: Int, source: NetworkAddress)

  // MARK: Waiting and time

  /// Waits until one of `items` is ready, the monotonic clock reaches `deadline` (nanoseconds; nil waits for
  /// ever, a past time only polls), or `interrupt` is called. Returns the readiness of each item.
  func wait(_ items: [WaitItem], until deadline: Int64?) -> [Readiness]

  /// Ends the current `wait`, or else the next one, at once. May be called from any thread and from signal
  /// handlers.
  func interrupt()

  /// Calls `action` on another thread when the monotonic clock reaches `deadline`, and then every millisecond
  /// until the alarm is set again or cancelled with `nil`.
  func setAlarm(at deadline: Int64?, _ action: (@Sendable () -> Void)?)

  func now(_ clock: HostClock) -> HostTime

  // MARK: The rest

  /// Fills `buffer` with random bytes.
  func entropy(into buffer: inout MutableRawSpan)

  var facts: MachineFacts { get }

  /// Writes one line for the operator to standard error.
  func log(_ message: String)
}

extension Host {
  /// Attributes of an open file, even if its name was removed.
  package func attributes(of handle: HostHandle) throws(HostError) -> FileAttributes {
    try attributes(at: HostName(handle))
  }
}
