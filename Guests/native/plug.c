// The far end of a plug (Docs/HostABI.md, "Other hosts"): makes the calls that the conformance suite asks for, through the
// trap. So the suite checks a picoprocess as the host of its guests.
//   plug DIRECTORY [PORT]
// DIRECTORY is granted, and everything is made in a new one beneath it. Calls come over standard input and answers go over
// standard output. With PORT both go over the first connection to it, 0 to 2 are for the suite to open, and DIRECTORY itself
// is the empty one: native/surround sees to that.
#include "json.h"
#include "native.h"

// MARK: The link

static int32_t link_in, link_out;
static char line[16 << 20];
static size_t line_length;
static char out[16 << 20];
static size_t out_length;

// How far interrupts got that the suite asked for: one that ended a wait for the link is to be made again, for it is the
// suite's own waits that they end.
static enum { NONE, PENDING, OWED } interrupt;
// The number of the alarm's action, or -1; how often it ended a wait since the last answer, and which that was.
static int64_t alarm = -1, due;
static uint64_t times_due;

// A wait ended before its deadline, and nothing was ready.
static void ended_early(int is_for_link) {
  if (interrupt == PENDING) interrupt = is_for_link ? OWED : NONE;
  else if (alarm >= 0 && times_due < 1000) due = alarm, times_due++;
}

static void wait_for_link(int32_t handle, uint8_t interest) {
  struct godwit_wait_item item = {handle, interest, 0, 0};
  while (godwit_wait(&item, 1, GODWIT_NEVER) == 0) ended_early(1);
}

// The next line, in `line`, without its end; 0 when there is none.
static int next_line(void) {
  static size_t there, used;
  memmove(line, line + used, there -= used);
  for (size_t looked = 0;;) {
    for (; looked < there; looked++)
      if (line[looked] == '\n') {
        line_length = looked;
        used = looked + 1;
        return 1;
      }
    if (there == sizeof line) return 0;
    int64_t got = godwit_read(link_in, GODWIT_NO_OFFSET, line + there, sizeof line - there);
    if (got == -GODWIT_WOULD_BLOCK) wait_for_link(link_in, GODWIT_READY_READABLE);
    else if (got <= 0) return 0;
    else there += (size_t)got;
  }
}

static void send_answer(void) {
  for (size_t sent = 0; sent < out_length;) {
    int64_t count = godwit_write(link_out, GODWIT_NO_OFFSET, out + sent, out_length - sent);
    if (count == -GODWIT_WOULD_BLOCK) wait_for_link(link_out, GODWIT_READY_WRITABLE);
    else if (count < 0) godwit_end(1, 1);
    else sent += (size_t)count;
  }
}

// MARK: Answers

static void add_bytes(const void *bytes, size_t count) {
  check(count <= sizeof out - out_length, "room for an answer");
  memcpy(out + out_length, bytes, count);
  out_length += count;
}

static void add(const char *text) { add_bytes(text, strlen(text)); }

static void add_in_base(uint64_t number, unsigned base) {
  char digits[24];
  int place = sizeof digits;
  do digits[--place] = "0123456789abcdef"[number % base];
  while (number /= base);
  add_bytes(digits + place, sizeof digits - (size_t)place);
}

static void add_number(uint64_t number) { add_in_base(number, 10); }

static void add_signed(int64_t number) {
  if (number < 0) add("-");
  add_number(number < 0 ? -(uint64_t)number : (uint64_t)number);
}

// A member of an object, after others.
static void add_member(const char *name, uint64_t number) {
  add(",\"");
  add(name);
  add("\":");
  add_number(number);
}

static void add_hex(const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  check(2 * count + 2 <= sizeof out - out_length, "room for an answer");
  char *to = out + out_length;
  *to++ = '"';
  for (size_t i = 0; i < count; i++) {
    *to++ = "0123456789abcdef"[next[i] >> 4];
    *to++ = "0123456789abcdef"[next[i] & 15];
  }
  *to = '"';
  out_length += 2 * count + 2;
}

