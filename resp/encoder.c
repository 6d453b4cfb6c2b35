#include "resp/memory.h"
#include "resp/number.h"
#include "resp/type.h"

enum {
  CRLF_SIZE = 2,
  BULK_OVERHEAD_MAX = 32 /* at least that of "$", 20 digits and two times CR LF */
};

/* Sizes saturate at RESPUB_UNENCODABLE. */
static size_t sum(size_t a, size_t b) {
  return a > RESPUB_UNENCODABLE - b ? RESPUB_UNENCODABLE : a + b;
}

static size_t header_size(uint64_t number) {
  return 1 + respub__decimal_size(number) + CRLF_SIZE;
}

static size_t bulk_size(size_t len) {
  return sum(len, header_size(len) + CRLF_SIZE);
}

static bool may_write(size_t size, size_t cap) {
  return size <= cap && size != RESPUB_UNENCODABLE;
}

/* What put_ writes has room, which its caller has checked; each returns the byte behind it. */
static inline char *put_crlf(char *out) {
  out[0] = '\r';
  out[1] = '\n';
  return out + CRLF_SIZE;
}

static inline char *put_bytes(char *out, respub_slice bytes) {
  if (bytes.len > 0)
    memcpy(out, bytes.ptr, bytes.len);
  return out + bytes.len;
}

/* Nearly every number here has at most three digits. */
static inline char *put_number(char *out, uint64_t number) {
  unsigned n = (unsigned)number;
  if (!RESPUB_FAST || number > 999)
    return respub__decimal_put(out, number);
  if (n > 9) {
    if (n > 99)
      *out++ = (char)('0' + n / 100);
    *out++ = (char)('0' + n / 10 % 10);
    n %= 10;
  }
  *out = (char)('0' + n);
  return out + 1;
}

/* The analyzer does not see that there is a buffer wherever there is room in it. */
static inline char *put_header(char *out, char byte, uint64_t number) {
  *out = byte; /* NOLINT(clang-analyzer-core.NullDereference) */
  return put_crlf(put_number(out + 1, number));
}

static inline char *put_bulk(char *out, char byte, respub_slice text) {
  return put_crlf(put_bytes(put_header(out, byte, text.len), text));
}

/* Is there room even if every length had all its digits? Spares the usual case the exact size. */
static inline bool surely_fits(size_t cap, const respub_slice *args, size_t n) {
  if (n >= cap / BULK_OVERHEAD_MAX)
    return false;
  size_t room = cap - (n + 1) * BULK_OVERHEAD_MAX; /* the header of the array takes less */
  for (; n > 0; n--, args++) {
    if (args->len > room)
      return false;
    room -= args->len;
  }
  return true;
}

static size_t prefix_size(size_t total, const respub_slice *args, size_t n) {
  size_t size = header_size(total);
  for (size_t i = 0; i < n; i++)
    size = sum(size, bulk_size(args[i].len));
  return size;
}

size_t respub_encode_command_prefix(char *out, size_t cap, size_t total, const respub_slice *args,
                                    size_t n) {
  if (total == 0 || n > total)
    return RESPUB_UNENCODABLE;
  if (!RESPUB_FAST || !surely_fits(cap, args, n)) {
    const size_t size = prefix_size(total, args, n);
    if (!may_write(size, cap))
      return size;
  }
  char *p = put_header(out, '*', total);
  for (; n > 0; n--, args++)
    p = put_bulk(p, '$', *args);
  return (size_t)(p - out);
}

size_t respub_encode_command(char *out, size_t cap, const respub_slice *args, size_t n) {
  return respub_encode_command_prefix(out, cap, n, args, n);
}

static size_t encode_header(char *out, size_t cap, char byte, uint64_t number) {
  const size_t size = header_size(number);
  if (may_write(size, cap))
    put_header(out, byte, number);
  return size;
}

size_t respub_encode_bulk_header(char *out, size_t cap, size_t len) {
  return encode_header(out, cap, '$', len);
}

static size_t encode_bulk(char *out, size_t cap, char byte, respub_slice text) {
  if (!RESPUB_FAST || cap < BULK_OVERHEAD_MAX || text.len > cap - BULK_OVERHEAD_MAX) {
    const size_t size = bulk_size(text.len);
    if (!may_write(size, cap))
      return size;
  }
  return (size_t)(put_bulk(out, byte, text) - out);
}

static bool is_line(respub_slice text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '\r' || text.ptr[i] == '\n')
      return false;
  }
  return true;
}

#if RESPUB_RESP3
static bool is_double(respub_slice text) {
  uint8_t state = RESPUB__NUMBER_START;
  for (size_t i = 0; i < text.len && state != RESPUB__NUMBER_REFUSED; i++)
    state = respub__double_next(state, text.ptr[i]);
  return respub__double_complete(state);
}

static bool is_bignum(respub_slice text) {
  uint8_t state = RESPUB__NUMBER_START;
  for (size_t i = 0; i < text.len && state != RESPUB__NUMBER_REFUSED; i++)
    state = respub__integer_next(state, text.ptr[i]);
  return respub__integer_complete(state);
}
#endif

static size_t encode_line(char *out, size_t cap, char byte, respub_slice text) {
  const size_t size = sum(text.len, 1 + CRLF_SIZE);
  if (may_write(size, cap)) {
    *out = byte;
    put_crlf(put_bytes(out + 1, text));
  }
  return size;
}

