import PosixHost

/// What this host offers for confinement, and whether it works: `godwit check`.
package struct HostCheck {
  /// A property and its value.
  package struct Line {
    package var name: String
    package var text: String
  }

  package let lines: [Line]
  /// Whether `--sandbox=require` works here.
  package let isFull: Bool

  /// Confines this process as a picoprocess without mounts and network, and examines the result.
  package init() {
    let facilities = HostFacilities()
    let status = ProcessStatus()
    var confinement = Confinement()
    confinement.grant(.read, [UInt8(ascii: "/")])
    let report = confinement.enter()
    let holds = status.fields()
    isFull = report.isFull

    func line(_ name: String, _ isThere: Bool, _ text: String) -> Line {
      Line(name: name, text: isThere ? text : "missing")
    }
    lines = [
      line("landlock", report.landlock > 0, "version \(report.landlock): \(Self.landlock(report))"),
      line("seccomp", report.filtersSyscalls, "mode \(holds["Seccomp"] ?? "?")"),
      line(
        "no_new_privs", report.hasNoNewPrivileges, "holds: \(holds["NoNewPrivs"] ?? "?")"),
      line("core dumps", report.hasNoCoreDumps, "off"),
      Line(
        name: "capabilities",
        text: report.capabilities.isEmpty
          ? "none" : "kept: \(report.capabilities.joined(separator: " "))"),
      line("openat2", facilities.hasOpenat2, "there"),
      Line(name: "kvm", text: facilities.hasKVM ? "there; not used" : "absent; not needed"),
      Line(
        name: "sandbox",
        text: isFull ? "full" : "without \(report.missing.joined(separator: ", "))"),
    ]
  }

  /// What each version of Landlock governs.
  private static func landlock(_ report: ConfinementReport) -> String {
    var parts = [report.landlock >= 2 ? "files" : "files, without writable mounts"]
    if report.landlock >= 4 { parts.append("TCP ports") }
    if report.landlock >= 5 { parts.append("devices") }
    if report.landlock >= 6 { parts.append("signals, abstract sockets") }
    return parts.joined(separator: ", ")
  }
}
