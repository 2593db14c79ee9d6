// What libFuzzer offers to those whom it calls (https://llvm.org/docs/LibFuzzer.html).
#ifndef GODWIT_CFUZZER_H
#define GODWIT_CFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// Changes `size` bytes of `data`, which has room for `capacity`; the new size.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);

#endif
