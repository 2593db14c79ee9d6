/// The door between the library OS and the machine: the host ABI, at most 45 calls.
///
/// A picoprocess reaches the outside through these calls only. No call leaves state in the host beyond the
/// handle it returns, and each handle can be reopened from its URI, so a picoprocess can be recreated on
/// another machine. All calls except `interrupt` are made on the picoprocess's thread, and only `wait`
/// blocks.
///
/// `Docs/HostABI.md` is the contract, `Docs/HostABI.json` its description for programs; a test holds the
/// three to each other. `HostSuite` checks every implementation.
///
/// "Throws" lists a call's own errors. Any call that throws may besides throw `outOfMemory` and `io`; one that
/// takes a handle, `invalid` if it is not open; one that takes a name, those of the contract's section *Names*.
package protocol Host: AnyObject {
  /// The version of the host ABI that this host implements. A fact about its code, and no call.
  static var version: HostABIVersion { get }

  // MARK: Streams

  /// Opens the stream at `uri`. A file or directory must have been granted to the picoprocess.
  ///
  /// - Throws: `permissionDenied`, `readOnly`, `notFound`, `notDirectory`, `noDevice`, `tooManyOpen`, `invalid`,
  ///   `notSupported`, `addressInUse`, `addressNotAvailable`, `networkUnreachable`, `hostUnreachable`.
  func open(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle

  /// Opens a file beneath a directory. `permissions` is the mode of a file created by `create` or `unnamed`.
  ///
  /// - Throws: `tooManySymbolicLinks` if the last component is a link, except with `path` alone; `isDirectory`,
  ///   `exists`, `noSpace`, `quotaExceeded`, `tooManyOpen`, `textBusy`, `noDevice`, `busy`, `invalid`,
  ///   `notSupported`.
  func open(_ name: HostName, _ options: OpenOptions, permissions: UInt16)
    throws(HostError) -> HostHandle

  /// Closes `handle`; one that is not open is ignored.
  func close(_ handle: HostHandle)

  /// The kind of a stream.
  func kind(of handle: HostHandle) throws(HostError) -> StreamKind

  /// How a stream was opened: `read`, `write`, `path`; for an inherited one also `append`.
  func options(of handle: HostHandle) throws(HostError) -> OpenOptions

  /// Reads into `buffer`, at `offset` (bytes) for a file. Returns the number of bytes read; 0 at the end.
  ///
  /// `offset` is `nil` for streams without positions, and for inherited files (`stdio:`), where it means the
  /// shared position of the descriptor, which advances.
  ///
  /// - Throws: `wouldBlock` instead of waiting; `illegalSeek`, `isDirectory`, `invalid`, `connectionReset`,
  ///   `timedOut`, `hostUnreachable`.
  func read(_ handle: HostHandle, at offset: UInt64?, into buffer: inout MutableRawSpan)
    throws(HostError) -> Int

  /// Writes `bytes`, or fewer of them; returns how many.
  ///
  /// - Throws: `wouldBlock` instead of waiting; `brokenPipe`, `illegalSeek`, `invalid`, `noSpace`,
  ///   `quotaExceeded`, `fileTooLarge`, `connectionReset`, `timedOut`, `hostUnreachable`.
  func write(_ handle: HostHandle, at offset: UInt64?, from bytes: RawSpan)
    throws(HostError) -> Int

  /// The position (bytes) of an inherited file, which is shared with the processes that passed it on.
  ///
  /// - Throws: `illegalSeek`.
  func position(of handle: HostHandle) throws(HostError) -> UInt64

  /// Moves that position to `offset` (bytes).
  ///
  /// - Throws: `illegalSeek`, `invalid`.
  func setPosition(of handle: HostHandle, to offset: UInt64) throws(HostError)

  /// Writes file data (and with `metadata` the inode too) through to storage.
  ///
  /// - Throws: `invalid`, `noSpace`, `quotaExceeded`.
  func flush(_ handle: HostHandle, metadata: Bool) throws(HostError)

  /// Makes a file `length` bytes long.
  ///
  /// - Throws: `invalid`, `fileTooLarge`, `noSpace`, `quotaExceeded`.
  func setLength(_ handle: HostHandle, to length: UInt64) throws(HostError)

  /// Reserves the storage of a range of bytes, or gives it up.
  ///
  /// - Throws: `invalid`, `illegalSeek`, `fileTooLarge`, `noSpace`, `quotaExceeded`, `notSupported`.
  func allocate(_ handle: HostHandle, _ range: Range<UInt64>, _ how: Allocation)
    throws(HostError)

  // MARK: Names

  /// Attributes of the named file itself; a symbolic link is not followed.
  func attributes(at name: HostName) throws(HostError) -> FileAttributes

  /// Changes those that are given.
  ///
  /// - Throws: `notSupported`.
  func setAttributes(at name: HostName, _ change: AttributeChange) throws(HostError)

  /// The value of the extended attribute `attribute`; `nil` if the file does not have it.
  ///
  /// - Throws: `notSupported` if the file system has no extended attributes.
  func extendedAttribute(_ attribute: [UInt8], at name: HostName) throws(HostError) -> [UInt8]?

  /// The names of a file's extended attributes, sorted.
  ///
  /// - Throws: `notSupported`.
  func extendedAttributes(at name: HostName) throws(HostError) -> [[UInt8]]

  /// Sets an extended attribute, or removes it if the value is `nil`. Removing a missing attribute is not an
  /// error.
  ///
  /// - Throws: `notSupported`, `noSpace`, `quotaExceeded`.
  func setExtendedAttribute(_ attribute: [UInt8], at name: HostName, to value: [UInt8]?)
    throws(HostError)

  /// The entries of a directory without `.` and `..`, sorted by name.
  func entries(of name: HostName) throws(HostError) -> [DirectoryEntry]

  /// Makes a directory with exactly the given permissions (no umask).
  ///
  /// - Throws: `exists`, `noSpace`, `quotaExceeded`, `tooManyLinks`, `invalid`.
  func makeDirectory(at name: HostName, permissions: UInt16) throws(HostError)

  /// Makes a symbolic link.
  ///
  /// - Throws: `exists`, `noSpace`, `quotaExceeded`, `invalid`.
  func makeSymbolicLink(at name: HostName, to target: [UInt8]) throws(HostError)

  /// The target of a symbolic link.
  ///
  /// - Throws: `invalid`.
  func readSymbolicLink(at name: HostName) throws(HostError) -> [UInt8]

  /// Gives a file a second name.
  ///
  /// - Throws: `exists`, `noSpace`, `quotaExceeded`, `crossDevice`, `tooManyLinks`, `invalid`.
  func makeLink(at name: HostName, to existing: HostName) throws(HostError)

  /// Renames atomically; `how` says what happens to an existing file at `to`.
  ///
  /// - Throws: `exists`, `isDirectory`, `notEmpty`, `noSpace`, `quotaExceeded`, `crossDevice`, `busy`,
  ///   `invalid`, `notSupported`.
  func rename(_ from: HostName, to: HostName, _ how: RenameKind) throws(HostError)

  /// Removes a name; `isDirectory` chooses rmdir's semantics.
  ///
  /// - Throws: `isDirectory`, `notEmpty`, `busy`, `invalid`.
  func remove(at name: HostName, isDirectory: Bool) throws(HostError)

  /// Sizes of the file system that a file lies on.
  func volume(of name: HostName) throws(HostError) -> VolumeAttributes

  // MARK: Terminals

  /// The modes of a terminal.
  ///
  /// - Throws: `notTerminal`.
  func terminalModes(_ handle: HostHandle) throws(HostError) -> TerminalModes

  /// Changes them.
  ///
  /// - Throws: `notTerminal`, `invalid`.
  func setTerminalModes(_ handle: HostHandle, _ modes: TerminalModes, _ when: TerminalChange)
    throws(HostError)

  /// The size of a terminal's window.
  ///
  /// - Throws: `notTerminal`.
  func windowSize(_ handle: HostHandle) throws(HostError) -> WindowSize

  /// Changes it.
  ///
  /// - Throws: `notTerminal`.
  func setWindowSize(_ handle: HostHandle, _ size: WindowSize) throws(HostError)

  /// Bytes that can be read without waiting (`FIONREAD`).
  ///
  /// - Throws: `notTerminal` for what has no such number.
  func bytesAvailable(_ handle: HostHandle) throws(HostError) -> Int

  /// Discards unread input, unsent output (`TCFLSH`).
  ///
  /// - Throws: `notTerminal`, `invalid`.
  func discardTerminal(_ handle: HostHandle, input: Bool, output: Bool) throws(HostError)

  // MARK: The network

  /// Accepts the next connection to a listening `tcp:` stream: its handle and the peer's address.
  ///
  /// - Throws: `wouldBlock` if there is none; `tooManyOpen`, `invalid`.
  func accept(_ handle: HostHandle) throws(HostError) -> (handle: HostHandle, peer: NetworkAddress)

  /// Returns if a `tcp:` stream is connected.
  ///
  /// - Throws: `wouldBlock` while it is connecting, or the reason of the failure: `connectionRefused`, `timedOut`,
  ///   `networkUnreachable`, `hostUnreachable`, `connectionReset`.
  func finishConnecting(_ handle: HostHandle) throws(HostError)

  /// Shuts down the writing side of a connection.
  ///
  /// - Throws: `connectionReset`.
  func endWriting(_ handle: HostHandle) throws(HostError)

  /// The local address of a `tcp:` or `udp:` stream.
  func localAddress(of handle: HostHandle) throws(HostError) -> NetworkAddress

  /// Sends one datagram, to `address` unless the stream has a peer.
  ///
  /// - Throws: `wouldBlock` instead of waiting; `messageTooLong`, `networkUnreachable`, `hostUnreachable`,
  ///   `connectionRefused`.
  func send(_ handle: HostHandle, _ bytes: RawSpan, to address: NetworkAddress?) throws(HostError)

  /// Receives one datagram: the number of bytes stored in `buffer`, the rest being discarded, and the sender.
  ///
  /// - Throws: `wouldBlock` if there is none; `connectionRefused`.
  func receive(_ handle: HostHandle, into buffer: inout MutableRawSpan)
    throws(HostError) -> (count: Int, source: NetworkAddress)

  // MARK: Waiting and time

  /// Waits until one of `items` is ready, the monotonic clock reaches `deadline` (nanoseconds; nil waits for
  /// ever, a past time only polls), or `interrupt` is called. Returns the readiness of each item.
  func wait(_ items: [WaitItem], until deadline: Int64?) -> [Readiness]

  /// Ends the current `wait`, or else the next one, at once. May be called from any thread and from signal
  /// handlers.
  func interrupt()

  /// Calls `action` on another thread when the monotonic clock reaches `deadline` (nanoseconds), and then every
  /// millisecond until the alarm is set again or cancelled with `nil`.
  func setAlarm(at deadline: Int64?, _ action: (@Sendable () -> Void)?)

  /// The time that a clock shows.
  func now(_ clock: HostClock) -> HostTime

  // MARK: The rest

  /// Fills `buffer` with random bytes.
  func entropy(into buffer: inout MutableRawSpan)

  /// What the guest may be told of the machine.
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
