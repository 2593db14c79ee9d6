package import HostABI

/// An open handle.
struct OpenStream {
  enum Target {
    case file(FileTree.Node, SharedPosition)
    case stream(TestStream)
    case connection(TestConnection)
    /// A connection that nobody has asked about yet.
    case connecting(NetworkAddress)
    case listener(TestListener)
    case datagrams(TestDatagramSocket)
  }
  var target: Target
  var options: OpenOptions
  /// The files that names beneath it may mean.
  var reach = FileReach.nothing
}

extension TestHost {
  package func open(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle {
    try begin(.open)
    switch uri.scheme {
    case .file, .dir: return try openGranted(uri, options)
    case .stdio:
      guard let number = Int32(String(decoding: uri.path, as: UTF8.self)), number >= 0 else {
        throw .invalid
      }
      guard inheritable.contains(number) else { throw .permissionDenied }
      switch inherited[number] {
      case .stream(let stream)?:
        return adopt(OpenStream(target: .stream(stream), options: stream.options))
      case .file(let node, let position, let options)?:
        return adopt(OpenStream(target: .file(node, position), options: options))
      case nil: throw .notFound
      }
    case .tty:
      guard let terminal else { throw .noDevice }
      return adopt(OpenStream(target: .stream(terminal), options: terminal.options))
    case .tcp, .udp: return try openNetwork(uri, options)
    case .pipe: throw .notSupported
    }
  }

  private func openGranted(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle
  {
    guard uri.path.first == UInt8(ascii: "/"), !uri.path.contains(0),
      options.isSubset(of: [.read, .write]), !options.isEmpty
    else { throw .invalid }
    let changes = options.contains(.write)
    let grant = try grants.map(\.grant).require(uri.path, changes: changes)
    guard let node = grants.first(where: { $0.grant == grant })?.node else { throw .notFound }
    if uri.scheme == .dir, node.entries == nil { throw .notDirectory }
    return adopt(
      OpenStream(
        target: .file(node, SharedPosition()), options: .path,
        reach: changes ? .changing : .reading))
  }

  package func open(_ name: HostName, _ options: OpenOptions, permissions: UInt16)
    throws(HostError) -> HostHandle
  {
    try begin(.open)
    let bytes = options.intersection([.read, .write])
    let isForNames = options.subtracting(.directory) == .path
    guard isForNames || !bytes.isEmpty && !options.contains(.path),
      options.isDisjoint(with: [.truncate, .unnamed]) || options.contains(.write),
      options.isDisjoint(with: .directory) || options.isDisjoint(with: [.create, .unnamed]),
      !options.contains([.create, .unnamed])
    else { throw .invalid }
    let changes = !options.isDisjoint(with: [.write, .create, .unnamed])
    let place = try place(name, changes: changes)
    let reach = try stream(name.directory).reach
    if case .nothing = reach { throw .permissionDenied }
    let node = try openFile(place, options, permissions)
    let kept = isForNames ? .path : bytes
    return adopt(
      OpenStream(target: .file(node, SharedPosition()), options: kept, reach: reach))
  }

  private func openFile(
    _ place: FileTree.Place, _ options: OpenOptions, _ permissions: UInt16
  ) throws(HostError) -> FileTree.Node {
    if options.contains(.unnamed) {
      guard let directory = place.node else { throw .notFound }
      guard directory.entries != nil else { throw .notDirectory }
      if directory.attributes.linkCount == 0 { throw .notFound }
      let node = files.makeNode(.file([]), permissions: permissions)
      node.attributes.linkCount = 0
      node.isUnnamed = true
      return node
    }
    guard let node = place.node else {
      guard options.contains(.create) else { throw .notFound }
      return try files.make(place, .file([]), permissions: permissions)
    }
    if options.contains(.create), options.contains(.exclusive) || place.name == nil {
      throw .exists
    }
    switch node.content {
    case .directory:
      if !options.isDisjoint(with: [.write, .create]) { throw .isDirectory }
    case .symbolicLink:
      if options.contains(.directory) { throw .notDirectory }
      if !options.contains(.path) { throw .tooManySymbolicLinks }
    case .file:
      if options.contains(.directory) { throw .notDirectory }
      if options.contains(.truncate) { try files.setLength(node, 0) }
    }
    return node
  }

  /// Gives an open stream the lowest free handle.
  func adopt(_ stream: OpenStream) -> HostHandle {
    var number: Int32 = 0
    while open[number] != nil { number += 1 }
    open[number] = stream
    return HostHandle(number)
  }

  package func close(_ handle: HostHandle) {
    switch open.removeValue(forKey: handle.rawValue)?.target {
    case .connection(let connection): connection.close()
    case .listener(let listener): network.stopListening(listener)
    case .datagrams(let socket): network.close(socket)
    default: break
    }
  }

  func stream(_ handle: HostHandle) throws(HostError) -> OpenStream {
    guard let stream = open[handle.rawValue] else { throw .invalid }
    return stream
  }

  /// The file behind `handle`, with the error for what is none.
  private func file(
    _ handle: HostHandle, for needed: OpenOptions = [], else error: HostError
  ) throws(HostError) -> FileTree.Node {
    let stream = try stream(handle)
    guard case .file(let node, _) = stream.target else { throw error }
    guard stream.options.isSuperset(of: needed) else { throw .invalid }
    return node
  }

  package func kind(of handle: HostHandle) throws(HostError) -> StreamKind {
    try begin(.kind)
    switch try stream(handle).target {
    case .file(let node, _): return .file(node.attributes.kind)
    case .stream(let stream): return stream.isTerminal ? .terminal : .pipe
    case .connection, .connecting, .listener, .datagrams: return .pipe
    }
  }

  package func options(of handle: HostHandle) throws(HostError) -> OpenOptions {
    try begin(.options)
    return try stream(handle).options
  }

  package func read(
    _ handle: HostHandle, at offset: UInt64?, into buffer: inout MutableRawSpan
  ) throws(HostError) -> Int {
    try begin(.read)
    let stream = try stream(handle)
    switch stream.target {
    case .connection(let connection):
      if offset != nil { throw .illegalSeek }
      if buffer.byteCount == 0 { return 0 }
      let bytes = try connection.read(buffer.byteCount)
      buffer.copy(bytes, 0..<bytes.count)
      return bytes.count
    case .connecting, .listener, .datagrams: throw .invalid
    case .stream(let stream):
      if offset != nil { throw .illegalSeek }
      return buffer.byteCount == 0 ? 0 : try stream.read(into: &buffer)
    case .file(let node, let position):
      guard stream.options.contains(.read) else { throw .invalid }
      let start = offset ?? position.offset
      guard start <= UInt64(Int64.max) else { throw .invalid }
      guard case .file(let bytes) = node.content else { throw .isDirectory }
      guard start < UInt64(bytes.count) else { return 0 }
      let count = min(buffer.byteCount, bytes.count - Int(start))
      buffer.copy(bytes, Int(start)..<Int(start) + count)
      if offset == nil { position.offset += UInt64(count) }
      return count
    }
  }

  package func write(
    _ handle: HostHandle, at offset: UInt64?, from bytes: RawSpan
  ) throws(HostError) -> Int {
    try begin(.write)
    let stream = try stream(handle)
    switch stream.target {
    case .connection(let connection):
      if offset != nil { throw .illegalSeek }
      return bytes.byteCount == 0 ? 0 : try connection.write(bytes.array)
    case .connecting, .listener, .datagrams: throw .invalid
    case .stream(let stream):
      if offset != nil { throw .illegalSeek }
      return bytes.byteCount == 0 ? 0 : try stream.write(bytes)
    case .file(let node, let position):
      guard stream.options.contains(.write) else { throw .invalid }
      var start = offset ?? position.offset
      guard start <= UInt64(Int64.max) else { throw .invalid }
      if stream.options.contains(.append) { start = node.attributes.size }
      let count = try files.write(node, at: start, bytes.array)
      if offset == nil { position.offset = start + UInt64(count) }
      return count
    }
  }

  package func position(of handle: HostHandle) throws(HostError) -> UInt64 {
    try begin(.position)
    guard case .file(_, let position) = try stream(handle).target else { throw .illegalSeek }
    return position.offset
  }

  package func setPosition(of handle: HostHandle, to offset: UInt64) throws(HostError) {
    try begin(.setPosition)
    guard case .file(_, let position) = try stream(handle).target else { throw .illegalSeek }
    guard offset <= UInt64(Int64.max) else { throw .invalid }
    position.offset = offset
  }

  /// Everything is where it is going to stay.
  package func flush(_ handle: HostHandle, metadata: Bool) throws(HostError) {
    try begin(.flush)
    _ = try file(handle, else: .invalid)
  }

  package func setLength(_ handle: HostHandle, to length: UInt64) throws(HostError) {
    try begin(.setLength)
    let node = try file(handle, for: .write, else: .invalid)
    guard length <= UInt64(Int64.max) else { throw .invalid }
    try files.setLength(node, length)
  }

  package func allocate(
    _ handle: HostHandle, _ range: Range<UInt64>, _ how: Allocation
  ) throws(HostError) {
    try begin(.allocate)
    let node = try file(handle, for: .write, else: .illegalSeek)
    guard !range.isEmpty, range.upperBound <= UInt64(Int64.max) else { throw .invalid }
    switch how {
    case .reserve(let keepSize):
      guard range.upperBound <= files.fileLimit else { throw .fileTooLarge }
      if !keepSize && range.upperBound > node.attributes.size {
        try files.setLength(node, range.upperBound)
      }
    case .punchHole:
      let hole = range.clamped(to: 0..<node.attributes.size)
      _ = try files.write(
        node, at: hole.lowerBound, [UInt8](repeating: 0, count: hole.count))
    }
  }
}
