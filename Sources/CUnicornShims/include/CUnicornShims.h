#ifndef GODWIT_CUNICORN_SHIMS_H
#define GODWIT_CUNICORN_SHIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unicorn/unicorn.h>

// Docs/Decisions/0002 says why.
#if !defined(UC_GODWIT) || UC_GODWIT < 5 || !defined(UC_GODWIT_COUNTS_INSTRUCTIONS) || \
    !defined(UC_GODWIT_CODE_BUFFER) || !defined(UC_GODWIT_STOPS_AT_PAUSE) || \
    !defined(UC_GODWIT_TRANSLATIONS)
#error "this Unicorn lacks Godwit's patches: run Scripts/bootstrap, and build with PKG_CONFIG_PATH=.deps/lib/pkgconfig"
#endif

// Swift cannot call variadic C functions: one typed function for each shape of uc_hook_add and
// uc_ctl that the engine uses.

uc_err godwit_uc_hook_tlb_fill(uc_engine *uc, uc_hook *hook, uc_cb_tlbevent_t callback,
                               void *context);
uc_err godwit_uc_hook_interrupt(uc_engine *uc, uc_hook *hook, uc_cb_hookintr_t callback,
                                void *context);
uc_err godwit_uc_hook_syscall(uc_engine *uc, uc_hook *hook, uc_cb_insn_syscall_t callback,
                              void *context);

uc_err godwit_uc_set_cpu_model(uc_engine *uc, int model);
uc_err godwit_uc_set_page_size(uc_engine *uc, uint32_t bytes);

/// `size` bytes of executable memory, without memory behind them until they are touched; 0 when the host
/// has none to give.
uintptr_t godwit_code_buffer_map(size_t size);
/// Gives the memory back, but not the addresses.
void godwit_code_buffer_clear(uintptr_t buffer, size_t size);
/// Has an instance translate into the buffer at that address, before its first use.
uc_err godwit_uc_use_code_buffer(uc_engine *uc, uintptr_t buffer, size_t size);

uc_err godwit_uc_use_virtual_tlb(uc_engine *uc);
uc_err godwit_uc_flush_tlb(uc_engine *uc);

/// Drops all translated code.
uc_err godwit_uc_remove_all_code(uc_engine *uc);

/// Drops the code translated from the physical range that begins where `start` translates to.
uc_err godwit_uc_remove_code(uc_engine *uc, uint64_t start, uint64_t end);

/// Makes uc_emu_start stop at any of `count` addresses, and not at its `until`.
uc_err godwit_uc_set_exits(uc_engine *uc, const uint64_t *addresses, size_t count);

/// Counts the guest's instructions from now on.
uc_err godwit_uc_count_instructions(uc_engine *uc);

/// Has uc_emu_start return when `budget` instructions are done. Counters that programs can read show
/// `time` before the first one.
uc_err godwit_uc_set_budget(uc_engine *uc, uint64_t budget, uint64_t time);

/// What is left of the budget.
uint64_t godwit_uc_budget(uc_engine *uc);

/// Forgets an exclusive load of AArch64.
void godwit_uc_clear_exclusive(uc_engine *uc);

/// Has uc_emu_start return behind PAUSE, YIELD and WFE.
void godwit_uc_stop_at_pause(uc_engine *uc, bool stops);

/// Whether it returned for that reason since this was asked last.
bool godwit_uc_take_pause(uc_engine *uc);

#endif
