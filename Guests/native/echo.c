// A server that gives back what it hears: `echo PORT TIMES`, over TCP on all addresses; without arguments it is its own
// client, over TCP and UDP.
#include "native.h"

static char text[64];

static const char *uri(const char *scheme, int port) {
  size_t count = strlen(scheme);
  memcpy(text, scheme, count);
  for (int power = 10000; power > 0; power /= 10) text[count++] = (char)('0' + port / power % 10);
  text[count] = 0;
  return text;
}

static void serve(int32_t connection) {
  char bytes[512];
  int64_t count;
  while ((count = read_some(connection, bytes, sizeof bytes)) > 0) write_all(connection, bytes, (uint64_t)count);
  godwit_close(connection);
}

static void serve_one(void *listener) {
  struct godwit_address peer;
  wait_for((int32_t)(int64_t)listener, GODWIT_READY_READABLE);
  serve((int32_t)godwit_accept((int32_t)(int64_t)listener, &peer));
  thread_end();
}

static void itself(void) {
  struct godwit_address address;
  int32_t listener = open_uri("tcp:127.0.0.1:0", GODWIT_OPEN_LISTEN);
  check(listener >= 0 && godwit_local_address(listener, &address) == 0, "listen");
  uint32_t ended;
  check(thread_start(serve_one, (void *)(int64_t)listener, &ended) > 0, "a server");
  int32_t client = open_uri(uri("tcp:127.0.0.1:", address.port), GODWIT_OPEN_READ | GODWIT_OPEN_WRITE);
  check(client >= 0, "connect");
  wait_for(client, GODWIT_READY_WRITABLE);
  check(godwit_finish_connecting(client) == 0, "finish connecting");
  for (int i = 0; i < 20; i++) {
    int answer = -1;
    write_all(client, &i, 4);
    check(read_some(client, &answer, 4) == 4 && answer == i, "the echo");
  }
  check(godwit_end_writing(client) == 0, "end writing");
  thread_join(&ended);
  int32_t refused = open_uri(uri("tcp:127.0.0.1:", 1), GODWIT_OPEN_READ | GODWIT_OPEN_WRITE);
  if (refused >= 0) check_error(godwit_finish_connecting(refused), GODWIT_CONNECTION_REFUSED, "nobody listens");
  int32_t one = open_uri("udp:127.0.0.1:0", GODWIT_OPEN_LISTEN);
  check(one >= 0 && godwit_local_address(one, &address) == 0, "udp");
  int32_t other = open_uri(uri("udp:127.0.0.1:", address.port), GODWIT_OPEN_READ | GODWIT_OPEN_WRITE);
  check(godwit_send(other, "datagram", 8, 0) == 0, "send");
  char bytes[16];
  check(godwit_receive(one, bytes, 4, &address) == 4 && memcmp(bytes, "data", 4) == 0, "receive some of it");
  check(godwit_send(one, "answer", 6, &address) == 0, "answer");
  check(godwit_receive(other, bytes, 16, &address) == 6 && memcmp(bytes, "answer", 6) == 0, "receive it");
  check_error(godwit_receive(other, bytes, 16, &address), GODWIT_WOULD_BLOCK, "no more");
  check_error(godwit_send(one, "nobody", 6, 0), GODWIT_INVALID, "to nobody");
  put("echo ok\n");
}

int main(int argc, char **argv) {
  if (argc < 3) {
    itself();
    return 0;
  }
  int port = 0, times = 0;
  for (const char *next = argv[1]; *next; next++) port = port * 10 + *next - '0';
  for (const char *next = argv[2]; *next; next++) times = times * 10 + *next - '0';
  int32_t listener = open_uri(uri("tcp:0.0.0.0:", port), GODWIT_OPEN_LISTEN);
  check(listener >= 0, "listen");
  put("ready\n");
  for (int i = 0; i < times; i++) {
    struct godwit_address peer;
    wait_for(listener, GODWIT_READY_READABLE);
    int32_t connection = (int32_t)godwit_accept(listener, &peer);
    check(connection >= 0, "accept");
    serve(connection);
  }
  put("echo ok\n");
  return 0;
}
