#define _GNU_SOURCE 1
#include "CUnicornShims.h"

#include <sys/mman.h>

// An empty range (begin above end) means "everywhere".
enum { EVERYWHERE_BEGIN = 1, EVERYWHERE_END = 0 };

uc_err godwit_uc_hook_tlb_fill(uc_engine *uc, uc_hook *hook, uc_cb_tlbevent_t callback,
                               void *context) {
  return uc_hook_add(uc, hook, UC_HOOK_TLB_FILL, (void *)callback, context,
                     (uint64_t)EVERYWHERE_BEGIN, (uint64_t)EVERYWHERE_END);
}

uc_err godwit_uc_hook_interrupt(uc_engine *uc, uc_hook *hook, uc_cb_hookintr_t callback,
                                void *context) {
  return uc_hook_add(uc, hook, UC_HOOK_INTR, (void *)callback, context,
                     (uint64_t)EVERYWHERE_BEGIN, (uint64_t)EVERYWHERE_END);
}

uc_err godwit_uc_hook_syscall(uc_engine *uc, uc_hook *hook, uc_cb_insn_syscall_t callback,
                              void *context) {
  return uc_hook_add(uc, hook, UC_HOOK_INSN, (void *)callback, context,
                     (uint64_t)EVERYWHERE_BEGIN, (uint64_t)EVERYWHERE_END,
                     (int)UC_X86_INS_SYSCALL);
}

uc_err godwit_uc_set_cpu_model(uc_engine *uc, int model) {
  return uc_ctl_set_cpu_model(uc, model);
}

uc_err godwit_uc_set_page_size(uc_engine *uc, uint32_t bytes) {
  return uc_ctl_set_page_size(uc, bytes);
}

uintptr_t godwit_code_buffer_map(size_t size) {
  int flags = MAP_PRIVATE | MAP_ANON;
#ifdef __linux__
  flags |= MAP_NORESERVE;
#endif
#ifdef __APPLE__
  flags |= MAP_JIT;
#endif
  void *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0);
  if (buffer == MAP_FAILED) return 0;
#ifdef __linux__
  // Small programs, which are the most, fill less than one huge page.
  size_t small = (size_t)2 << 20;
  if (size > small) madvise((char *)buffer + small, size - small, MADV_HUGEPAGE);
#endif
  return (uintptr_t)buffer;
}

void godwit_code_buffer_clear(uintptr_t buffer, size_t size) {
#ifdef __linux__
  madvise((void *)buffer, size, MADV_DONTNEED);
#endif
}

uc_err godwit_uc_use_code_buffer(uc_engine *uc, uintptr_t buffer, size_t size) {
  return uc_godwit_use_code_buffer(uc, (void *)buffer, size);
}

uc_err godwit_uc_use_virtual_tlb(uc_engine *uc) {
  return uc_ctl_tlb_mode(uc, (int)UC_TLB_VIRTUAL);
}

uc_err godwit_uc_flush_tlb(uc_engine *uc) { return uc_ctl_flush_tlb(uc); }

uc_err godwit_uc_remove_all_code(uc_engine *uc) { return uc_ctl_flush_tb(uc); }

uc_err godwit_uc_remove_code(uc_engine *uc, uint64_t start, uint64_t end) {
  return uc_ctl_remove_cache(uc, start, end);
}

uc_err godwit_uc_set_exits(uc_engine *uc, const uint64_t *addresses, size_t count) {
  uc_err error = uc_ctl_exits_enable(uc);
  if (error != UC_ERR_OK) return error;
  return uc_ctl_set_exits(uc, (uint64_t *)addresses, count);
}

uc_err godwit_uc_count_instructions(uc_engine *uc) { return uc_godwit_count_instructions(uc); }

uc_err godwit_uc_set_budget(uc_engine *uc, uint64_t budget, uint64_t time) {
  return uc_godwit_set_budget(uc, budget, time);
}

uint64_t godwit_uc_budget(uc_engine *uc) { return uc_godwit_budget(uc); }

void godwit_uc_clear_exclusive(uc_engine *uc) { (void)uc_godwit_clear_exclusive(uc); }

void godwit_uc_stop_at_pause(uc_engine *uc, bool stops) { (void)uc_godwit_stop_at_pause(uc, stops); }

bool godwit_uc_take_pause(uc_engine *uc) { return uc_godwit_take_pause(uc); }