static void add_quoted(const char *text, size_t count) {
  add("\"");
  for (size_t i = 0; i < count; i++) {
    if ((uint8_t)text[i] < 0x20) {
      add((uint8_t)text[i] < 0x10 ? "\\u000" : "\\u00");
      add_in_base((uint8_t)text[i], 16);
      continue;
    }
    if (text[i] == '"' || text[i] == '\\') add("\\");
    add_bytes(text + i, 1);
  }
  add("\"");
}

static void add_time(const char *before, struct godwit_time time) {
  add(before);
  add("{\"seconds\":");
  add_signed(time.seconds);
  add(",\"nanoseconds\":");
  add_signed(time.nanoseconds);
  add("}");
}

static const char *const file_kinds[] = {"regular", "directory", "symbolicLink", "characterDevice", "blockDevice",
                                         "fifo", "socket", 0};

static void add_file_kind(uint64_t kind) {
  check(kind < 7, "a kind of file");
  add("\"");
  add(file_kinds[kind]);
  add("\"");
}

static void add_address(const struct godwit_address *address) {
  add("\"");
  if (address->length == 4) {
    for (int i = 0; i < 4; i++) {
      if (i > 0) add(".");
      add_number(address->bytes[i]);
    }
  } else {
    for (int i = 0; i < 16; i += 2) {
      add(i > 0 ? ":" : "[");
      add_in_base((uint64_t)address->bytes[i] << 8 | address->bytes[i + 1], 16);
    }
    add("]");
  }
  add(":");
  add_number(address->port);
  add("\"");
}

static const char *const errors[] = {
    "notFound", "exists", "notDirectory", "isDirectory", "notEmpty", "permissionDenied", "notPermitted", "readOnly",
    "noSpace", "quotaExceeded", "fileTooLarge", "tooManyOpen", "outOfMemory", "nameTooLong", "tooManyLinks",
    "tooManySymbolicLinks", "crossDevice", "busy", "textBusy", "invalid", "notSupported", "illegalSeek", "wouldBlock",
    "brokenPipe", "interrupted", "notTerminal", "noDevice", "connectionReset", "connectionRefused",
    "networkUnreachable", "hostUnreachable", "timedOut", "addressInUse", "addressNotAvailable", "messageTooLong", "io"};
_Static_assert(sizeof errors / sizeof *errors == GODWIT_IO, "a name for each error");

// The suite is wrong, or this is: the answer says how, and there are no more.
static _Noreturn void mismatch(const char *what) {
  out_length = 0;
  add("{\"error\":\"mismatch: ");
  add(what);
  add("\"}\n");
  send_answer();
  godwit_end(1, 1);
  for (;;) {}
}

// MARK: Arguments

static const struct json *arguments;

static uint64_t number_of(const struct json *value) {
  if (!value || value->kind != JSON_NUMBER) mismatch("no number");
  return value->number;
}

static const struct json *argument(const char *name) { return json_member(arguments, name); }
static uint64_t number(const char *name) { return number_of(argument(name)); }
static int32_t handle(void) { return (int32_t)number("handle"); }

// All ones is what is absent, so the largest offset of all is asked for as the one before it, which is beyond the limit, too.
static uint64_t offset(void) {
  if (!argument("offset")) return GODWIT_NO_OFFSET;
  uint64_t offset = number("offset");
  return offset == GODWIT_NO_OFFSET ? offset - 1 : offset;
}

static int64_t deadline(void) { return argument("deadline") ? (int64_t)number("deadline") : GODWIT_NEVER; }

static int truth(const char *name) {
  const struct json *value = argument(name);
  if (!value || (value->kind != JSON_TRUE && value->kind != JSON_FALSE)) mismatch("no truth value");
  return value->kind == JSON_TRUE;
}

static uint64_t one_of(const struct json *value, const char *const names[]) {
  for (uint64_t i = 0; names[i]; i++)
    if (json_is(value, names[i])) return i;
  mismatch("an unknown name");
}

static int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  mismatch("no bytes");
}

struct bytes {
  char *start;
  size_t count;
};

// Decodes bytes in their place, so only once.
static struct bytes bytes_of(const struct json *value) {
  if (!value || value->kind != JSON_TEXT || value->length % 2) mismatch("no bytes");
  struct bytes result = {value->text, value->length / 2};
  for (size_t i = 0; i < result.count; i++)
    result.start[i] = (char)(hex_digit(value->text[2 * i]) << 4 | hex_digit(value->text[2 * i + 1]));
  return result;
}

