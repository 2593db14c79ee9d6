/// The checks of the host ABI's contract, `Docs/HostABI.md`, in its order.
package struct HostSuite {
  package private(set) var checks: [ContractCheck] = []

  package init() {
    addOpening()
    addStreams()
    addFiles()
    addDirectories()
    addLinks()
    addAttributes()
    addBeneath()
    addGrants()
    addTerminals()
    addConnections()
    addDatagrams()
    addNetworkPermissions()
    addWaiting()
    addRest()
  }

  /// Adds a check. `t`, in the closures that follow, is the trial.
  mutating func check(
    _ id: String, _ rule: String, _ body: @escaping @Sendable (_ t: Trial) throws -> Void
  ) {
    checks.append(ContractCheck(id: id, rule: rule, body: body))
  }
}
