/// The name of a thread, as `ps` shows it (`PR_SET_NAME`): at most 15 bytes, none of them 0.
package struct TaskName: Hashable, Sendable {
  package static let limit = 15

  package let bytes: [UInt8]

  /// The name from `bytes`, truncated if necessary.
  package init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes.prefix { $0 != 0 }.prefix(Self.limit))
  }
}
