package import LinuxABI
import Machine

/// What `signalfd(2)` opens: reads take pending signals of whoever reads.
package final class SignalFile: OpenFile, WaitListener {
  private unowned let process: Process
  private let anonymous = AnonymousInode()
  /// The signals that it takes.
  package private(set) var mask: SignalSet
  /// Listeners are being told: what is ready for any thread counts, as the one that runs now is not
  /// the one that waits.
  private var isNotifying = false

  package init(process: Process, mask: SignalSet, flags: OpenFlags) {
    self.process = process
    self.mask = mask.subtracting(.unblockable)
    super.init(flags: flags)
    process.signalQueue.add(self)
  }

  package override func close() { process.signalQueue.remove(self) }

  package func setMask(_ mask: SignalSet) {
    self.mask = mask.subtracting(.unblockable)
    waitQueue.wake()
  }

  /// A signal was sent to the process or one of its threads.
  package func objectChanged() {
    isNotifying = true
    waitQueue.wake()
    isNotifying = false
  }

  /// As many 128-byte records as there are signals and room: EINVAL without room for one.
  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    let size = SignalfdSiginfo.byteCount
    guard buffer.byteCount >= size else { throw .EINVAL }
    guard let reader = process.kernel.loaded else { throw .EAGAIN }
    var done = 0
    while buffer.byteCount - done >= size, let info = reader.takeSignal(mask) {
      SignalfdSiginfo(info).bytes.withRawSpan { buffer.copy(from: $0, at: done) }
      done += size
    }
    guard done > 0 else { throw .EAGAIN }
    return done
  }

  /// Readable when the thread that asks has something to read.
  package override func pollEvents() -> PollEvents {
    if isNotifying {
      let pending = process.tasks.reduce(process.signals.pending.members) {
        $0.union($1.signals.pending.members)
      }
      return pending.intersection(mask).isEmpty ? [] : .POLLIN
    }
    let own = process.kernel.loaded?.signals.pending.members ?? []
    let shared = (process.kernel.loaded?.process ?? process).signals.pending.members
    return own.union(shared).intersection(mask).isEmpty ? [] : .POLLIN
  }

  package override var inode: Inode { get throws(Errno) { anonymous } }

  package override var linkName: String { "anon_inode:[signalfd]" }

  package override var fdinfo: String {
    let digits = String(mask.rawValue, radix: 16)
    return "sigmask:\t" + String(repeating: "0", count: 16 - digits.count) + digits + "\n"
  }
}
