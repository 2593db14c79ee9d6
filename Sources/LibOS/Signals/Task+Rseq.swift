import LinuxABI
import Machine

extension Task {
  /// Aborts the restartable sequence that the thread is in, if any. Called when the thread is preempted and
  /// before a handler runs, with its registers loaded (rseq(2), `kernel/rseq.c`).
  ///
  /// An invalid registered area is SIGSEGV.
  package func abortRseq() {
    guard !rseq.address.isNull else { return }
    let pointer = rseq.address + 8
    let space = process.space
    do throws(MemoryFault) {
      let descriptor = GuestAddress(try space.load(UInt64.self, at: pointer))
      guard !descriptor.isNull else { return }
      let section = RseqCriticalSection(
        bytes: try space.bytes(at: descriptor, count: RseqCriticalSection.byteCount))
      let limit = process.isa.userAddressLimit.rawValue
      let (end, overflow) = section.start_ip.addingReportingOverflow(section.post_commit_offset)
      guard section.version == 0, section.flags == 0, !overflow, section.start_ip < limit,
        end < limit, section.abort_ip < limit,
        section.abort_ip &- section.start_ip >= section.post_commit_offset,
        try space.load(UInt32.self, at: GuestAddress(section.abort_ip) - 4) == rseq.signature
      else { return forceSegmentationFault() }
      try space.store(UInt64(0), to: pointer)
      if engine.programCounter &- section.start_ip < section.post_commit_offset {
        engine.programCounter = section.abort_ip
      }
    } catch {
      forceSegmentationFault()
    }
  }
}
