import HostABI
import LibOS
import LibOSState
import Snapshot

/// The report on a snapshot, which can be encoded as JSON or as text.
package struct SnapshotReport: Encodable, Sendable {
  var header: Header
  var sizes: Sizes
  var mounts: [Mount]
  var published: [Published]
  var tasks: [Task]
  var memory: [Memory]
  var descriptors: [Descriptor]

  struct Header: Encodable, Sendable {
    var id: String
    var parent: Parent?
    var formatVersion: UInt32
    /// Seconds since 1970.
    var created: Int64
    var isa: String
    var libraryOS: String
    var abiVersion: UInt32
    var requiredFeatures: [String]
    /// A note of where it was written.
    var host: String
    var digest: String
    var signature: Signature
    /// Number of calls that the guest has made.
    var syscallCount: UInt64
  }

  /// The snapshot that this one is an increment to.
  package struct Parent: Encodable, Sendable {
    package var id: String
    /// The name that its file had.
    package var name: String
    package var digest: String

    init(_ link: ParentLink) {
      id = link.id.description
      name = link.name
      digest = link.contentDigest.description
    }
  }

  struct Signature: Encodable, Sendable {
    /// `none`, `own`, `known`, `unknown` or `broken`.
    var state: String
    /// The fingerprint of its key, as shown by ssh-keygen.
    var fingerprint: String?
    /// A description for people.
    var text: String
  }

  /// In bytes unless stated otherwise.
  struct Sizes: Encodable, Sendable {
    var file: UInt64
    var sections: UInt64
    var pageStore: UInt64
    /// A number of pages.
    var storedPages: UInt64
    /// A number of pages.
    var privatePages: UInt64
  }

  struct Mount: Encodable, Sendable {
    var path: String
    var type: String
    /// The host directory beneath the filesystem.
    var host: String
    var readOnly: Bool
    /// The files that travel in the snapshot.
    var files: Int
    /// Those that it carries of the host directory.
    var carried: Int
  }

  /// A published port of the guest, which a resume opens to others.
  struct Published: Encodable, Sendable {
    var address: String
    var port: UInt16
    /// `tcp` or `udp`.
    var transport: String
  }

  struct Task: Encodable, Sendable {
    var tid: Int32
    var pid: Int32
    var name: String
    var state: String
    var syscall: String?
    var programCounter: String
    var stackPointer: String
    var instructions: [Instruction]
  }

  struct Instruction: Encodable, Sendable {
    var address: String
    var text: String
  }

  /// That of one process.
  struct Memory: Encodable, Sendable {
    var pid: Int32
    var executable: String
    var privatePages: UInt64
    /// The number of pages that are not all zero.
    var storedPages: UInt64
    var mappings: [Mapping]
  }

  struct Mapping: Encodable, Sendable {
    var start: String
    var end: String
    var kibibytes: UInt64
    var permissions: String
    var offset: UInt64
    var name: String
  }

  struct Descriptor: Encodable, Sendable {
    var pid: Int32
    var fd: Int32
    var file: String
    var offset: UInt64
    var closeOnExec: Bool
  }
}

extension SnapshotDescription {
  /// Collects the report.
  package func report(_ disassembly: Disassembly) -> SnapshotReport {
    SnapshotReport(
      header: header(), sizes: sizes(), mounts: mounts(),
      published: published(), tasks: tasks.tasks.map { describe($0, disassembly) },
      memory: processes.processes.map { memory(of: $0) }, descriptors: descriptors())
  }

  private func header() -> SnapshotReport.Header {
    let header = reader.header
    return SnapshotReport.Header(
      id: reader.id.description, parent: header.parent.map(SnapshotReport.Parent.init),
      formatVersion: UInt32(header.formatVersion), created: header.creationSeconds,
      isa: header.guestISA, libraryOS: header.libraryOSVersion, abiVersion: header.abiVersion,
      requiredFeatures: header.requiredFeatures, host: header.hostNote,
      digest: reader.contentDigest.description, signature: signature(),
      syscallCount: kernel.syscallCount)
  }

