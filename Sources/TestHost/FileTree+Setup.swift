internal import HostABI

/// How a test furnishes the tree and looks at it. Mistakes trap.
extension FileTree {
  /// Makes the directory at `path` and those above it, as far as they are missing.
  package func addDirectory(_ path: String) {
    var prefix = ""
    for component in path.split(separator: "/") {
      prefix += "/" + component
      let path = Array(prefix.utf8)
      if let place = try? find(path), place.node != nil { continue }
      guard (try? make(path, .directory([:]), permissions: 0o755)) != nil else {
        preconditionFailure("cannot make \(prefix)")
      }
    }
  }

  /// Makes a file with `bytes` in it, and the directories above it.
  @discardableResult
  package func addFile(_ path: String, _ bytes: [UInt8], permissions: UInt16 = 0o644) -> Node {
    addDirectory(path.split(separator: "/").dropLast().joined(separator: "/"))
    guard let node = try? make(Array(path.utf8), .file([]), permissions: permissions),
      (try? write(node, at: 0, bytes)) != nil
    else { preconditionFailure("cannot make \(path)") }
    return node
  }

  @discardableResult
  package func addFile(_ path: String, _ text: String, permissions: UInt16 = 0o644) -> Node {
    addFile(path, Array(text.utf8), permissions: permissions)
  }

  package func addSymbolicLink(_ path: String, to target: String) {
    addDirectory(path.split(separator: "/").dropLast().joined(separator: "/"))
    let content = Node.Content.symbolicLink(Array(target.utf8))
    guard (try? make(Array(path.utf8), content, permissions: 0o777)) != nil else {
      preconditionFailure("cannot make \(path)")
    }
  }

  /// The bytes of the file at `path`; nil when there is none.
  package func bytes(of path: String) -> [UInt8]? {
    guard case .file(let bytes)? = try? node(at: Array(path.utf8)).content else { return nil }
    return bytes
  }

  /// The text of the file at `path`; nil when there is none.
  package func text(of path: String) -> String? {
    bytes(of: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
