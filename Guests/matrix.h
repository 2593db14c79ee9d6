// Tables of what calls answer: a row for each kind of thing, a word for each call - the number, or the name of the error.
// The words that are expected come from Linux, * for what differs between its versions; with GUEST_TABLE in its environment a guest
// prints those it sees.
#pragma once
#include "check.h"

static struct { const char *name; char words[128][80]; const char *calls[128]; int count; } row;

// Another word of the row.
static void answer(const char *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void answer(const char *call, const char *format, ...) {
  va_list list;
  va_start(list, format);
  if (row.count == 128) LEAVE("too many columns");
  vsnprintf(row.words[row.count], sizeof row.words[0], format, list);
  va_end(list);
  row.calls[row.count++] = call;
}
static void answer_result(const char *call, long result, int error) {
  if (result == -1 && error) answer(call, "%s", strerrorname_np(error) + 1);
  else answer(call, "%ld", result);
}

// What a call answers.
#define TRY(call) \
  do { errno = 0; long tr_r_ = (long)(call); answer_result(#call, tr_r_, errno); } while (0)
// What an expression is once a call has been made.
#define SHOW(value) answer(#value, "%ld", (long)(value))

__attribute__((unused)) static void begin_row(const char *name) {
  row.name = name;
  row.count = 0;
}

struct table { const char *name, *words; };

// The words of the row that are expected from the one with this number on.
__attribute__((unused)) static const char *word_of(const struct table *table, int number) {
  for (; table->name && strcmp(table->name, row.name); table++) {}
  const char *words = table->name ? table->words : "";
  for (; number && *words; number--) {
    words += strcspn(words, " ");
    words += *words == ' ';
  }
  return words;
}

__attribute__((unused)) static int is_word(const char *words, const char *word) {
  size_t length = strlen(word);
  return strcspn(words, " ") == length && !strncmp(words, word, length);
}

// Ends the row, which must have the words of `table`'s row of the same name.
__attribute__((unused)) static void end_row(const char *file, const struct table *table) {
  if (getenv("GUEST_TABLE")) {
    fprintf(stderr, "  {\"%s\",\n   \"", row.name);
    int column = 4;
    for (int i = 0; i < row.count; i++) {
      int length = strlen(row.words[i]) + 1;
      if (column + length > 118) {
        fprintf(stderr, "\"\n   \"");
        column = 4;
      }
      fprintf(stderr, "%s%s", row.words[i], i + 1 < row.count ? " " : "");
      column += length;
    }
    fprintf(stderr, "\"},\n");
    return;
  }
  const char *place = word_of(table, 0);
  for (int i = 0; i < row.count; i++) {
    size_t length = strcspn(place, " ");
    if (!is_word(place, "*") && !is_word(place, row.words[i]))
      fail_at(file, i, "%s: %s is %s, not %.*s", row.name, row.calls[i], row.words[i], (int)length, place);
    place += length;
    place += *place == ' ';
  }
  if (*place) fail_at(file, row.count, "%s: there are more words: %s", row.name, place);
}
#define END_ROW(table) end_row(__FILE__, table)
