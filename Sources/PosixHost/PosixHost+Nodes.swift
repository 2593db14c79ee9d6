internal import CPosixShims
package import HostABI

// What the library OS never makes in the host's directories, and an export of a snapshot does.
extension PosixHost {
  /// Makes a FIFO, a socket's name or a device node that only its owner may use.
  ///
  /// - Throws: `notPermitted` for device nodes, which take a privilege (mknod(2)); `notSupported` for what the
  ///   host has no call for.
  package func makeNode(at name: HostName, _ kind: FileKind, major: UInt32, minor: UInt32)
    throws(HostError)
  {
    let type: godwit_node_type =
      switch kind {
      case .fifo: GODWIT_NODE_FIFO
      case .socket: GODWIT_NODE_SOCKET
      case .characterDevice: GODWIT_NODE_CHARACTER_DEVICE
      case .blockDevice: GODWIT_NODE_BLOCK_DEVICE
      case .regular, .directory, .symbolicLink: throw .invalid
      }
    let place = try namedPlace(name, changes: true)
    try system_make_node(place.descriptor, place.name, type, major, minor)
  }
}

/// Makes a directory that only its owner may enter, or takes an empty one that exists.
///
/// - Throws: `notEmpty`.
package func makeEmptyDirectory(_ path: String) throws(HostError) {
  do throws(HostError) { try system_mkdir(Array(path.utf8), 0o700) } catch .exists {
    guard try directoryNames(path).isEmpty else { throw .notEmpty }
  }
}
