import HostABI

// The types of the host ABI as values of messages, by the names that they have in HostABI.json.

enum PlugNames {
  static let errors = HostError.allCases.map { ("\($0)", $0) }
  static let fileKinds = FileKind.allCases.map { ("\($0)", $0) }
  static let clocks: [(String, HostClock)] = [
    ("monotonic", .monotonic), ("realtime", .realtime), ("processorTime", .processorTime),
  ]
  static let renames: [(String, RenameKind)] = [
    ("replacing", .replacing), ("exclusive", .exclusive), ("exchanging", .exchanging),
  ]
  static let changes: [(String, TerminalChange)] = [
    ("now", .now), ("drained", .drained), ("flushed", .flushed),
  ]
  static let schemes = StreamURI.Scheme.allCases.map { ($0.rawValue, $0) }
}

extension PlugValue {
  // MARK: Handles and names

  init(_ handle: HostHandle) { self.init(handle.rawValue) }
  func handle() throws(PlugMismatch) -> HostHandle { HostHandle(try integer()) }

  init(_ name: HostName) {
    self = .members([
      "directory": PlugValue(name.directory), "path": PlugValue(bytes: name.path.bytes),
    ])
  }
  func hostName() throws(PlugMismatch) -> HostName {
    guard let path = RelativePath(try self["path"].bytes()) else {
      throw PlugMismatch(what: "no relative path")
    }
    return HostName(try self["directory"].handle(), path)
  }

  init(_ uri: StreamURI) {
    self = .members([
      "scheme": PlugValue(uri.scheme, of: PlugNames.schemes), "path": PlugValue(bytes: uri.path),
    ])
  }
  func uri() throws(PlugMismatch) -> StreamURI {
    StreamURI(try self["scheme"].name(of: PlugNames.schemes), try self["path"].bytes())
  }

  init(_ options: OpenOptions) { self.init(options.rawValue) }
  func options() throws(PlugMismatch) -> OpenOptions { OpenOptions(rawValue: try integer()) }

  init(_ address: NetworkAddress) { self = .text(address.description) }
  func address() throws(PlugMismatch) -> NetworkAddress {
    guard let address = NetworkAddress(try text()) else { throw PlugMismatch(what: "no address") }
    return address
  }

  // MARK: Streams

  init(_ kind: StreamKind) {
    switch kind {
    case .file(let kind):
      self = .members(["file": PlugValue(kind, of: PlugNames.fileKinds)])
    case .terminal: self = .text("terminal")
    case .pipe: self = .text("pipe")
    case .other: self = .text("other")
    }
  }
  func streamKind() throws(PlugMismatch) -> StreamKind {
    if !self["file"].isNone { return .file(try self["file"].name(of: PlugNames.fileKinds)) }
    return try name(of: [("terminal", .terminal), ("pipe", .pipe), ("other", .other)])
  }

  init(_ how: Allocation) {
    switch how {
    case .reserve(let keepSize): self = .text(keepSize ? "reserveKeepingSize" : "reserve")
    case .punchHole: self = .text("punchHole")
    }
  }
  func allocation() throws(PlugMismatch) -> Allocation {
    try name(of: [
      ("reserve", .reserve(keepSize: false)), ("reserveKeepingSize", .reserve(keepSize: true)),
      ("punchHole", .punchHole),
    ])
  }

  // MARK: Files

  init(_ time: HostTime) {
    self = .members([
      "seconds": PlugValue(time.seconds), "nanoseconds": PlugValue(time.nanoseconds),
    ])
  }
  func time() throws(PlugMismatch) -> HostTime {
    HostTime(seconds: try self["seconds"].integer(), nanoseconds: try self["nanoseconds"].integer())
  }

  init(_ attributes: FileAttributes) {
    self = .members([
      "kind": PlugValue(attributes.kind, of: PlugNames.fileKinds),
      "permissions": PlugValue(attributes.permissions), "userID": PlugValue(attributes.userID),
      "groupID": PlugValue(attributes.groupID), "linkCount": PlugValue(attributes.linkCount),
      "size": PlugValue(attributes.size), "blocks": PlugValue(attributes.blocks),
      "device": PlugValue(attributes.device), "inode": PlugValue(attributes.inode),
      "created": PlugValue(attributes.created), "deviceMajor": PlugValue(attributes.deviceMajor),
      "deviceMinor": PlugValue(attributes.deviceMinor), "accessed": PlugValue(attributes.accessed),
      "modified": PlugValue(attributes.modified), "changed": PlugValue(attributes.changed),
    ])
  }
  func attributes() throws(PlugMismatch) -> FileAttributes {
    FileAttributes(
      kind: try self["kind"].name(of: PlugNames.fileKinds),
      permissions: try self["permissions"].integer(), userID: try self["userID"].integer(),
      groupID: try self["groupID"].integer(), linkCount: try self["linkCount"].integer(),
      size: try self["size"].integer(), blocks: try self["blocks"].integer(),
      device: try self["device"].integer(), inode: try self["inode"].integer(),
      created: try self["created"].time(), deviceMajor: try self["deviceMajor"].integer(),
      deviceMinor: try self["deviceMinor"].integer(), accessed: try self["accessed"].time(),
      modified: try self["modified"].time(), changed: try self["changed"].time())
  }

