// The machine that this program's ELF files are for.
#pragma once
#include <elf.h>

#if defined __x86_64__
#define ELF_MACHINE EM_X86_64
#elif defined __aarch64__
#define ELF_MACHINE EM_AARCH64
#elif defined __riscv
#define ELF_MACHINE EM_RISCV
#endif
