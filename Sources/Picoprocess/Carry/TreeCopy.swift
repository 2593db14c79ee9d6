import HostABI
import PosixHost

/// A regular file of this host, beneath a directory, whose contents another one is to have.
struct TreeCopy {
  let directory: String
  let path: RelativePath

  func forEachPiece(_ body: (UInt64, RawSpan) throws(Failure) -> Void) throws(Failure) {
    let tree = try withFailure(directory) { () throws(HostError) in
      try HostTree(HostProcess.resolve(directory))
    }
    let shown = tree.shown(path)
    try tree.forEachPiece(of: path, failure: { Failure(shown, $0) }, body)
  }
}
