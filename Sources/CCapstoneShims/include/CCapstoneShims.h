#ifndef CCAPSTONE_SHIMS_H
#define CCAPSTONE_SHIMS_H

#include <capstone/capstone.h>
#include <stdbool.h>

/// Capstone's functions that Godwit calls.
struct godwit_capstone {
  cs_err (*open)(cs_arch arch, cs_mode mode, csh *handle);
  cs_err (*close)(csh *handle);
  size_t (*disasm)(csh handle, const uint8_t *code, size_t code_size, uint64_t address,
                   size_t count, cs_insn **insn);
  void (*free)(cs_insn *insn, size_t count);
};

/// RISC-V with compressed instructions. Version 4 of the library does not know it: `open` refuses these numbers.
#if CS_API_MAJOR >= 5
static const cs_arch godwit_capstone_riscv = CS_ARCH_RISCV;
static const cs_mode godwit_capstone_riscv64 = CS_MODE_RISCV64 | CS_MODE_RISCVC;
#else
static const cs_arch godwit_capstone_riscv = CS_ARCH_MAX;
static const cs_mode godwit_capstone_riscv64 = 0;
#endif

/// Loads the library. It isn't there from the start: its relocations are 1.3 MB of private memory, in each process that
/// runs a guest and disassembles nothing.
///
/// Returns false where it is not installed.
bool godwit_load_capstone(struct godwit_capstone *functions);

#endif