static struct bytes bytes(const char *name) { return bytes_of(argument(name)); }

static struct godwit_name name(const char *which) {
  struct bytes path = bytes_of(json_member(argument(which), "path"));
  int32_t directory = (int32_t)number_of(json_member(argument(which), "directory"));
  return (struct godwit_name){directory, (uint32_t)path.count, path.start};
}

static struct godwit_time time_of(const struct json *value) {
  return (struct godwit_time){(int64_t)number_of(json_member(value, "seconds")),
                              (int32_t)number_of(json_member(value, "nanoseconds"))};
}

// Decimal digits at `*next`.
static uint64_t take_decimal(const char **next, const char *end, uint64_t limit) {
  const char *first = *next;
  uint64_t result = 0;
  while (*next < end && **next >= '0' && **next <= '9' && result <= limit)
    result = result * 10 + (uint64_t)(*(*next)++ - '0');
  if (*next == first || result > limit) mismatch("no address");
  return result;
}

static void expect(const char **next, const char *end, char byte) {
  if (*next == end || *(*next)++ != byte) mismatch("no address");
}

// An address of IPv4; the suite has no other but in URIs.
static struct godwit_address address(const char *which) {
  const struct json *value = argument(which);
  if (!value || value->kind != JSON_TEXT) mismatch("no address");
  const char *next = value->text, *end = next + value->length;
  struct godwit_address result = {.length = 4};
  for (int i = 0; i < 4; i++) {
    if (i > 0) expect(&next, end, '.');
    result.bytes[i] = (uint8_t)take_decimal(&next, end, 255);
  }
  expect(&next, end, ':');
  result.port = (uint16_t)take_decimal(&next, end, 65535);
  if (next != end) mismatch("no address");
  return result;
}

// MARK: Calls. Each adds what it results in, if that is anything, and answers as the trap does.

static char buffer[4 << 20];

static uint64_t count(void) {
  uint64_t count = number("count");
  if (count > sizeof buffer) mismatch("no such count");
  return count;
}

// A result that is a number.
static int64_t numeric(int64_t result) {
  if (result >= 0) add_number((uint64_t)result);
  return result;
}

static int64_t call_open(void) {
  const struct json *uri = argument("uri"), *scheme = json_member(uri, "scheme");
  struct bytes path = bytes_of(json_member(uri, "path"));
  if (!scheme || scheme->kind != JSON_TEXT || scheme->length + 1 + path.count > sizeof buffer) mismatch("no URI");
  memcpy(buffer, scheme->text, scheme->length);
  buffer[scheme->length] = ':';
  memcpy(buffer + scheme->length + 1, path.start, path.count);
  return numeric(godwit_open(buffer, scheme->length + 1 + path.count, (uint32_t)number("options")));
}

static int64_t call_open_beneath(void) {
  struct godwit_name named = name("name");
  return numeric(godwit_open_beneath(&named, (uint32_t)number("options"), (uint32_t)number("permissions")));
}

static int64_t call_close(void) { return godwit_close(handle()); }

static int64_t call_kind(void) {
  int64_t kind = godwit_kind(handle());
  if (kind < 0) return kind;
  if (kind == GODWIT_STREAM_KIND_TERMINAL) add("\"terminal\"");
  else if (kind == GODWIT_STREAM_KIND_PIPE) add("\"pipe\"");
  else if (kind == GODWIT_STREAM_KIND_OTHER) add("\"other\"");
  else {
    add("{\"file\":");
    add_file_kind((uint64_t)kind);
    add("}");
  }
  return kind;
}

static int64_t call_options(void) { return numeric(godwit_options(handle())); }

static void add_counted(int64_t got) {
  add("{\"count\":");
  add_number((uint64_t)got);
  add(",\"bytes\":");
  add_hex(buffer, (size_t)got);
}

static int64_t call_read(void) {
  int64_t got = godwit_read(handle(), offset(), buffer, count());
  if (got < 0) return got;
  add_counted(got);
  add("}");
  return got;
}

static int64_t call_write(void) {
  struct bytes from = bytes("bytes");
  return numeric(godwit_write(handle(), offset(), from.start, from.count));
}