  private func signature() -> SnapshotReport.Signature {
    let state =
      switch provenance {
      case .unsigned: "none"
      case .own: "own"
      case .known: "known"
      case .unknown: "unknown"
      case .broken: "broken"
      }
    return SnapshotReport.Signature(
      state: state, fingerprint: provenance.fingerprint, text: provenance.description)
  }

  private func sizes() -> SnapshotReport.Sizes {
    SnapshotReport.Sizes(
      file: reader.byteCount,
      sections: reader.sections.reduce(UInt64(0)) { $0 + $1.storedByteCount },
      pageStore: reader.storedPageBytes, storedPages: reader.storedPageCount,
      privatePages: processes.processes.reduce(0) { $0 + pages(of: $1).all })
  }

  private func mounts() -> [SnapshotReport.Mount] {
    let carried = (try? CarriedFiles(reader))?.listing.files ?? []
    var hostMounts = 0
    return filesystems.mounts.enumerated().map { index, mount in
      if mount.type == "9p" { hostMounts += 1 }
      let number = index == 0 ? 0 : mount.type == "9p" ? hostMounts : nil
      return SnapshotReport.Mount(
        path: text(mount.path), type: mount.type,
        host: mount.hasTree ? text(mount.tree.lower) : text(mount.hostPath),
        readOnly: mount.readOnly, files: mount.tree.nodes.count,
        carried: carried.count { $0.place.mount == number })
    }
  }

  private func published() -> [SnapshotReport.Published] {
    let ports = (try? kernel.publishedPorts()) ?? []
    return ports.map { port in
      SnapshotReport.Published(
        address: port.host.description, port: port.port, transport: port.isDatagram ? "udp" : "tcp")
    }
  }

  private func describe(_ task: Godwit_State_Task, _ disassembly: Disassembly)
    -> SnapshotReport.Task
  {
    let pc = task.registers.programCounter
    var code: [(address: UInt64, text: String)] = []
    if let process = processes.processes.first(where: { $0.pid == task.pid }) {
      code = disassembly(bytes(of: process, at: pc, count: 32), pc, kernel.isa)
    }
    return SnapshotReport.Task(
      tid: task.tid, pid: task.pid, name: text(task.name), state: state(of: task),
      syscall: call(of: task), programCounter: hex(pc),
      stackPointer: hex(task.registers.stackPointer),
      instructions: code.map {
        SnapshotReport.Instruction(address: hex($0.address), text: $0.text)
      })
  }

  private func memory(of process: Godwit_State_Process) -> SnapshotReport.Memory {
    let pages = pages(of: process)
    return SnapshotReport.Memory(
      pid: process.pid, executable: text(process.executable), privatePages: pages.all,
      storedPages: pages.stored,
      mappings: process.mappings.map { mapping in
        let bits = zip(["r", "w", "x"], [1, 2, 4] as [UInt32])
        return SnapshotReport.Mapping(
          start: hex(mapping.start), end: hex(mapping.end),
          kibibytes: (mapping.end &- mapping.start) >> 10,
          permissions: bits.map { mapping.permissions & $1 != 0 ? $0 : "-" }.joined(),
          offset: mapping.offset, name: text(mapping.name))
      })
  }

  private func descriptors() -> [SnapshotReport.Descriptor] {
    let offsets = Dictionary(files.files.map { ($0.id, $0.offset) }) { first, _ in first }
    return processes.processes.flatMap { process in
      process.descriptors.map { descriptor in
        SnapshotReport.Descriptor(
          pid: process.pid, fd: descriptor.fd, file: describe(file: descriptor.file),
          offset: offsets[descriptor.file] ?? 0, closeOnExec: descriptor.closeOnExec)
      }
    }
  }

  private func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
