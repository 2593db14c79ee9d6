package import HostABI

/// Confines the host process to what its guest needs. It cannot be undone.
///
/// The library OS contains the guest, and `Host` opens only what was granted. If both fail and the guest
/// controls the process, this layer still restricts it to the guest's files and to a small part of the
/// kernel. See `Docs/Security.md`.
///
/// Landlock and capabilities apply to the calling thread and to threads that it starts later. Therefore
/// `enter` must come before any thread is started.
package struct Confinement: Sendable {
  /// What may be done with a file, or with a directory and all files beneath it.
  package enum Access: Sendable {
    case read
    /// Also write, create, move and remove.
    case change
    /// Only remove entries: for a directory of sockets.
    case remove
    /// Read, write and ioctl: for a terminal.
    case terminal
  }

  private enum Place: Sendable {
    case path([UInt8])
    case descriptor(Int32)
  }

  private var grants: [(place: Place, access: Access)] = []
  /// What the picoprocess may do on the network.
  package var network = NetworkPermission()

  package init() {}

  /// Grants access to whatever lies at `path` when `enter` is called. Several grants add up.
  package mutating func grant(_ access: Access, _ path: [UInt8]) {
    grants.append((.path(path), access))
  }

  /// Grants access to a granted file that the host has open, whatever its path means by now.
  package mutating func grant(_ granted: PosixHost.OpenGrant) {
    grants.append((.descriptor(granted.descriptor), granted.grant.isReadOnly ? .read : .change))
  }

  private var writesFiles: Bool { grants.contains { $0.access == .change } }

  private var connects: Bool {
    network.reachesOthers || network.reachesLoopback || !network.reachable.isEmpty
  }

  /// Enters the confinement, as far as the system supports it, and reports how far that is. It cannot be
  /// undone.
  package func enter() -> ConfinementReport {
    var report = ConfinementReport()
    report.hasNoNewPrivileges = (try? system_no_new_privileges()) != nil
    report.hasNoCoreDumps = (try? system_forbid_core_dumps()) != nil
    report.landlock = (try? enterLandlock()) ?? 0
    report.capabilities = keepCapabilities().names
    report.filtersSyscalls = (try? installFilter()) != nil
    return report
  }

  private func enterLandlock() throws(HostError) -> Int {
    let version = Landlock.version
    // Version 1 denies all renames between directories.
    guard version > (writesFiles ? 1 : 0) else { return 0 }
    // A thread that exists already would stay unconfined.
    if let threads = try? system_thread_count() {
      precondition(threads == 1, "a thread was started before the confinement")
    }
    let landlock = try Landlock(version: version, connects: connects)
    for grant in grants {
      let rights = grant.access.rights
      switch grant.place {
      case .descriptor(let descriptor): try landlock.allow(rights, descriptor)
      case .path(let path):
        do throws(HostError) { try landlock.allow(rights, path) } catch .notFound {}
      }
    }
    for service in network.services where !service.isDatagram {
      try landlock.allowService(port: service.address.port)
    }
    try landlock.enter()
    return version
  }

  private func keepCapabilities() -> Capabilities {
    // The guest's root may hold files of several users.
    var kept = Capabilities([.CAP_DAC_READ_SEARCH])
    if writesFiles {
      for item in [Capability.CAP_CHOWN, .CAP_DAC_OVERRIDE, .CAP_FOWNER, .CAP_FSETID] {
        kept.insert(item)
      }
    }
    if network.services.contains(where: { $0.address.port < 1024 }) {
      kept.insert(.CAP_NET_BIND_SERVICE)
    }
    try? system_keep_capabilities(kept.bits)
    return Capabilities(bits: (try? system_capabilities()) ?? 0)
  }

  private func installFilter() throws(HostError) {
    guard let architecture = system_architecture, system_seccomp_is_offered() else {
      throw .notSupported
    }
    var policy = SeccompPolicy(processID: UInt32(HostProcess.id))
    policy.writesFiles = writesFiles
    policy.connects = connects
    policy.listens = !network.services.isEmpty
    let filter = SeccompFilter(policy, on: architecture)
    try system_seccomp_install(filter.program)
  }
}

extension Confinement.Access {
  var rights: Landlock.Access {
    switch self {
    case .read: .read
    case .change: .change
    case .remove: .removeFile
    case .terminal: [.readFile, .write, .ioctl]
    }
  }
}

/// How far a process is confined.
package struct ConfinementReport: Sendable, Hashable, Codable {
  /// The version of Landlock in force; 0 if none is.
  package var landlock = 0
  package var filtersSyscalls = false
  package var hasNoNewPrivileges = false
  package var hasNoCoreDumps = false
  /// The capabilities that it has, by their names in capabilities(7).
  package var capabilities: [String] = []

  package init() {}

  /// Whether it satisfies `--sandbox=require`: files are confined by Landlock, system calls by seccomp.
  package var isFull: Bool {
    landlock > 0 && filtersSyscalls && hasNoNewPrivileges && hasNoCoreDumps
  }

  /// What a full confinement lacks here, for people.
  package var missing: [String] {
    [
      landlock > 0 ? nil : "Landlock", filtersSyscalls ? nil : "seccomp",
      hasNoNewPrivileges ? nil : "no_new_privs", hasNoCoreDumps ? nil : "no core dumps",
    ].compactMap { $0 }
  }

  /// In one word: `full`, `partial` or `off`.
  package var summary: String {
    isFull ? "full" : self == ConfinementReport() ? "off" : "partial"
  }
}