static int64_t call_position(void) { return numeric(godwit_position(handle())); }
static int64_t call_set_position(void) { return godwit_set_position(handle(), number("offset")); }
static int64_t call_flush(void) { return godwit_flush(handle(), truth("metadata")); }
static int64_t call_set_length(void) { return godwit_set_length(handle(), number("length")); }

static int64_t call_allocate(void) {
  static const char *const hows[] = {"reserve", "reserveKeepingSize", "punchHole", 0};
  const struct json *range = argument("range");
  if (!range || range->kind != JSON_LIST || !range->first || !range->first->next) mismatch("no range");
  return godwit_allocate(handle(), number_of(range->first), number_of(range->first->next),
                         (enum godwit_allocation)one_of(argument("how"), hows));
}

static int64_t call_attributes(void) {
  struct godwit_name named = name("name");
  struct godwit_attributes seen;
  int64_t result = godwit_attributes(&named, &seen);
  if (result < 0) return result;
  add("{\"kind\":");
  add_file_kind(seen.kind);
  add_member("permissions", seen.permissions);
  add_member("userID", seen.user_id);
  add_member("groupID", seen.group_id);
  add_member("linkCount", seen.link_count);
  add_member("size", seen.size);
  add_member("blocks", seen.blocks);
  add_member("device", seen.device);
  add_member("inode", seen.inode);
  add_member("deviceMajor", seen.device_major);
  add_member("deviceMinor", seen.device_minor);
  add_time(",\"created\":", seen.created);
  add_time(",\"accessed\":", seen.accessed);
  add_time(",\"modified\":", seen.modified);
  add_time(",\"changed\":", seen.changed);
  add("}");
  return result;
}

static int64_t call_set_attributes(void) {
  struct godwit_name named = name("name");
  struct godwit_change change = {0};
  const struct json *all = argument("change");
  if (!all || all->kind != JSON_OBJECT) mismatch("no change");
  for (const struct json *given = all->first; given; given = given->next) {
    if (given->kind == JSON_NULL) continue;
    if (json_is_named(given, "permissions")) {
      change.which |= GODWIT_CHANGE_OF_PERMISSIONS;
      change.permissions = (uint16_t)number_of(given);
    } else if (json_is_named(given, "userID")) {
      change.which |= GODWIT_CHANGE_OF_USER_ID;
      change.user_id = (uint32_t)number_of(given);
    } else if (json_is_named(given, "groupID")) {
      change.which |= GODWIT_CHANGE_OF_GROUP_ID;
      change.group_id = (uint32_t)number_of(given);
    } else if (json_is_named(given, "accessed")) {
      change.which |= GODWIT_CHANGE_OF_ACCESSED;
      change.accessed = time_of(given);
    } else if (json_is_named(given, "modified")) {
      change.which |= GODWIT_CHANGE_OF_MODIFIED;
      change.modified = time_of(given);
    } else mismatch("no such attribute");
  }
  return godwit_set_attributes(&named, &change);
}

// Whether a result of any length is all in the buffer.
static int is_whole(int64_t length) {
  if (length > (int64_t)sizeof buffer && length != GODWIT_NONE) mismatch("a result that is too long");
  return length >= 0 && length != GODWIT_NONE;
}

static int64_t call_extended_attribute(void) {
  struct godwit_name named = name("name");
  struct bytes attribute = bytes("attribute");
  int64_t length = godwit_extended_attribute(attribute.start, attribute.count, &named, buffer, sizeof buffer);
  if (is_whole(length)) add_hex(buffer, (size_t)length);
  return length;
}

static int64_t call_extended_attributes(void) {
  struct godwit_name named = name("name");
  int64_t length = godwit_extended_attributes(&named, buffer, sizeof buffer);
  if (!is_whole(length)) return length;
  add("[");
  for (int64_t place = 0; place < length; place += 1 + (uint8_t)buffer[place]) {
    if (place > 0) add(",");
    add_hex(buffer + place + 1, (uint8_t)buffer[place]);
  }
  add("]");
  return length;
}

static int64_t call_set_extended_attribute(void) {
  struct godwit_name named = name("name");
  struct bytes attribute = bytes("attribute"), value = {0, GODWIT_NO_VALUE};
  if (argument("value")) value = bytes("value");
  return godwit_set_extended_attribute(attribute.start, attribute.count, &named, value.start, value.count);
}

