// What Embedded Swift asks a C library for: memory of its heap. For guests of one thread.
#include "native.h"

// A block is a power of two bytes, of which the first sixteen say which.
struct block {
  uint64_t size_class;
  struct block *next;
};
static struct block *freed[48];
static uint64_t fresh, end;

int posix_memalign(void **result, size_t alignment, size_t size);
void free(void *pointer);

int posix_memalign(void **result, size_t alignment, size_t size) {
  const int no_memory = 12;
  if (alignment > 16 || size > 1ull << 40) return no_memory;
  uint64_t size_class = 5;
  while (1ull << size_class < size + 16) size_class++;
  struct block *block = freed[size_class];
  if (block) {
    freed[size_class] = block->next;
  } else {
    uint64_t length = 1ull << size_class;
    if (end - fresh < length) {
      uint64_t room = length > 1 << 20 ? length : 1 << 20;
      int64_t made = godwit_map_memory(room, GODWIT_MEMORY_READ | GODWIT_MEMORY_WRITE, 0);
      if (made < 0) return no_memory;
      fresh = (uint64_t)made;
      end = fresh + room;
    }
    block = (struct block *)fresh;
    fresh += length;
  }
  block->size_class = size_class;
  *result = (char *)block + 16;
  return 0;
}

void free(void *pointer) {
  if (!pointer) return;
  struct block *block = (struct block *)((char *)pointer - 16);
  block->next = freed[block->size_class];
  freed[block->size_class] = block;
}
