package import HostABI

/// Where this user's supervisor is found: a control socket of its own, beneath those of the picoprocesses. Whoever
/// listens there is the only one.
package enum SupervisorPlace {
  package static let name = "control"

  package static func directory() throws(HostError) -> ControlDirectory {
    let applications = try ControlDirectory.standard()
    return try ControlDirectory(String(decoding: applications.path, as: UTF8.self) + "/supervisor")
  }
}