size_t respub_encode_text(char *out, size_t cap, respub_type type, respub_slice text) {
  const char byte = respub__type_byte(type);
  switch ((int)type) {
  case RESPUB_BULK:
    return encode_bulk(out, cap, byte, text);
  case RESPUB_SIMPLE:
  case RESPUB_ERROR:
    return is_line(text) ? encode_line(out, cap, byte, text) : RESPUB_UNENCODABLE;
#if RESPUB_RESP3
  case RESPUB_BLOB_ERROR:
    return encode_bulk(out, cap, byte, text);
  case RESPUB_DOUBLE:
    return is_double(text) ? encode_line(out, cap, byte, text) : RESPUB_UNENCODABLE;
  case RESPUB_BIGNUM:
    return is_bignum(text) ? encode_line(out, cap, byte, text) : RESPUB_UNENCODABLE;
#endif
  default:
    return RESPUB_UNENCODABLE;
  }
}

size_t respub_encode_integer(char *out, size_t cap, int64_t value) {
  if (value >= 0)
    return encode_header(out, cap, ':', (uint64_t)value);
  const uint64_t magnitude = 0 - (uint64_t)value;
  const size_t size = 1 + header_size(magnitude);
  if (may_write(size, cap)) {
    out[0] = ':'; /* NOLINT(clang-analyzer-core.NullDereference) */
    put_header(out + 1, '-', magnitude);
  }
  return size;
}

static size_t encode_aggregate(char *out, size_t cap, respub_type type, uint64_t count) {
  const char byte = respub__type_byte(type);
  if (byte == '\0' || !respub__type_in(type, RESPUB__AGGREGATES))
    return RESPUB_UNENCODABLE;
  return encode_header(out, cap, byte, count);
}

size_t respub_encode_aggregate(char *out, size_t cap, respub_type type, size_t count) {
  return encode_aggregate(out, cap, type, count);
}

static size_t encode_bytes(char *out, size_t cap, respub_slice bytes) {
  if (may_write(bytes.len, cap))
    put_bytes(out, bytes);
  return bytes.len;
}

size_t respub_encode_null(char *out, size_t cap, respub_type type) {
  if (type == RESPUB_BULK)
    return encode_bytes(out, cap, RESPUB_LIT("$-1\r\n"));
  if (type == RESPUB_ARRAY)
    return encode_bytes(out, cap, RESPUB_LIT("*-1\r\n"));
#if RESPUB_RESP3
  if (type == RESPUB_NULL)
    return encode_bytes(out, cap, RESPUB_LIT("_\r\n"));
#endif
  return RESPUB_UNENCODABLE;
}

#if RESPUB_RESP3

size_t respub_encode_boolean(char *out, size_t cap, bool value) {
  return encode_bytes(out, cap, value ? RESPUB_LIT("#t\r\n") : RESPUB_LIT("#f\r\n"));
}

size_t respub_encode_verbatim(char *out, size_t cap, respub_slice format, respub_slice text) {
  const size_t len = sum(text.len, 4);
  if (format.len != 3 || len == RESPUB_UNENCODABLE)
    return RESPUB_UNENCODABLE;
  const size_t size = bulk_size(len);
  if (may_write(size, cap)) {
    out = put_bytes(put_header(out, '=', len), format);
    *out = ':';
    put_crlf(put_bytes(out + 1, text));
  }
  return size;
}

#else

size_t respub_encode_boolean(char *out, size_t cap, bool value) {
  (void)out, (void)cap, (void)value;
  return RESPUB_UNENCODABLE;
}

size_t respub_encode_verbatim(char *out, size_t cap, respub_slice format, respub_slice text) {
  (void)out, (void)cap, (void)format, (void)text;
  return RESPUB_UNENCODABLE;
}

#endif

/* The node without its children, which stand behind it on the tape as they do on the wire. */
static size_t encode_node(char *out, size_t cap, const respub_node *node) {
  const respub_type type = (respub_type)node->type;
  if (respub__node_in(node, RESPUB__AGGREGATES)) {
    if (node->integer < 0)
      return RESPUB_UNENCODABLE;
    return encode_aggregate(out, cap, type, (uint64_t)node->integer);
  }
  if (type == RESPUB_INTEGER)
    return respub_encode_integer(out, cap, node->integer);
  if (type == RESPUB_NULL)
    return respub_encode_null(out, cap, RESPUB_BULK);
  if (RESPUB_RESP3 && type == RESPUB_BOOLEAN)
    return respub_encode_boolean(out, cap, node->integer != 0);
  if (RESPUB_RESP3 && type == RESPUB_VERBATIM)
    return respub_encode_verbatim(out, cap, respub_node_format(node), node->text);
  return respub_encode_text(out, cap, type, node->text);
}

size_t respub_encode_nodes(char *out, size_t cap, const respub_node *nodes) {
  const respub_node *end = respub_node_next(nodes);
  size_t size = 0;
  for (const respub_node *node = nodes; node < end; node++)
    size = sum(size, encode_node(out, 0, node));
  if (!may_write(size, cap))
    return size;
  for (const respub_node *node = nodes; node < end; node++) {
    const size_t written = encode_node(out, cap, node);
    out += written;
    cap -= written;
  }
  return size;
}
