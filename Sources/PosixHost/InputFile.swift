internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A regular file that is read piecemeal, such as a snapshot, or several that are read as one.
///
/// It is read by calls, not mapped, so that the process survives if somebody truncates the file.
package final class InputFile: Sendable {
  private struct Piece {
    let descriptor: Int32
    let bytes: Range<UInt64>
  }

  private let pieces: [Piece]
  /// Size in bytes at the time of opening.
  package let size: UInt64

  /// Opens the file at `path`. Throws `isDirectory`, and `notSupported` for other files that are not regular.
  package convenience init(_ path: String) throws(HostError) {
    // Non-blocking, so that opening a FIFO does not wait.
    try self.init(taking: system_open(Array(path.utf8), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
  }

  /// The file open as `descriptor`, which is duplicated.
  convenience init(sharing descriptor: Int32) throws(HostError) {
    try self.init(taking: system_fcntl(descriptor, F_DUPFD_CLOEXEC, 3))
  }

  /// Takes ownership of `descriptor`.
  private init(taking descriptor: Int32) throws(HostError) {
    do throws(HostError) {
      let status = try system_fstat(descriptor)
      switch FileKind(mode: status.st_mode) {
      case .regular: break
      case .directory: throw .isDirectory
      default: throw .notSupported
      }
      size = UInt64(status.st_size)
      pieces = [Piece(descriptor: descriptor, bytes: 0..<size)]
    } catch {
      system_close(descriptor)
      throw error
    }
  }

  /// All of it. Throws `fileTooLarge` if it has more than `limit` bytes.
  package func contents(limit: UInt64) throws(HostError) -> [UInt8] {
    guard size <= limit else { throw .fileTooLarge }
    return try read(at: 0, count: Int(size))
  }

  /// The bytes of `files`, one behind the other.
  package init(joining files: [InputFile]) throws(HostError) {
    var pieces: [Piece] = []
    var size: UInt64 = 0
    // Their descriptors are closed with them.
    defer { withExtendedLifetime(files) {} }
    do throws(HostError) {
      for piece in files.flatMap(\.pieces) {
        let descriptor = try system_fcntl(piece.descriptor, F_DUPFD_CLOEXEC, 3)
        let (end, overflow) = size.addingReportingOverflow(UInt64(piece.bytes.count))
        pieces.append(Piece(descriptor: descriptor, bytes: size..<(overflow ? size : end)))
        guard !overflow else { throw .fileTooLarge }
        size = end
      }
    } catch {
      for piece in pieces { system_close(piece.descriptor) }
      throw error
    }
    self.pieces = pieces
    self.size = size
  }

  deinit { for piece in pieces { system_close(piece.descriptor) } }

  /// The open file, for a mapping; nil if there are several. Whoever maps it must bear that somebody truncates it: see
  /// `HostProcess.exitOnBusError`.
  package var descriptorForMapping: Int32? { pieces.count == 1 ? pieces[0].descriptor : nil }

  /// Fills `buffer` from `offset` on. Returns the number of bytes read, which is smaller only at the end of
  /// the file.
  package func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(HostError) -> Int {
    var done = 0
    while done < buffer.byteCount {
      let start = offset + UInt64(done)
      // One that has grown since is read on; of several, none but the last.
      guard let piece = pieces.first(where: { start < $0.bytes.upperBound }) ?? pieces.last,
        let position = Int64(exactly: start - piece.bytes.lowerBound)
      else { throw .invalid }
      let count: Int
      if piece.bytes.upperBound == size {
        count = try system_pread(piece.descriptor, &buffer, skipping: done, position)
      } else {
        let rest = min(UInt64(buffer.byteCount - done), piece.bytes.upperBound - start)
        let end = done + Int(rest)
        var part = buffer._mutatingExtracting(0..<end)
        count = try system_pread(piece.descriptor, &part, skipping: done, position)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// At most `count` bytes from `offset` on: fewer only at the end of the file.
  package func read(at offset: UInt64, count: Int) throws(HostError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let done = try bytes.lendMutable { (span) throws(HostError) in
      try read(at: offset, into: &span)
    }
    bytes.removeLast(count - done)
    return bytes
  }
}
