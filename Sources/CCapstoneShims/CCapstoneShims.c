#include "CCapstoneShims.h"

// Builds that have all libraries in them have this header: Scripts/arm64-host.
#if __has_include(<godwit-links-capstone.h>)

bool godwit_load_capstone(struct godwit_capstone *functions) {
  *functions = (struct godwit_capstone){cs_open, cs_close, cs_disasm, cs_free};
  return true;
}

#else

#include <dlfcn.h>

#define TEXT_OF(word) #word
#define TEXT(word) TEXT_OF(word)

bool godwit_load_capstone(struct godwit_capstone *functions) {
  // As ELF systems name it, and as Darwin does.
  void *library = dlopen("libcapstone.so." TEXT(CS_API_MAJOR), RTLD_NOW | RTLD_LOCAL);
  if (!library) library = dlopen("libcapstone." TEXT(CS_API_MAJOR) ".dylib", RTLD_NOW | RTLD_LOCAL);
  if (!library) return false;
  functions->open = dlsym(library, "cs_open");
  functions->close = dlsym(library, "cs_close");
  functions->disasm = dlsym(library, "cs_disasm");
  functions->free = dlsym(library, "cs_free");
  return functions->open && functions->close && functions->disasm && functions->free;
}

#endif
