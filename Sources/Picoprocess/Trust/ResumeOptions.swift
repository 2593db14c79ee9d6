import LibOS
import LinuxABI

/// The options of a resume beside those of all picoprocesses.
package struct ResumeOptions: Sendable {
  /// A file with the keys whose signatures are trusted like one's own.
  package var knownKeys: String?
  /// Trust the snapshot, whoever made it.
  package var trustsAll = false
  /// Do not open the ports that the snapshot remembers.
  package var publishesNothing = false
  /// Run the guest before its pages are read.
  package var isLazy = false
  /// Though that is so, compare the files of the root that it has in use before it runs.
  var checksFilesAtOnce = false
  /// Digests that are known of them.
  var knownDigests: [DigestedFile] = []
  /// Map its pages in place of reading them.
  package var shares = false
  /// Has the pages that are not in the snapshot: they are on their way.
  var borrowed: BorrowedMemory?
  /// Read them in the background.
  package var prefetches = true
  /// Write down in which order the guest needs them.
  package var recordsWorkingSet = false
  /// Where files are put that the snapshot carries; nil: see `TreeStore`.
  package var rootStore: String?
  /// Make the guest another machine than the one that was saved.
  package var takesFreshIdentity = false
  /// The signal for processes that have `/proc/godwit/checkpoint` open.
  package var notification: SignalOption?

  package init() {}
}

/// A signal as people write it: `USR1`, `SIGUSR1`, `10`.
package struct SignalOption: Sendable, Hashable {
  package let number: Int32

  package init?(_ text: String) {
    guard let signal = Signal(named: text) else { return nil }
    number = signal.rawValue
  }
}
