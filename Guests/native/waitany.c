// Waiting for any of several streams: connections within the picoprocess, and a deadline.
#include "native.h"
enum { pairs = 4 };
int main(int argc, char **argv) {
  (void)argc, (void)argv;
  int32_t listener = open_uri("tcp:127.0.0.1:0", GODWIT_OPEN_LISTEN);
  check(listener >= 0, "listen");
  struct godwit_address address;
  check(godwit_local_address(listener, &address) == 0 && address.length == 4 && address.port != 0, "its address");
  char uri[32] = "tcp:127.0.0.1:";
  int place = 14;
  for (int power = 10000; power > 0; power /= 10) uri[place++] = (char)('0' + address.port / power % 10);
  int32_t client[pairs], server[pairs];
  for (int i = 0; i < pairs; i++) {
    client[i] = open_uri(uri, GODWIT_OPEN_READ | GODWIT_OPEN_WRITE);
    check(client[i] >= 0, "connect");
    wait_for(listener, GODWIT_READY_READABLE);
    server[i] = (int32_t)godwit_accept(listener, &address);
    check(server[i] >= 0 && address.length == 4, "accept");
    check(godwit_finish_connecting(client[i]) == 0, "finish connecting");
  }
  check_error(godwit_accept(listener, &address), GODWIT_WOULD_BLOCK, "nobody connects");
  struct godwit_wait_item items[pairs + 1];
  for (int turn = 0; turn < 12; turn++) {
    int chosen = turn * 3 % pairs;
    for (int i = 0; i < pairs; i++) items[i] = (struct godwit_wait_item){server[i], GODWIT_READY_READABLE, 0xff, 0};
    items[pairs] = (struct godwit_wait_item){listener, GODWIT_READY_READABLE, 0xff, 0};
    check(godwit_wait(items, pairs + 1, clock_now(GODWIT_CLOCK_MONOTONIC) + 1000000) == 0, "nothing is ready");
    check(godwit_write(client[chosen], GODWIT_NO_OFFSET, &turn, 4) == 4, "write");
    check(godwit_wait(items, pairs + 1, GODWIT_NEVER) == 1, "one is ready");
    for (int i = 0; i <= pairs; i++)
      check(items[i].ready == (i == chosen ? GODWIT_READY_READABLE : 0), "which");
    int got = -1;
    check(godwit_bytes_available(server[chosen]) == 4, "how much");
    check(godwit_read(server[chosen], GODWIT_NO_OFFSET, &got, 4) == 4 && got == turn, "what");
    check_error(godwit_read(server[chosen], GODWIT_NO_OFFSET, &got, 4), GODWIT_WOULD_BLOCK, "no more");
  }
  check(godwit_end_writing(client[0]) == 0, "end writing");
  items[0] = (struct godwit_wait_item){server[0], GODWIT_READY_READABLE, 0, 0};
  items[1] = (struct godwit_wait_item){77, GODWIT_READY_READABLE, 0, 0};
  check(godwit_wait(items, 2, GODWIT_NEVER) == 2, "the end, and a handle that is none");
  check(items[0].ready & GODWIT_READY_READABLE && items[1].ready == GODWIT_READY_ERROR, "each for itself");
  int got;
  check(godwit_read(server[0], GODWIT_NO_OFFSET, &got, 4) == 0, "the end");
  put("waitany ok\n");
  return 0;
}
