import LibOSState
import Snapshot

/// A snapshot's description, laid out as text and as JSON.
package struct SnapshotReport {
  package var json: JSON
  package var text: String
}

extension SnapshotDescription {
  /// Lays everything out.
  package func report(_ disassembly: Disassembly) -> SnapshotReport {
    let parts = [
      header(), sizes(), mounts(), taskList(disassembly), memoryMap(), descriptors(),
    ]
    return SnapshotReport(
      json: .object(parts.map { ($0.key, $0.json) }),
      text: parts.map { "\($0.title)\n" + $0.lines.map { "  \($0)\n" }.joined() }
        .joined(separator: "\n").trimmingLastBreak)
  }

  private struct Part {
    var key: String
    var title: String
    var json: JSON
    var lines: [String]

    /// A part of named values.
    init(_ key: String, _ title: String, _ values: [(key: String, label: String, value: JSON)]) {
      self.key = key
      self.title = title
      json = .object(values.map { ($0.key, $0.value) })
      let width = values.map(\.label.count).max() ?? 0
      lines = values.map { entry in
        let padding = String(repeating: " ", count: width - entry.label.count)
        return "\(entry.label)\(padding)  \(entry.value.string ?? entry.value.text)"
      }
    }

    init(_ key: String, _ title: String, list: [JSON], _ lines: [String]) {
      self.key = key
      self.title = title
      json = .array(list)
      self.lines = lines
    }
  }

  private func header() -> Part {
    let header = reader.header
    return Part(
      "header", "Snapshot",
      [
        ("id", "id", .string(header.id.description)),
        ("parent", "parent", header.parent.map { .string($0.description) } ?? "none"),
        ("formatVersion", "format version", .integer(Int64(header.formatVersion))),
        ("created", "created (seconds since 1970)", .integer(header.creationSeconds)),
        ("isa", "guest ISA", .string(header.guestISA)),
        ("libraryOS", "library OS", .string(header.libraryOSVersion)),
        ("abiVersion", "ABI version", .integer(Int64(header.abiVersion))),
        (
          "requiredFeatures", "required features",
          .array(header.requiredFeatures.map { .string($0) })
        ),
        ("host", "written on", .string(header.hostNote)),
        ("digest", "digest", .string(reader.contentDigest.description)),
        ("syscallCount", "system calls made", .integer(Int64(clamping: kernel.syscallCount))),
      ])
  }

  private func sizes() -> Part {
    let sectionBytes = reader.sections.reduce(UInt64(0)) { $0 + $1.storedByteCount }
    let pages = processes.processes.reduce(UInt64(0)) { $0 + self.pages(of: $1.pages).all }
    return Part(
      "sizes", "Sizes in bytes",
      [
        ("file", "file", .integer(Int64(clamping: reader.byteCount))),
        ("sections", "sections", .integer(Int64(clamping: sectionBytes))),
        ("pageStore", "page store", .integer(Int64(clamping: reader.storedPageBytes))),
        ("storedPages", "different pages stored", .integer(Int64(clamping: reader.pageCount))),
        ("privatePages", "private pages in all", .integer(Int64(clamping: pages))),
      ])
  }

  private func mounts() -> Part {
    let list = filesystems.mounts.map { mount in
      let host = mount.hasTree ? text(mount.tree.lower) : text(mount.hostPath)
      return (text(mount.path), mount.type, host, mount.readOnly, mount.tree.nodes.count)
    }
    return Part(
      "mounts", "Mounts",
      list: list.map { path, type, host, isReadOnly, nodes in
        .object([
          ("path", .string(path)), ("type", .string(type)), ("host", .string(host)),
          ("readOnly", .bool(isReadOnly)), ("files", .integer(Int64(nodes))),
        ])
      },
      list.map { path, type, host, isReadOnly, nodes in
        "\(path)  \(type)" + (host.isEmpty ? "" : "  over \(host)")
          + (isReadOnly ? "  read-only" : "")
          + (nodes == 0 ? "" : "  \(nodes) files of its own")
      })
  }

  private func taskList(_ disassembly: Disassembly) -> Part {
    var list: [JSON] = []
    var lines: [String] = []
    for task in tasks.tasks {
      let pc = task.registers.programCounter
      var code: [(address: UInt64, text: String)] = []
      if let process = processes.processes.first(where: { $0.pid == task.pid }) {
        code = disassembly(bytes(of: process, at: pc, count: 32), pc, kernel.isa)
      }
      let call = call(of: task)
      list.append(
        .object([
          ("tid", .integer(Int64(task.tid))), ("pid", .integer(Int64(task.pid))),
          ("name", .string(text(task.name))), ("state", .string(state(of: task))),
          ("syscall", call.map { .string($0) } ?? .null),
          ("programCounter", .string(hex(pc))),
          ("stackPointer", .string(hex(task.registers.stackPointer))),
          (
            "instructions",
            .array(
              code.map {
                .object([("address", .string(hex($0.address))), ("text", .string($0.text))])
              }
            )
          ),
        ]))
      lines.append(
        "\(task.tid) \(text(task.name)): \(state(of: task))"
          + (call.map { " in \($0)" } ?? "") + ", sp \(hex(task.registers.stackPointer))")
      if code.isEmpty { lines.append("  \(hex(pc))  (no instructions at hand)") }
      lines += code.map { "  \(hex($0.address))  \($0.text)" }
    }
    return Part("tasks", "Tasks", list: list, lines)
  }

  private func memoryMap() -> Part {
    var list: [JSON] = []
    var lines: [String] = []
    for process in processes.processes {
      let pages = pages(of: process.pages)
      lines.append(
        "process \(process.pid), \(text(process.executable)): \(pages.all) private pages, "
          + "\(pages.stored) not zero")
      for mapping in process.mappings {
        let bits = zip(["r", "w", "x"], [1, 2, 4] as [UInt32])
        let permissions = bits.map { mapping.permissions & $1 != 0 ? $0 : "-" }.joined()
        list.append(
          .object([
            ("pid", .integer(Int64(process.pid))), ("start", .string(hex(mapping.start))),
            ("end", .string(hex(mapping.end))), ("permissions", .string(permissions)),
            ("offset", .integer(Int64(clamping: mapping.offset))),
            ("name", .string(text(mapping.name))),
          ]))
        lines.append(
          "  \(hex(mapping.start))-\(hex(mapping.end)) \(permissions)  "
            + "\((mapping.end &- mapping.start) >> 10) KiB"
            + (mapping.name.isEmpty ? "" : "  \(text(mapping.name))"))
      }
    }
    return Part("memory", "Memory", list: list, lines)
  }

  private func descriptors() -> Part {
    var list: [JSON] = []
    var lines: [String] = []
    for process in processes.processes {
      for descriptor in process.descriptors {
        let offset = files.files.first { $0.id == descriptor.file }?.offset ?? 0
        let what = describe(file: descriptor.file)
        list.append(
          .object([
            ("pid", .integer(Int64(process.pid))), ("fd", .integer(Int64(descriptor.fd))),
            ("file", .string(what)), ("offset", .integer(Int64(clamping: offset))),
            ("closeOnExec", .bool(descriptor.closeOnExec)),
          ]))
        lines.append(
          "\(descriptor.fd)  \(what)" + (offset == 0 ? "" : "  at \(offset)")
            + (descriptor.closeOnExec ? "  close-on-exec" : ""))
      }
    }
    return Part("descriptors", "Descriptors", list: list, lines)
  }

  private func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}

extension String {
  fileprivate var trimmingLastBreak: String { hasSuffix("\n") ? String(dropLast()) : self }
}
