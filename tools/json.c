#include "tools/json.h"

#include "tools/utf8.h"

#include <stdio.h>
#include <string.h>

static bool stands_for_itself(unsigned char c) {
  return c >= 0x20 && c != '"' && c != '\\';
}

/* How many bytes at p need no escape. Eight at a time: a byte that needs one leaves its high bit in
 * the test word (the classic "has a byte less than, has a byte equal to"), and so may a byte beyond
 * ASCII, which the loop below then looks at. */
static size_t plain_run(const char *p, size_t len) {
  const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
  size_t i = 0;
  for (uint64_t w; len - i >= sizeof w; i += sizeof w) {
    memcpy(&w, p + i, sizeof w);
    uint64_t quote = w ^ (ones * '"'), backslash = w ^ (ones * '\\');
    if (((w | (w - ones * 0x20) | (quote - ones) | (backslash - ones)) & highs) != 0)
      break;
  }
  while (i < len && stands_for_itself((unsigned char)p[i]))
    i++;
  return i;
}

static void escaped(unsigned char c) {
  static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
  const char *found = c == '\0' ? NULL : memchr(from, c, sizeof from - 1);
  char text[8];
  if (found != NULL)
    snprintf(text, sizeof text, "\\%c", to[found - from]);
  else
    snprintf(text, sizeof text, "\\u%04x", c);
  output_text(text);
}

static void escape(respub_slice s) {
  size_t i = 0;
  while (i < s.len) {
    size_t run = plain_run(s.ptr + i, s.len - i);
    output_bytes(s.ptr + i, run);
    i += run;
    if (i < s.len)
      escaped((unsigned char)s.ptr[i++]);
  }
}

static void base64(respub_slice s) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *p = (const unsigned char *)s.ptr;
  for (size_t i = 0; i < s.len; i += 3) {
    size_t left = s.len - i;
    uint32_t bits = (uint32_t)p[i] << 16;
    bits |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
    bits |= left > 2 ? (uint32_t)p[i + 2] : 0;
    const char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                          left > 1 ? digits[bits >> 6 & 63] : '=',
                          left > 2 ? digits[bits & 63] : '='};
    output_bytes(four, sizeof four);
  }
}

bool json_string(respub_slice bytes) {
  bool is_utf8 = utf8_prefix(bytes) == bytes.len;
  output_char('"');
  if (is_utf8)
    escape(bytes);
  else
    base64(bytes);
  output_char('"');
  return is_utf8;
}

void json_base64_mark(const char *name) {
  output_text(",\"");
  output_text(name);
  output_text("\":\"base64\"");
}

void json_member(const char *name, respub_slice value, const char *encoding) {
  output_char('"');
  output_text(name);
  output_text("\":");
  if (!json_string(value))
    json_base64_mark(encoding);
}

void json_sentence(respub_slice bytes) {
  output_char('"');
  while (bytes.len > 0) {
    size_t n = utf8_prefix(bytes);
    escape(respub_slice_of(bytes.ptr, n));
    if (n == bytes.len)
      break;
    output_text("\xef\xbf\xbd");
    bytes = respub_slice_of(bytes.ptr + n + 1, bytes.len - n - 1);
  }
  output_char('"');
}

void json_unsigned(uint64_t value) {
  char digits[20];
  size_t start = sizeof digits;
  do {
    digits[--start] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  output_bytes(digits + start, sizeof digits - start);
}

void json_integer(int64_t value) {
  if (value < 0)
    output_char('-');
  /* Not -value, which the smallest one does not have. */
  json_unsigned(value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Length of the string token that starts with the quote at p, both quotes included. */
static size_t string_token(const char *p, size_t len) {
  size_t i = 1;
  while (i < len && p[i] != '"')
    i += p[i] == '\\' ? 2 : 1;
  return i < len ? i + 1 : len;
}

void json_compact(respub_slice json) {
  size_t i = 0;
  while (i < json.len) {
    size_t n = 0;
    if (json.ptr[i] == '"')
      n = string_token(json.ptr + i, json.len - i);
    else
      while (i + n < json.len && json.ptr[i + n] != '"' && !is_blank(json.ptr[i + n]))
        n++;
    output_bytes(json.ptr + i, n);
    i += n > 0 ? n : 1;
  }
}
