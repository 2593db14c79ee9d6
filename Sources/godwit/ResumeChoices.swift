import ArgumentParser
import Picoprocess
import Snapshot

/// What `resume` and `recover` take beside the options of all guests.
struct ResumeChoices: ParsableArguments {
  @OptionGroup var keys: KnownKeysOption

  @OptionGroup var sealKeys: KeyOptions

  @Flag(help: "Trust the snapshot with all that it remembers of the host, whoever made it.")
  var trust = false

  @Flag(help: "Open none of the ports that the guest published.")
  var noPublish = false

  @Flag(
    help: """
      Run the guest at once, and read its memory when it needs it, and in the background. The file must stay \
      as it is until all is read: see `godwit ps`.
      """)
  var lazy = false

  @Flag(help: "With --lazy, read only what the guest needs.")
  var noPrefetch = false

  @Flag(
    help: """
      With --lazy, share memory with the others that are resumed from the same file: its pages are mapped when the \
      guest needs them, not read. The file must have been written with --compress none, and stay as it is as long as \
      the guest runs.
      """)
  var share = false

  @Flag(
    help: ArgumentHelp(
      "With --lazy, read only what the guest needs, and write down in which order.",
      discussion: """
        It is written to SNAPSHOT.working-set when the guest ends or is suspended. Later lazy resumes of the \
        snapshot read those pages first.
        """))
  var recordWorkingSet = false

  @Flag(
    help: """
      Make the guest another machine than the one that was saved: with the picoprocess's name as its host name, a \
      boot id and machine-id of its own, no published ports but those of --publish, and MADV_WIPEONFORK memory \
      empty.
      """)
  var freshIdentity = false

  @OptionGroup var rootStore: RootStoreOption

  @Option(
    help: ArgumentHelp(
      "Send this signal to the guest's processes that have /proc/godwit/checkpoint open.",
      valueName: "signal"))
  var notify: SignalOption?

  @OptionGroup var progress: ProgressOption

  func validate(_ options: GuestOptions) throws {
    guard lazy || !noPrefetch else { throw ValidationError("--no-prefetch needs --lazy") }
    guard lazy || !share else { throw ValidationError("--share needs --lazy") }
    guard !share || !recordWorkingSet else {
      throw ValidationError("--share and --record-working-set exclude each other")
    }
    guard lazy || !recordWorkingSet else {
      throw ValidationError("--record-working-set needs --lazy")
    }
    guard !noPublish || options.publish.isEmpty else {
      throw ValidationError("--publish and --no-publish exclude each other")
    }
  }

  /// Resumes the guest in the snapshot at `path`, which was opened as `reader`.
  func picoprocess(
    resuming path: String, _ reader: SnapshotReader, _ options: PicoprocessOptions
  ) throws -> Picoprocess {
    progress.begin()
    // From then on the terminal is the guest's.
    defer { Progress.isShown = false }
    var resume = ResumeOptions()
    resume.knownKeys = keys.knownKeys
    resume.trustsAll = trust
    resume.publishesNothing = noPublish
    resume.isLazy = lazy
    resume.shares = share
    resume.prefetches = !noPrefetch && !recordWorkingSet && !share
    resume.recordsWorkingSet = recordWorkingSet
    resume.takesFreshIdentity = freshIdentity
    resume.notification = notify
    resume.rootStore = rootStore.rootStore
    return try Picoprocess(resuming: path, reader, resume, options)
  }
}
