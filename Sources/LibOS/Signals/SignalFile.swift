package import LinuxABI
import Machine

/// A file of `signalfd(2)`: a read takes pending signals of the reading thread.
package final class SignalFile: OpenFile, WaitListener {
  private unowned let kernel: Kernel
  /// The process that used the file last; those that poll it do so on its behalf.
  private(set) weak var process: Process?
  private let anonymous = AnonymousInode()
  /// The signals that reads take.
  package private(set) var mask: SignalSet
  /// Listeners are being notified. A signal for any thread counts then, because the running thread is not
  /// the one that waits.
  private var isNotifying = false

  package init(kernel: Kernel, process: Process?, mask: SignalSet, flags: OpenFlags) {
    self.kernel = kernel
    self.process = process
    self.mask = mask.subtracting(.unblockable)
    super.init(flags: flags)
    kernel.signalQueue.add(self)
  }

  package override func close() { kernel.signalQueue.remove(self) }

  package func setMask(_ mask: SignalSet) {
    self.mask = mask.subtracting(.unblockable)
    waitQueue.wake()
  }

  /// Notifies listeners after a signal was sent to some process.
  package func objectChanged() {
    isNotifying = true
    waitQueue.wake()
    isNotifying = false
  }

  /// Reads as many 128-byte records as there are signals and room for; EINVAL without room for one.
  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    let size = SignalfdSiginfo.byteCount
    guard buffer.byteCount >= size else { throw .EINVAL }
    guard let reader = kernel.loaded else { throw .EAGAIN }
    process = reader.process
    var done = 0
    while buffer.byteCount - done >= size, let info = reader.takeSignal(mask) {
      SignalfdSiginfo(info).bytes.withRawSpan { buffer.copy(from: $0, at: done) }
      done += size
    }
    guard done > 0 else { throw .EAGAIN }
    return done
  }

  /// Readable if a signal is pending for the thread that asks.
  package override func pollEvents() -> PollEvents {
    if isNotifying {
      guard let process else { return [] }
      let pending = process.tasks.reduce(process.signals.pending.members) {
        $0.union($1.signals.pending.members)
      }
      return pending.intersection(mask).isEmpty ? [] : .POLLIN
    }
    let own = kernel.loaded?.signals.pending.members ?? []
    process = kernel.loaded?.process ?? process
    let shared = process?.signals.pending.members ?? []
    return own.union(shared).intersection(mask).isEmpty ? [] : .POLLIN
  }

  package override var inode: Inode { get throws(Errno) { anonymous } }

  package override var linkName: String { "anon_inode:[signalfd]" }

  package override var fdinfo: String {
    let digits = String(mask.rawValue, radix: 16)
    return "sigmask:\t" + String(repeating: "0", count: 16 - digits.count) + digits + "\n"
  }
}
