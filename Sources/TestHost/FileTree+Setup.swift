package import HostABI

/// How a test furnishes the tree and looks at it. Mistakes trap.
extension FileTree {
  /// Makes the directory at `path` and those above it, as far as they are missing.
  package func addDirectory(_ path: String) {
    var prefix = ""
    for component in path.split(separator: "/") {
      prefix += "/" + component
      let place = try? find(prefix)
      if place?.node != nil { continue }
      guard let place, (try? make(place, .directory([:]), permissions: 0o755)) != nil else {
        preconditionFailure("cannot make \(prefix)")
      }
    }
  }

  /// Makes a file with `bytes` in it, and the directories above it.
  @discardableResult
  package func addFile(_ path: String, _ bytes: [UInt8], permissions: UInt16 = 0o644) -> Node {
    addDirectory(path.split(separator: "/").dropLast().joined(separator: "/"))
    guard let place = try? find(path),
      let node = try? make(place, .file([]), permissions: permissions),
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
    guard let place = try? find(path), (try? make(place, content, permissions: 0o777)) != nil else {
      preconditionFailure("cannot make \(path)")
    }
  }

  /// Takes the name `path` away, whatever it stands for.
  package func removeName(_ path: String) {
    guard let place = try? find(path), let name = place.name, let node = place.node else {
      preconditionFailure("nothing at \(path)")
    }
    set(place.directory, name, nil)
    unlinked(node, from: place.directory)
  }

  /// The attributes of what lies at `path`; nil when there is nothing.
  package func attributes(of path: String) -> FileAttributes? { try? find(path).node?.attributes }

  /// The bytes of the file at `path`; nil when there is none.
  package func bytes(of path: String) -> [UInt8]? {
    guard case .file(let bytes)? = try? find(path).node?.content else { return nil }
    return bytes
  }

  /// The text of the file at `path`; nil when there is none.
  package func text(of path: String) -> String? {
    bytes(of: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
