/// Why a host call failed. Closed: every host maps its own errors onto these.
package enum HostError: Error, Hashable, Sendable, CaseIterable {
  case notFound, exists, notDirectory, isDirectory, notEmpty
  case permissionDenied, notPermitted, readOnly
  case noSpace, quotaExceeded, fileTooLarge, tooManyOpen, outOfMemory
  case nameTooLong, tooManyLinks, tooManySymbolicLinks, crossDevice
  case busy, textBusy, invalid, notSupported, illegalSeek
  /// There is nothing to read, or no room to write, at the moment.
  case wouldBlock
  /// The reading end of a pipe is closed.
  case brokenPipe
  case interrupted
  case notTerminal
  case noDevice
  case connectionReset, connectionRefused, networkUnreachable, hostUnreachable, timedOut
  case addressInUse, addressNotAvailable
  /// A datagram is too long for the network.
  case messageTooLong
  /// The device failed.
  case io
}
