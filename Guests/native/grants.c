// What a guest reaches: for each URI whether it opens for reading and for writing, and whether a directory can be made
// beneath it. Each answer is 0 or the number of the contract's error.
#include "native.h"
static void answer(int64_t result) {
  put(" ");
  put_number(result < 0 ? -result : 0);
}
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    put(argv[i]);
    int32_t reader = open_uri(argv[i], GODWIT_OPEN_READ);
    int32_t writer = open_uri(argv[i], GODWIT_OPEN_READ | GODWIT_OPEN_WRITE);
    answer(reader);
    answer(writer);
    struct godwit_name made = beneath(writer >= 0 ? writer : reader, "made");
    answer(godwit_make_directory(&made, 0700));
    put("\n");
  }
  put("grants ok\n");
  return 0;
}
