// JSON as a plug is asked in it (Docs/HostABI.md, "Other hosts"): a value on one line, numbers without fractions.
#ifndef JSON_H
#define JSON_H
#include <stddef.h>
#include <stdint.h>

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT };

struct json {
  enum json_kind kind;
  // A number: its bits as two's complement, and whether it is below zero.
  int is_negative;
  uint64_t number;
  // A text: without escapes, and not terminated.
  char *text;
  size_t length;
  // What a list or an object has in it; each of an object's has a name.
  struct json *first, *next;
  const char *name;
  size_t name_length;
};

// Reads all of `text`, which texts are then part of, into `room` for `count` values. 0 for anything else than one value.
const struct json *json_read(char *text, size_t length, struct json *room, size_t count);

// A member of an object; 0 if it is missing or null.
const struct json *json_member(const struct json *object, const char *name);

// Whether it is a member of this name.
int json_is_named(const struct json *member, const char *name);

// Whether it is this text.
int json_is(const struct json *value, const char *text);
#endif