static int64_t call_entries(void) {
  struct godwit_name named = name("name");
  int64_t length = godwit_entries(&named, buffer, sizeof buffer);
  if (!is_whole(length)) return length;
  add("[");
  for (int64_t place = 0; place < length; place += 2 + (uint8_t)buffer[place + 1]) {
    add(place > 0 ? ",{\"kind\":" : "{\"kind\":");
    add_file_kind((uint8_t)buffer[place]);
    add(",\"name\":");
    add_hex(buffer + place + 2, (uint8_t)buffer[place + 1]);
    add("}");
  }
  add("]");
  return length;
}

static int64_t call_make_directory(void) {
  struct godwit_name named = name("name");
  return godwit_make_directory(&named, (uint32_t)number("permissions"));
}

static int64_t call_make_symbolic_link(void) {
  struct godwit_name named = name("name");
  struct bytes target = bytes("target");
  return godwit_make_symbolic_link(&named, target.start, target.count);
}

static int64_t call_read_symbolic_link(void) {
  struct godwit_name named = name("name");
  int64_t length = godwit_read_symbolic_link(&named, buffer, sizeof buffer);
  if (is_whole(length)) add_hex(buffer, (size_t)length);
  return length;
}

static int64_t call_make_link(void) {
  struct godwit_name named = name("name"), existing = name("existing");
  return godwit_make_link(&named, &existing);
}

static int64_t call_rename(void) {
  static const char *const hows[] = {"replacing", "exclusive", "exchanging", 0};
  struct godwit_name from = name("from"), to = name("to");
  return godwit_rename(&from, &to, (enum godwit_rename_kind)one_of(argument("how"), hows));
}

static int64_t call_remove(void) {
  struct godwit_name named = name("name");
  return godwit_remove(&named, truth("isDirectory"));
}

static int64_t call_volume(void) {
  struct godwit_name named = name("name");
  struct godwit_volume volume;
  int64_t result = godwit_volume(&named, &volume);
  if (result < 0) return result;
  add("{\"blockSize\":");
  add_number(volume.block_size);
  add_member("blocks", volume.blocks);
  add_member("blocksFree", volume.blocks_free);
  add_member("blocksAvailable", volume.blocks_available);
  add_member("files", volume.files);
  add_member("filesFree", volume.files_free);
  add_member("nameLimit", volume.name_limit);
  add("}");
  return result;
}

static int64_t call_terminal_modes(void) {
  struct godwit_terminal_modes modes;
  int64_t result = godwit_terminal_modes(handle(), &modes);
  if (result < 0) return result;
  add("{\"characters\":");
  add_hex(modes.characters, sizeof modes.characters);
  add_member("input", modes.input);
  add_member("output", modes.output);
  add_member("control", modes.control);
  add_member("local", modes.local);
  add_member("line", modes.line);
  add_member("inputSpeed", modes.input_speed);
  add_member("outputSpeed", modes.output_speed);
  add("}");
  return result;
}

static int64_t call_set_terminal_modes(void) {
  static const char *const whens[] = {"now", "drained", "flushed", 0};
  const struct json *given = argument("modes");
  struct bytes characters = bytes_of(json_member(given, "characters"));
  struct godwit_terminal_modes modes = {
      .input = (uint32_t)number_of(json_member(given, "input")),
      .output = (uint32_t)number_of(json_member(given, "output")),
      .control = (uint32_t)number_of(json_member(given, "control")),
      .local = (uint32_t)number_of(json_member(given, "local")),
      .line = (uint8_t)number_of(json_member(given, "line")),
      .input_speed = (uint32_t)number_of(json_member(given, "inputSpeed")),
      .output_speed = (uint32_t)number_of(json_member(given, "outputSpeed")),
  };
  // The structure has room for no other number of them.
  if (characters.count != sizeof modes.characters) return -GODWIT_INVALID;
  memcpy(modes.characters, characters.start, sizeof modes.characters);
  return godwit_set_terminal_modes(handle(), &modes, (enum godwit_terminal_change)one_of(argument("when"), whens));
}

