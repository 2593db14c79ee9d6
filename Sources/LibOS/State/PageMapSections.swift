import LibOSState
package import Snapshot

/// The page maps of a snapshot, for whoever stores its pages elsewhere and so gives them other numbers.
package struct PageMapSections {
  private var message: Godwit_State_PageMaps
  private var maps: [PageMap] = []

  /// The numbers that their sections can have.
  package static var numbers: Set<UInt32> { Set(StateSection.pageMaps.numbers) }

  /// Reads the maps.
  ///
  /// - Parameters:
  ///   - sections: the contents of each section of a number in `numbers`.
  ///   - storedPages: how many pages the store of the snapshot has.
  package init(_ sections: [UInt32: [UInt8]], storedPages: UInt64) throws(SnapshotError) {
    let bytes = try StateSection.pageMaps.message { (number) throws(SnapshotError) in
      sections[number]
    }
    guard let bytes else { throw .missingSection(StateSection.pageMaps.rawValue) }
    try self.init(StateLoader.decode(.pageMaps, bytes), storedPages: storedPages)
  }

  init(_ message: Godwit_State_PageMaps, storedPages: UInt64) throws(SnapshotError) {
    self.message = message
    var pagesLeft = SavedPages.pageLimit
    for owner in message.owners {
      let map = try PageMap(
        decoding: Array(owner.pages), storedPages: storedPages, limit: pagesLeft)
      pagesLeft -= map.pageCount
      maps.append(map)
    }
  }

  /// Calls `body` with each page that is not of zeroes, in the order of the maps.
  package func forEachReference(_ body: (PageReference) -> Void) {
    for map in maps {
      for run in map.runs where !run.reference.isZero {
        for page in run.pages { body(run.reference(of: page)) }
      }
    }
  }

  /// The sections with other references.
  ///
  /// - Parameter new: the new reference to the page that the old one names, which is not of zeroes.
  package func sections(_ new: (PageReference) throws(SnapshotError) -> PageReference)
    throws(SnapshotError) -> [(number: UInt32, contents: [UInt8])]
  {
    var message = message
    for (index, map) in maps.enumerated() {
      var renumbered = PageMap()
      for run in map.runs {
        if run.reference.isZero {
          renumbered.append(run)
        } else {
          for page in run.pages { renumbered.append(page, try new(run.reference(of: page))) }
        }
      }
      message.owners[index].pages = data(renumbered.encoded)
    }
    guard let bytes = message.encodedWhole() else { throw .stateTooLarge(.pageMaps) }
    return StateSection.pageMaps.parts(of: bytes).map { ($0.number, $0.bytes) }
  }
}