  init(_ change: AttributeChange) {
    self = .members([
      "permissions": change.permissions.map { PlugValue($0) } ?? .none,
      "userID": change.userID.map { PlugValue($0) } ?? .none,
      "groupID": change.groupID.map { PlugValue($0) } ?? .none,
      "accessed": change.accessed.map { PlugValue($0) } ?? .none,
      "modified": change.modified.map { PlugValue($0) } ?? .none,
    ])
  }
  func attributeChange() throws(PlugMismatch) -> AttributeChange {
    var change = AttributeChange()
    if !self["permissions"].isNone { change.permissions = try self["permissions"].integer() }
    if !self["userID"].isNone { change.userID = try self["userID"].integer() }
    if !self["groupID"].isNone { change.groupID = try self["groupID"].integer() }
    if !self["accessed"].isNone { change.accessed = try self["accessed"].time() }
    if !self["modified"].isNone { change.modified = try self["modified"].time() }
    return change
  }

  init(_ entry: DirectoryEntry) {
    self = .members([
      "name": PlugValue(bytes: entry.name), "kind": PlugValue(entry.kind, of: PlugNames.fileKinds),
    ])
  }
  func entry() throws(PlugMismatch) -> DirectoryEntry {
    DirectoryEntry(
      name: try self["name"].bytes(), kind: try self["kind"].name(of: PlugNames.fileKinds))
  }

  init(_ volume: VolumeAttributes) {
    self = .members([
      "blockSize": PlugValue(volume.blockSize), "blocks": PlugValue(volume.blocks),
      "blocksFree": PlugValue(volume.blocksFree),
      "blocksAvailable": PlugValue(volume.blocksAvailable), "files": PlugValue(volume.files),
      "filesFree": PlugValue(volume.filesFree), "nameLimit": PlugValue(volume.nameLimit),
    ])
  }
  func volume() throws(PlugMismatch) -> VolumeAttributes {
    VolumeAttributes(
      blockSize: try self["blockSize"].integer(), blocks: try self["blocks"].integer(),
      blocksFree: try self["blocksFree"].integer(),
      blocksAvailable: try self["blocksAvailable"].integer(), files: try self["files"].integer(),
      filesFree: try self["filesFree"].integer(), nameLimit: try self["nameLimit"].integer())
  }

  // MARK: Terminals

  init(_ modes: TerminalModes) {
    self = .members([
      "input": PlugValue(modes.input), "output": PlugValue(modes.output),
      "control": PlugValue(modes.control), "local": PlugValue(modes.local),
      "line": PlugValue(modes.line), "characters": PlugValue(bytes: modes.characters),
      "inputSpeed": PlugValue(modes.inputSpeed), "outputSpeed": PlugValue(modes.outputSpeed),
    ])
  }
  func terminalModes() throws(PlugMismatch) -> TerminalModes {
    TerminalModes(
      input: try self["input"].integer(), output: try self["output"].integer(),
      control: try self["control"].integer(), local: try self["local"].integer(),
      line: try self["line"].integer(), characters: try self["characters"].bytes(),
      inputSpeed: try self["inputSpeed"].integer(), outputSpeed: try self["outputSpeed"].integer())
  }

  init(_ size: WindowSize) {
    self = .members([
      "rows": PlugValue(size.rows), "columns": PlugValue(size.columns),
      "pixelWidth": PlugValue(size.pixelWidth), "pixelHeight": PlugValue(size.pixelHeight),
    ])
  }
  func windowSize() throws(PlugMismatch) -> WindowSize {
    WindowSize(
      rows: try self["rows"].integer(), columns: try self["columns"].integer(),
      pixelWidth: try self["pixelWidth"].integer(), pixelHeight: try self["pixelHeight"].integer())
  }

  // MARK: Waiting

  init(_ item: WaitItem) {
    self = .members([
      "handle": PlugValue(item.handle), "interest": PlugValue(item.interest.rawValue),
    ])
  }
  func waitItem() throws(PlugMismatch) -> WaitItem {
    WaitItem(
      handle: try self["handle"].handle(),
      interest: Readiness(rawValue: try self["interest"].integer()))
  }

  // MARK: The network

  init(_ permission: NetworkPermission) {
    self = .members([
      "reachesOthers": .truth(permission.reachesOthers),
      "reachesLoopback": .truth(permission.reachesLoopback),
      "reachable": .list(permission.reachable.map { PlugValue($0) }),
      "services": .list(
        permission.services.map {
          .members(["isDatagram": .truth($0.isDatagram), "address": PlugValue($0.address)])
        }),
    ])
  }
  func networkPermission() throws(PlugMismatch) -> NetworkPermission {
    var permission = NetworkPermission(
      reachesOthers: try self["reachesOthers"].truth(),
      reachesLoopback: try self["reachesLoopback"].truth())
    for address in try self["reachable"].list() {
      permission.reachable.insert(try address.address())
    }
    for service in try self["services"].list() {
      permission.services.insert(
        .init(
          isDatagram: try service["isDatagram"].truth(),
          address: try service["address"].address()))
    }
    return permission
  }
}