static int64_t call_window_size(void) {
  struct godwit_window_size size;
  int64_t result = godwit_window_size(handle(), &size);
  if (result < 0) return result;
  add("{\"rows\":");
  add_number(size.rows);
  add_member("columns", size.columns);
  add_member("pixelWidth", size.pixel_width);
  add_member("pixelHeight", size.pixel_height);
  add("}");
  return result;
}

static int64_t call_set_window_size(void) {
  const struct json *given = argument("size");
  struct godwit_window_size size = {
      (uint16_t)number_of(json_member(given, "rows")), (uint16_t)number_of(json_member(given, "columns")),
      (uint16_t)number_of(json_member(given, "pixelWidth")), (uint16_t)number_of(json_member(given, "pixelHeight"))};
  return godwit_set_window_size(handle(), &size);
}

static int64_t call_bytes_available(void) { return numeric(godwit_bytes_available(handle())); }
static int64_t call_discard_terminal(void) { return godwit_discard_terminal(handle(), truth("input"), truth("output")); }

static int64_t call_accept(void) {
  struct godwit_address peer;
  int64_t accepted = godwit_accept(handle(), &peer);
  if (accepted < 0) return accepted;
  add("{\"handle\":");
  add_number((uint64_t)accepted);
  add(",\"peer\":");
  add_address(&peer);
  add("}");
  return accepted;
}

static int64_t call_finish_connecting(void) { return godwit_finish_connecting(handle()); }
static int64_t call_end_writing(void) { return godwit_end_writing(handle()); }

static int64_t call_local_address(void) {
  struct godwit_address local;
  int64_t result = godwit_local_address(handle(), &local);
  if (result >= 0) add_address(&local);
  return result;
}

static int64_t call_send(void) {
  struct bytes from = bytes("bytes");
  if (!argument("address")) return godwit_send(handle(), from.start, from.count, 0);
  struct godwit_address to = address("address");
  return godwit_send(handle(), from.start, from.count, &to);
}

static int64_t call_receive(void) {
  struct godwit_address source;
  int64_t got = godwit_receive(handle(), buffer, count(), &source);
  if (got < 0) return got;
  add_counted(got);
  add(",\"source\":");
  add_address(&source);
  add("}");
  return got;
}

static int64_t call_wait(void) {
  static struct godwit_wait_item items[64];
  const struct json *list = argument("items");
  int64_t end = deadline(), start = clock_now(GODWIT_CLOCK_MONOTONIC);
  uint64_t item_count = 0;
  if (!list || list->kind != JSON_LIST) mismatch("no list");
  for (const struct json *item = list->first; item; item = item->next) {
    if (item_count == 64) mismatch("too many items");
    items[item_count++] = (struct godwit_wait_item){(int32_t)number_of(json_member(item, "handle")),
                                                    (uint8_t)number_of(json_member(item, "interest")), 0, 0};
  }
  int64_t result = godwit_wait(items, item_count, end);
  if (result < 0) return result;
  if (result == 0 && end > start && clock_now(GODWIT_CLOCK_MONOTONIC) < end) ended_early(0);
  add("[");
  for (uint64_t i = 0; i < item_count; i++) {
    if (i > 0) add(",");
    add_number(items[i].ready);
  }
  add("]");
  return result;
}

static int64_t call_interrupt(void) {
  interrupt = PENDING;
  return godwit_interrupt();
}

static int64_t call_set_alarm(void) {
  alarm = argument("action") ? (int64_t)number("action") : -1;
  return godwit_set_alarm(deadline());
}

static int64_t call_now(void) {
  static const char *const clocks[] = {"monotonic", "realtime", "processorTime", 0};
  struct godwit_time time;
  int64_t result = godwit_now((enum godwit_clock)one_of(argument("clock"), clocks), &time);
  if (result >= 0) add_time("", time);
  return result;
}

static int64_t call_entropy(void) {
  uint64_t size = count();
  int64_t result = godwit_entropy(buffer, size);
  if (result >= 0) add_hex(buffer, size);
  return result;
}

static int64_t call_facts(void) {
  struct godwit_facts facts;
  int64_t result = godwit_facts(&facts);
  if (result < 0) return result;
  add("{\"hostName\":");
  add_quoted((const char *)facts.host_name, facts.host_name_length);
  add_member("processors", facts.processors);
  add_member("memory", facts.memory);
  add("}");
  return result;
}

