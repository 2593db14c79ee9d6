// What every guest can do: say something, with its arguments.
#include "native.h"
int main(int argc, char **argv) {
  put("hello");
  for (int i = 1; i < argc; i++) {
    put(" ");
    put(argv[i]);
  }
  put("\n");
  return 0;
}
