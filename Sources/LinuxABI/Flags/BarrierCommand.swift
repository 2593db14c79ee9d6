/// The commands of `membarrier(2)`: `MEMBARRIER_CMD_*`. The registration for a private one is the next bit.
package enum BarrierCommand: UInt32, Hashable, Sendable, CaseIterable {
  case GLOBAL = 0x1
  case GLOBAL_EXPEDITED = 0x2
  case REGISTER_GLOBAL_EXPEDITED = 0x4
  case PRIVATE_EXPEDITED = 0x8
  case REGISTER_PRIVATE_EXPEDITED = 0x10
  case PRIVATE_EXPEDITED_SYNC_CORE = 0x20
  case REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 0x40
  case PRIVATE_EXPEDITED_RSEQ = 0x80
  case REGISTER_PRIVATE_EXPEDITED_RSEQ = 0x100
}
