import LinuxABI

// `/proc/godwit`: what a guest may know of its snapshots.
extension ProcFS {
  func addCheckpointFile(to root: FixedDirectory) {
    subdirectory(root, "godwit").add("checkpoint", CheckpointText(kernel, takeNumber()))
  }
}

/// `/proc/godwit/checkpoint`: how often the guest went on from a snapshot. A write asks for a checkpoint: EPERM where nobody takes
/// any or does so any more, EBUSY soon after another.
///
/// A process that has it open is told by a signal when the guest goes on, if the user wants it (`--notify`).
final class CheckpointText: ProcText {
  init(_ kernel: Kernel, _ number: UInt64) {
    super.init(
      number: number, text: { [unowned kernel] in Array("resumes \(kernel.resumes)\n".utf8) },
      accept: { [unowned kernel] (_) throws(Errno) in
        guard let ask = kernel.onCheckpointWanted else { throw .EPERM }
        if !ask() { throw kernel.onCheckpointWanted == nil ? .EPERM : .EBUSY }
      })
  }
}

extension Kernel {
  /// Tells the restored guest, which is about to run, that it was.
  func noteResume() {
    if isDeterministic { return }
    resumes += 1
    guard let signal = resumeSignal else { return }
    for process in processes.values.sorted(by: { $0.pid < $1.pid }) {
      let asks = process.files.descriptors.contains { descriptor in
        (try? process.files.file(descriptor))?.dentry?.inode is CheckpointText
      }
      if asks { process.post(signal: signal, code: SignalCode.SI_KERNEL) }
    }
  }
}
