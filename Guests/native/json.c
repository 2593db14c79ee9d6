#include "json.h"
#include "native.h"

struct reader {
  char *next, *end;
  struct json *room, *room_end;
};

static struct json *value(struct reader *reader, int depth);

static void skip_space(struct reader *reader) {
  while (reader->next < reader->end && (*reader->next == ' ' || *reader->next == '\t' || *reader->next == '\r'))
    reader->next++;
}

static int take(struct reader *reader, char byte) {
  skip_space(reader);
  if (reader->next == reader->end || *reader->next != byte) return 0;
  reader->next++;
  return 1;
}

static int take_word(struct reader *reader, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(reader->end - reader->next) < length || memcmp(reader->next, word, length) != 0) return 0;
  reader->next += length;
  return 1;
}

// Four hexadecimal digits; -1 if there are none.
static int32_t code_unit(struct reader *reader) {
  int32_t unit = 0;
  if (reader->end - reader->next < 4) return -1;
  for (int i = 0; i < 4; i++) {
    char digit = *reader->next++;
    if (digit >= '0' && digit <= '9') unit = unit << 4 | (digit - '0');
    else if ((digit | 32) >= 'a' && (digit | 32) <= 'f') unit = unit << 4 | ((digit | 32) - 'a' + 10);
    else return -1;
  }
  return unit;
}

// The UTF-8 of what follows `\u`, after which `to` stands; 0 if it is none. It is no longer than the escape.
static char *take_unicode(struct reader *reader, char *to) {
  int32_t code = code_unit(reader);
  if (code < 0 || (code >= 0xdc00 && code < 0xe000)) return 0;
  if (code >= 0xd800 && code < 0xdc00) {
    if (!take_word(reader, "\\u")) return 0;
    int32_t low = code_unit(reader);
    if (low < 0xdc00 || low >= 0xe000) return 0;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  const uint8_t marks[] = {0, 0xc0, 0xe0, 0xf0};
  *to++ = (char)(marks[more] | code >> 6 * more);
  while (more-- > 0) *to++ = (char)(0x80 | (code >> 6 * more & 0x3f));
  return to;
}

// The rest of a text whose first quote is taken: `*length` bytes, in its own place. 0 if it has no end.
static char *take_text(struct reader *reader, size_t *length) {
  const char *plain = "\"\\/bfnrt", *meant = "\"\\/\b\f\n\r\t";
  char *start = reader->next, *to = start;
  while (reader->next < reader->end) {
    uint8_t byte = (uint8_t)*reader->next++;
    if (byte == '"') {
      *length = (size_t)(to - start);
      return start;
    }
    if (byte < 0x20) return 0;
    if (byte != '\\') {
      *to++ = (char)byte;
      continue;
    }
    if (reader->next == reader->end) return 0;
    char escape = *reader->next++;
    if (escape == 'u') {
      if (!(to = take_unicode(reader, to))) return 0;
      continue;
    }
    size_t which = 0;
    while (plain[which] && plain[which] != escape) which++;
    if (!plain[which]) return 0;
    *to++ = meant[which];
  }
  return 0;
}

static int take_number(struct reader *reader, struct json *result) {
  result->is_negative = take_word(reader, "-");
  char *first = reader->next;
  uint64_t number = 0;
  while (reader->next < reader->end && *reader->next >= '0' && *reader->next <= '9') {
    uint64_t digit = (uint64_t)(*reader->next++ - '0');
    if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, digit, &number)) return 0;
  }
  size_t digits = (size_t)(reader->next - first);
  if (digits == 0 || (*first == '0' && digits > 1) || (result->is_negative && number > 1ull << 63)) return 0;
  result->number = result->is_negative ? -number : number;
  return 1;
}

// What is between the brackets of a list or, with names, an object.
static int take_items(struct reader *reader, struct json *all, char end, int depth) {
  struct json **place = &all->first;
  if (take(reader, end)) return 1;
  do {
    char *name = 0;
    size_t length = 0;
    if (all->kind == JSON_OBJECT &&
        (!take(reader, '"') || !(name = take_text(reader, &length)) || !take(reader, ':')))
      return 0;
    struct json *item = value(reader, depth + 1);
    if (!item) return 0;
    item->name = name;
    item->name_length = length;
    *place = item;
    place = &item->next;
  } while (take(reader, ','));
  return take(reader, end);
}

static struct json *value(struct reader *reader, int depth) {
  if (depth > 16 || reader->room == reader->room_end) return 0;
  struct json *result = reader->room++;
  *result = (struct json){.kind = JSON_NULL};
  skip_space(reader);
  if (take_word(reader, "null")) return result;
  if (take_word(reader, "false")) result->kind = JSON_FALSE;
  else if (take_word(reader, "true")) result->kind = JSON_TRUE;
  else if (take(reader, '"')) {
    result->kind = JSON_TEXT;
    if (!(result->text = take_text(reader, &result->length))) return 0;
  } else if (take(reader, '[')) {
    result->kind = JSON_LIST;
    if (!take_items(reader, result, ']', depth)) return 0;
  } else if (take(reader, '{')) {
    result->kind = JSON_OBJECT;
    if (!take_items(reader, result, '}', depth)) return 0;
  } else {
    result->kind = JSON_NUMBER;
    if (!take_number(reader, result)) return 0;
  }
  return result;
}

const struct json *json_read(char *text, size_t length, struct json *room, size_t count) {
  struct reader reader = {text, text + length, room, room + count};
  struct json *result = value(&reader, 0);
  skip_space(&reader);
  return reader.next == reader.end ? result : 0;
}

static int is_text(const char *text, size_t length, const char *expected) {
  return length == strlen(expected) && memcmp(text, expected, length) == 0;
}

const struct json *json_member(const struct json *object, const char *name) {
  if (!object || object->kind != JSON_OBJECT) return 0;
  for (const struct json *item = object->first; item; item = item->next)
    if (json_is_named(item, name)) return item->kind == JSON_NULL ? 0 : item;
  return 0;
}

int json_is_named(const struct json *member, const char *name) { return is_text(member->name, member->name_length, name); }

int json_is(const struct json *value, const char *text) {
  return value && value->kind == JSON_TEXT && is_text(value->text, value->length, text);
}
