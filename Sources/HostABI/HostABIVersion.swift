/// A version of the host ABI, as `Docs/HostABI.md` counts them.
package struct HostABIVersion: Hashable, Sendable, CustomStringConvertible {
  package var major: Int
  package var minor: Int

  package init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// The one that this module's types and `protocol Host` describe.
  package static let current = HostABIVersion(1, 0)

  package var description: String { "\(major).\(minor)" }
}