static int64_t call_log(void) {
  const struct json *message = argument("message");
  if (!message || message->kind != JSON_TEXT) mismatch("no text");
  return godwit_log(message->text, message->length);
}

// MARK: Surroundings. A guest has no control over what it was given: no more than a directory can be made from within.

static const char *granted;
static int is_surrounded;
static int32_t base = -1;
// The new directory beneath it.
static char own_name[16];

// The handle of a new directory beneath `base`.
static int64_t make_own(void) {
  uint64_t random;
  godwit_entropy(&random, sizeof random);
  for (int i = 0; i < 15; i++, random >>= 4) own_name[i] = "0123456789abcdef"[random & 15];
  struct godwit_name named = beneath(base, own_name);
  int64_t result = godwit_make_directory(&named, 0700);
  return result < 0 ? result : godwit_open_beneath(&named, GODWIT_OPEN_PATH | GODWIT_OPEN_DIRECTORY, 0);
}

static int64_t fixture_begin(void) {
  size_t length = strlen(granted);
  if (length + 5 > sizeof buffer) return -GODWIT_NAME_TOO_LONG;
  memcpy(buffer, "dir:", 4);
  memcpy(buffer + 4, granted, length + 1);
  base = open_uri(buffer, GODWIT_OPEN_READ | GODWIT_OPEN_WRITE);
  if (base < 0) return base;
  int64_t root = is_surrounded ? base : make_own();
  if (root < 0) return root;
  add("{\"root\":");
  add_number((uint64_t)root);
  add(",\"version\":{\"major\":");
  add_number(GODWIT_VERSION_MAJOR);
  add_member("minor", GODWIT_VERSION_MINOR);
  add("},\"path\":\"");
  add(granted);
  if (!is_surrounded) {
    add("/");
    add(own_name);
  }
  add("\"}");
  return 0;
}

// Removes what is beneath a name, and then that.
static void remove_all(struct godwit_name named, int depth) {
  int64_t directory = godwit_open_beneath(&named, GODWIT_OPEN_PATH | GODWIT_OPEN_DIRECTORY, 0);
  if (directory >= 0 && depth < 16) {
    struct godwit_name itself = {(int32_t)directory, 0, 0};
    char entry[258];
    // Whatever is first, as long as something goes.
    for (int64_t before = -1;;) {
      int64_t length = godwit_entries(&itself, buffer, sizeof buffer);
      if (length <= 0 || length > (int64_t)sizeof buffer || length == before) break;
      before = length;
      memcpy(entry, buffer, 2 + (uint8_t)buffer[1]);
      struct godwit_name child = {(int32_t)directory, (uint8_t)entry[1], entry + 2};
      if (entry[0] == GODWIT_FILE_KIND_DIRECTORY) remove_all(child, depth + 1);
      else godwit_remove(&child, 0);
    }
    godwit_close((int32_t)directory);
  }
  godwit_remove(&named, 1);
}

static int64_t fixture_tear_down(void) {
  if (base >= 0 && !is_surrounded) remove_all(beneath(base, own_name), 0);
  base = -1;
  return 0;
}

static int64_t cannot(void) { return -GODWIT_NOT_SUPPORTED; }

// MARK: Answering

