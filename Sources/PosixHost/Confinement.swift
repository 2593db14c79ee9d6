package import HostABI

/// Confines the host process to what its guest needs. It cannot be undone.
///
/// The library OS keeps a guest inside, and `Host` opens only what was granted. This layer is for the case
/// that both fail and the guest controls the process: it then still reaches only the guest's files, and only
/// a small part of the kernel. See `Docs/Security.md`.
///
/// Landlock and capabilities apply to the calling thread and to threads that it starts later. Therefore
/// `enter` must come before any thread is started.
package struct Confinement: Sendable {
  /// What may be done with a file, or with a directory and what is beneath it.
  package enum Access: Sendable {
    case read
    /// Also write, make, move and remove.
    case change
    /// Only remove names from it: a directory of sockets.
    case remove
    /// Read, write and control: a terminal.
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

  /// Grants access to what lies at `path` when `enter` is called, if anything does. Several add up.
  package mutating func grant(_ access: Access, _ path: [UInt8]) {
    grants.append((.path(path), access))
  }

  /// Grants access to what `host` was granted: what it has open, whatever the path means by now.
  package mutating func grant(_ granted: PosixHost.OpenGrant) {
    grants.append((.descriptor(granted.descriptor), granted.grant.isReadOnly ? .read : .change))
  }

  private var writesFiles: Bool { grants.contains { $0.access == .change } }

  private var connects: Bool {
    network.reachesOthers || network.reachesLoopback || !network.reachable.isEmpty
  }

  /// Enters, as far as the system offers it, and tells how far that was. There is no way back.
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
    // The first version denies every rename from one directory to another.
    guard version > (writesFiles ? 1 : 0) else { return 0 }
    // A thread that is there already would stay outside.
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
  /// The version of Landlock that holds; 0: none does.
  package var landlock = 0
  package var filtersSyscalls = false
  package var hasNoNewPrivileges = false
  package var hasNoCoreDumps = false
  /// What it has of the superuser's powers, by the names of capabilities(7).
  package var capabilities: [String] = []

  package init() {}

  /// What `--sandbox=require` is content with: files by Landlock, system calls by seccomp.
  package var isFull: Bool {
    landlock > 0 && filtersSyscalls && hasNoNewPrivileges && hasNoCoreDumps
  }

  /// What is missing of a full one, for people.
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
