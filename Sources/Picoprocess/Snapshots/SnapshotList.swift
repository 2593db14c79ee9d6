import Age
import HostABI
import LibOS
import LibOSState
import PosixHost
import Snapshot

/// The snapshots in a directory, each behind the one that it is an increment to.
package struct SnapshotList: Encodable, Sendable {
  package struct Entry: Encodable, Sendable {
    package var name: String
    /// In bytes.
    package var size: UInt64
    /// Nil if the file can't be read as a snapshot.
    package var content: Content?
    /// What is wrong with it, in one line.
    package var fault: String?
  }

  package struct Content: Encodable, Sendable {
    package var id: String
    /// Seconds since 1970.
    package var created: Int64
    package var isa: String
    /// The first program's path.
    package var program: String
    /// A note of where it was written.
    package var host: String
    package var parent: SnapshotReport.Parent?
    /// Its place in its chain, from 1; nil if the chain is broken.
    package var link: Int?
  }

  package private(set) var snapshots: [Entry] = []

  /// Lists the directory at `path`. Files that do not begin like a snapshot are left out, and no file outside is
  /// looked at. Only what is shown is read and checked, not the pages. Of a sealed file that none of the keys opens
  /// it is not known whether it is a snapshot; it is listed.
  package init(_ path: String, _ keys: SealKeys) throws(Failure) {
    let names = try withFailure(path.isEmpty ? "''" : path) { () throws(HostError) in
      try directoryNames(path)
    }
    var found: [String: Found] = [:]
    var order: [String] = []
    for bytes in names {
      guard let name = String(validating: bytes, as: UTF8.self) else {
        let fault = "its name is not UTF-8, so no command can be given it"
        snapshots.append(Entry(name: printable(bytes), size: 0, fault: fault))
        continue
      }
      guard let file = Found(path + "/" + name, name, keys) else { continue }
      found[name] = file
      order.append(name)
    }
    let parts = Set(found.values.flatMap(\.parts))
    order.removeAll { parts.contains($0) }
    for part in parts { found[part] = nil }
    snapshots += Chains(found, order).sorted
  }
}

/// A file that begins like a snapshot, or can't be read.
private struct Found {
  var entry: SnapshotList.Entry
  private(set) var isSealed = false
  /// The names of the files that it is in.
  private(set) var parts: [String] = []
  /// Nil if it is damaged, or sealed to others.
  private(set) var reader: SnapshotReader?

  /// - Returns: nil if it is something else.
  init?(_ path: String, _ name: String, _ keys: SealKeys) {
    entry = SnapshotList.Entry(name: name, size: 0)
    let file: InputFile
    do throws(HostError) {
      let first = try InputFile(path)
      do throws(Failure) {
        parts = try PartList(first, path)?.entries.map(\.name) ?? []
        file = parts.isEmpty ? first : try PartList.open(path)
      } catch {
        entry.fault = error.message
        return
      }
      isSealed = try SealedSnapshot.isSealed(file)
    } catch {
      switch error {
      case .isDirectory, .notSupported, .notFound: return nil
      default:
        entry.fault = "\(error)"
        return
      }
    }
    entry.size = file.size
    let source: any SnapshotSource
    do throws(AgeError) {
      source = isSealed ? try SealedSnapshot(file, keys) : SnapshotFile(file)
    } catch {
      entry.fault = "sealed: \(error)"
      return
    }
    do throws(SnapshotError) {
      let reader = try SnapshotReader(source)
      entry.content = try SnapshotList.Content(reader)
      self.reader = reader
    } catch {
      if case .notASnapshot = error { return nil }
      entry.fault = "\(error)"
    }
  }
}

extension SnapshotList.Content {
  init(_ reader: SnapshotReader) throws(SnapshotError) {
    let kernel: Godwit_State_Kernel = try StateLoader.section(.kernel, reader)
    let processes: Godwit_State_Processes = try StateLoader.section(.processes, reader)
    let first =
      processes.processes.first { $0.pid == kernel.initialPid } ?? processes.processes.first
    let header = reader.header
    id = reader.id.description
    created = header.creationSeconds
    isa = header.guestISA
    program = String(decoding: first.map { Array($0.executable) } ?? [], as: UTF8.self)
    host = header.hostNote
    parent = header.parent.map(SnapshotReport.Parent.init)
  }
}

/// How the snapshots of a directory hang together.
private struct Chains {
  private var found: [String: Found]
  private let order: [String]
  /// The increments to each, by its name, in order.
  private var increments: [String: [String]] = [:]

  init(_ found: [String: Found], _ order: [String]) {
    self.found = found
    self.order = order
    for name in order {
      if let parent = found[name]?.reader?.header.parent, fault(of: parent) == nil {
        increments[parent.name, default: []].append(name)
      }
    }
  }

  /// Why the parent is not here; nil if it is.
  private func fault(of link: ParentLink) -> String? {
    guard let parent = found[link.name] else { return "its parent \(link.name) is missing" }
    guard let reader = parent.reader else {
      return "its parent \(link.name) is \(parent.isSealed ? "sealed" : "damaged")"
    }
    let isIt =
      reader.id == link.id && reader.contentDigest == link.contentDigest
      && reader.pageCount == link.pageCount
    return isIt ? nil : "\(link.name) is not its parent, but another snapshot"
  }

  /// All files, increments behind what they are increments to.
  var sorted: [SnapshotList.Entry] {
    var result: [SnapshotList.Entry] = []
    for first in order {
      let parent = found[first]!.reader?.header.parent
      let fault = parent.flatMap(fault)
      if parent != nil, fault == nil { continue }
      // No recursion: a chain may be long.
      var pending = [(name: first, link: 1)]
      while let (name, link) = pending.popLast() {
        var entry = found[name]!.entry
        if let fault {
          entry.fault = entry.fault ?? (link == 1 ? fault : "its chain is broken at \(first)")
        } else {
          entry.content?.link = link
        }
        result.append(entry)
        pending += (increments[name] ?? []).reversed().map { ($0, link + 1) }
      }
    }
    return result
  }
}
