import HostABI

extension SnapshotReport {
  /// For people, one paragraph for each part.
  package var text: String {
    [
      paragraph("Snapshot", headerLines), paragraph("Sizes in bytes", sizeLines),
      paragraph("Mounts", mountLines), paragraph("Published ports", publishedLines),
      paragraph("Tasks", tasks.flatMap(lines)),
      paragraph("Memory", memory.flatMap(lines)), paragraph("Descriptors", descriptorLines),
    ].joined(separator: "\n\n")
  }

  private func paragraph(_ title: String, _ lines: [String]) -> String {
    ([title] + lines.map { "  \(printable($0))" }).joined(separator: "\n")
  }

  /// Labels, padded to equal width, and their values.
  private func columns(_ values: KeyValuePairs<String, String>) -> [String] {
    let width = values.map(\.key.count).max() ?? 0
    return values.map { label, value in
      "\(label)\(String(repeating: " ", count: width - label.count))  \(value)"
    }
  }

  private var headerLines: [String] {
    columns([
      "id": header.id,
      "parent": header.parent.map { "\($0.id) (\($0.name))" } ?? "none",
      "format version": "\(header.formatVersion)",
      "created (seconds since 1970)": "\(header.created)",
      "guest ISA": header.isa,
      "library OS": header.libraryOS,
      "ABI version": "\(header.abiVersion)",
      "required features": header.requiredFeatures.isEmpty
        ? "none" : header.requiredFeatures.joined(separator: ", "),
      "written on": header.host,
      "digest": header.digest,
      "signature": header.signature.text,
      "system calls made": "\(header.syscallCount)",
    ])
  }

  private var sizeLines: [String] {
    columns([
      "file": "\(sizes.file)",
      "sections": "\(sizes.sections)",
      "page store": "\(sizes.pageStore)",
      "different pages stored": "\(sizes.storedPages)",
      "private pages in all": "\(sizes.privatePages)",
    ])
  }

  private var mountLines: [String] {
    mounts.map { mount in
      "\(mount.path)  \(mount.type)" + (mount.host.isEmpty ? "" : "  over \(mount.host)")
        + (mount.readOnly ? "  read-only" : "")
        + (mount.files == 0 ? "" : "  \(mount.files) files of its own")
        + (mount.carried == 0 ? "" : "  \(mount.carried) carried")
    }
  }

  private var publishedLines: [String] {
    published.isEmpty ? ["none"] : published.map { "\($0.address) to \($0.port)/\($0.transport)" }
  }

  private func lines(_ task: Task) -> [String] {
    let head =
      "\(task.tid) \(task.name): \(task.state)" + (task.syscall.map { " in \($0)" } ?? "")
      + ", sp \(task.stackPointer)"
    let code =
      task.instructions.isEmpty
      ? ["  \(task.programCounter)  (no instructions at hand)"]
      : task.instructions.map { "  \($0.address)  \($0.text)" }
    return [head] + code
  }

  private func lines(_ memory: Memory) -> [String] {
    let head =
      "process \(memory.pid), \(memory.executable): \(memory.privatePages) private pages, "
      + "\(memory.storedPages) not zero"
    return [head]
      + memory.mappings.map { mapping in
        "  \(mapping.start)-\(mapping.end) \(mapping.permissions)  \(mapping.kibibytes) KiB"
          + (mapping.name.isEmpty ? "" : "  \(mapping.name)")
      }
  }

  private var descriptorLines: [String] {
    descriptors.map { descriptor in
      "\(descriptor.fd)  \(descriptor.file)"
        + (descriptor.offset == 0 ? "" : "  at \(descriptor.offset)")
        + (descriptor.closeOnExec ? "  close-on-exec" : "")
    }
  }
}
