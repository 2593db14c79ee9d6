package import LibOSState
package import Snapshot

/// What has pages of its own in a snapshot.
package enum PageOwner: Hashable, Sendable {
  /// A process, by its PID; those that share its memory have no pages.
  case process(Int32)
  /// A memory object, by its number in the snapshot.
  case memoryObject(UInt64)
}

extension PageOwner: CustomStringConvertible {
  package var description: String {
    switch self {
    case .process(let pid): "process \(pid)"
    case .memoryObject(let number): "memory object \(number)"
    }
  }
}

extension Godwit_State_PageOwner {
  init(_ owner: PageOwner, _ map: PageMap) {
    self.init()
    switch owner {
    case .process(let pid): process = pid
    case .memoryObject(let number): memoryObject = number
    }
    pages = data(map.encoded)
  }

  fileprivate var owner: PageOwner? {
    switch (process, memoryObject) {
    case (1..., 0): .process(process)
    case (0, 1...): .memoryObject(memoryObject)
    default: nil
    }
  }
}

/// The encoded page maps of a snapshot, by their owners.
package struct SavedPages: Sendable {
  private var maps: [PageOwner: [UInt8]] = [:]

  /// - Throws: `malformed`, if two maps have the same owner or one has none.
  package init(_ state: Godwit_State_PageMaps) throws(SnapshotError) {
    for entry in state.owners {
      guard let owner = entry.owner, maps.updateValue(Array(entry.pages), forKey: owner) == nil
      else {
        throw .invalidState("the owner of a page map")
      }
    }
  }

  package var owners: some Collection<PageOwner> { maps.keys }

  /// Maps belong to memory objects, and to processes that do not share the memory of another.
  func requireOwners(_ processes: Godwit_State_Processes, _ isObject: (UInt64) -> Bool)
    throws(SnapshotError)
  {
    let pids = Set(processes.processes.filter { $0.memoryOf == 0 }.map(\.pid))
    for owner in owners {
      let exists =
        switch owner {
        case .process(let pid): pids.contains(pid)
        case .memoryObject(let number): isObject(number)
        }
      if !exists { throw .invalidState("pages of \(owner)") }
    }
  }

  /// The map of `owner`, without pages if it has none. No byte of it is trusted.
  ///
  /// - Parameters:
  ///   - storedPages: how many pages the store has.
  ///   - limit: how many the map may have at most.
  /// - Throws: as `PageMap`.
  package func map(of owner: PageOwner, storedPages: UInt64, limit: UInt64) throws(SnapshotError)
    -> PageMap
  {
    guard let bytes = maps[owner], !bytes.isEmpty else { return PageMap() }
    return try PageMap(decoding: bytes, storedPages: storedPages, limit: limit)
  }

  /// How many pages all maps together may have: a few bytes can stand for any number, and no picoprocess has
  /// 256 GiB of them.
  static var pageLimit: UInt64 { 1 << 26 }
}

extension SnapshotReader {
  /// Checks that each page map has an owner, as a resume does.
  package func requirePageOwners() throws(SnapshotError) {
    let processes: Godwit_State_Processes = try StateLoader.section(.processes, self)
    let memory: Godwit_State_Memory = try StateLoader.section(.memory, self)
    let objects = Set(memory.objects.map(\.id))
    try SavedPages(StateLoader.section(.pageMaps, self))
      .requireOwners(processes) { objects.contains($0) }
  }
}