static const struct {
  const char *name;
  int64_t (*make)(void);
} calls[] = {
    {"open(_:_:)", call_open},
    {"open(_:_:permissions:)", call_open_beneath},
    {"close(_:)", call_close},
    {"kind(of:)", call_kind},
    {"options(of:)", call_options},
    {"read(_:at:into:)", call_read},
    {"write(_:at:from:)", call_write},
    {"position(of:)", call_position},
    {"setPosition(of:to:)", call_set_position},
    {"flush(_:metadata:)", call_flush},
    {"setLength(_:to:)", call_set_length},
    {"allocate(_:_:_:)", call_allocate},
    {"attributes(at:)", call_attributes},
    {"setAttributes(at:_:)", call_set_attributes},
    {"extendedAttribute(_:at:)", call_extended_attribute},
    {"extendedAttributes(at:)", call_extended_attributes},
    {"setExtendedAttribute(_:at:to:)", call_set_extended_attribute},
    {"entries(of:)", call_entries},
    {"makeDirectory(at:permissions:)", call_make_directory},
    {"makeSymbolicLink(at:to:)", call_make_symbolic_link},
    {"readSymbolicLink(at:)", call_read_symbolic_link},
    {"makeLink(at:to:)", call_make_link},
    {"rename(_:to:_:)", call_rename},
    {"remove(at:isDirectory:)", call_remove},
    {"volume(of:)", call_volume},
    {"terminalModes(_:)", call_terminal_modes},
    {"setTerminalModes(_:_:_:)", call_set_terminal_modes},
    {"windowSize(_:)", call_window_size},
    {"setWindowSize(_:_:)", call_set_window_size},
    {"bytesAvailable(_:)", call_bytes_available},
    {"discardTerminal(_:input:output:)", call_discard_terminal},
    {"accept(_:)", call_accept},
    {"finishConnecting(_:)", call_finish_connecting},
    {"endWriting(_:)", call_end_writing},
    {"localAddress(of:)", call_local_address},
    {"send(_:_:to:)", call_send},
    {"receive(_:into:)", call_receive},
    {"wait(_:until:)", call_wait},
    {"interrupt()", call_interrupt},
    {"setAlarm(at:_:)", call_set_alarm},
    {"now(_:)", call_now},
    {"entropy(into:)", call_entropy},
    {"facts", call_facts},
    {"log(_:)", call_log},
    {"fixture.begin", fixture_begin},
    {"fixture.tearDown", fixture_tear_down},
    {"fixture.grant", cannot},
    {"fixture.incoming", cannot},
    {"fixture.send", cannot},
    {"fixture.end", cannot},
    {"fixture.outgoing", cannot},
    {"fixture.received", cannot},
    {"fixture.stopReading", cannot},
    {"fixture.terminal", cannot},
    {"fixture.inheritedFile", cannot},
    {"fixture.allow", cannot},
    {"fixture.log", cannot},
};

static int64_t make(const struct json *call) {
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (json_is(call, calls[i].name)) return calls[i].make();
  mismatch("no such call");
}

static void add_alarms(void) {
  if (times_due == 0) return;
  add(",\"alarms\":[");
  for (uint64_t i = 0; i < times_due; i++) {
    if (i > 0) add(",");
    add_number((uint64_t)due);
  }
  add("]");
  times_due = 0;
}

static void answer(const struct json *message) {
  arguments = json_member(message, "arguments");
  out_length = 0;
  add("{\"result\":");
  size_t start = out_length;
  int64_t result = make(json_member(message, "call"));
  if (result < 0) {
    out_length = 0;
    check(-result <= GODWIT_IO, "an error that there is not");
    add("{\"error\":\"");
    add(errors[-result - 1]);
    add("\"");
  } else if (out_length == start) {
    add("null");
  }
  add_alarms();
  add("}\n");
  send_answer();
}

// Has the first who connects to a port be the link.
static void listen_for_link(const char *port) {
  static char uri[32] = "tcp:0.0.0.0:";
  struct godwit_address peer;
  size_t length = strlen(port);
  check(length <= 5, "a port");
  memcpy(uri + 12, port, length + 1);
  int32_t listener = open_uri(uri, GODWIT_OPEN_LISTEN);
  check(listener >= 0, "listen");
  wait_for(listener, GODWIT_READY_READABLE);
  link_in = link_out = (int32_t)godwit_accept(listener, &peer);
  check(link_in >= 0, "accept");
  godwit_close(listener);
}

int main(int argc, char **argv) {
  static struct json room[1024];
  check(argc == 2 || argc == 3, "usage: plug DIRECTORY [PORT]");
  granted = argv[1];
  is_surrounded = argc == 3;
  if (is_surrounded) listen_for_link(argv[2]);
  else link_in = open_uri("stdio:0", 0), link_out = open_uri("stdio:1", 0);
  while (next_line()) {
    const struct json *message = json_read(line, line_length, room, sizeof room / sizeof *room);
    if (!message) mismatch("no message");
    if (interrupt == OWED) call_interrupt();
    answer(message);
  }
  fixture_tear_down();
  return 0;
}
