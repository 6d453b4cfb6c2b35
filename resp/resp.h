/* resp.h - RESP2 and RESP3: bytes to values and back.
 *
 * This layer touches bytes only: no I/O, no allocation, no clock, no global state. Every function
 * may be called from any thread and from signal handlers as long as two calls do not share one
 * decoder or one output buffer. Nothing here blocks.
 *
 * Decode a buffer:
 *
 *     respub_node nodes[16];
 *     respub_decoder d;
 *     size_t used;
 *     respub_decoder_init(&d, NULL, nodes, 16);
 *     if (respub_decode(&d, buf, len, &used) == RESPUB_OK) use(nodes);
 *
 * Encode a command:
 *
 *     respub_slice args[] = {RESPUB_LIT("PUBLISH"), RESPUB_LIT("news"), RESPUB_LIT("hello")};
 *     char out[64];
 *     size_t size = respub_encode_command(out, sizeof out, args, 3);
 *     if (size <= sizeof out) send(fd, out, size, 0);
 *
 * Source of every protocol fact in this file, where no other is named: the RESP specification,
 * https://redis.io/docs/latest/develop/reference/protocol-spec/ */
#ifndef RESPUB_RESP_H
#define RESPUB_RESP_H

#include "resp/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RESPUB_VERSION "0.1.0"

#if defined(__GNUC__) || defined(__clang__)
#define RESPUB_MUST_USE __attribute__((warn_unused_result))
#else
#define RESPUB_MUST_USE
#endif

/* ------------------------------------------------------------------------------------------------
 * Bytes */

/* len bytes at ptr. A length of 0 is an empty string; ptr may then be anything, NULL included. */
typedef struct respub_slice {
  const char *ptr;
  size_t len;
} respub_slice;

static inline respub_slice respub_slice_of(const void *ptr, size_t len) {
  respub_slice s;
  s.ptr = (const char *)ptr;
  s.len = len;
  return s;
}

/* The slice of a string literal, without its NUL. */
#define RESPUB_LIT(literal) respub_slice_of("" literal, sizeof("" literal) - 1)

/* The slice of a NUL-terminated string; NULL gives an empty slice. */
respub_slice respub_slice_of_string(const char *string);

bool respub_slice_equal(respub_slice a, respub_slice b);

/* As respub_slice_equal, but ASCII letters compare without case (Redis answers commands so). */
bool respub_slice_equal_nocase(respub_slice a, respub_slice b);

bool respub_slice_starts_with(respub_slice s, respub_slice prefix);

/* ------------------------------------------------------------------------------------------------
 * Status codes of all layers */

/* What a status is about; a program can decide by it without knowing every code. */
typedef enum respub_category {
  RESPUB_CATEGORY_OK,       /* success or an ordinary "not yet" */
  RESPUB_CATEGORY_PROTOCOL, /* bytes of the peer that are not RESP or not what was due */
  RESPUB_CATEGORY_LIMIT,    /* a limit of this side was exceeded */
  RESPUB_CATEGORY_IO,       /* connection, name resolution, system */
  RESPUB_CATEGORY_SERVER,   /* the server said no */
  RESPUB_CATEGORY_USAGE,    /* a wrong argument or a call at the wrong time */
  RESPUB_CATEGORY_CONTENT   /* a message, schema or channel is not valid */
} respub_category;

/* X(name, value, category, text). Values never change once released; values > 0 are no failures. */
#define RESPUB_STATUS_MAP(X)                                                                       \
  X(OK, 0, OK, "success")                                                                          \
  X(MORE, 1, OK, "more input is needed")                                                           \
  X(NODES, 2, OK, "more nodes are needed")                                                         \
  X(AGAIN, 3, OK, "not ready yet; try again later")                                                \
  X(TIMEOUT, 4, OK, "the time is over")                                                            \
  X(ETYPE, -1, PROTOCOL, "unknown type byte")                                                      \
  X(ECRLF, -2, PROTOCOL, "CR LF expected")                                                         \
  X(ENUMBER, -3, PROTOCOL, "malformed number")                                                     \
  X(ERANGE, -4, PROTOCOL, "number out of the range of 64 bits")                                    \
  X(ELENGTH, -5, PROTOCOL, "malformed length")                                                     \
  X(EBOOLEAN, -6, PROTOCOL, "a boolean is t or f")                                                 \
  X(EDOUBLE, -7, PROTOCOL, "malformed double")                                                     \
  X(EVERBATIM, -8, PROTOCOL, "a verbatim string starts with three characters and a colon")         \
  X(ESTREAMED, -10, PROTOCOL, "streamed aggregates are not supported")                             \
  X(ETRUNCATED, -11, PROTOCOL, "the input ends inside a value")                                    \
  X(EPROTOCOL, -12, PROTOCOL, "unexpected reply")                                                  \
  X(ELINE, -20, LIMIT, "line longer than the limit")                                               \
  X(EBULK, -21, LIMIT, "string longer than the limit")                                             \
  X(EELEMENTS, -22, LIMIT, "more elements in one aggregate than the limit")                        \
  X(ETOTAL, -23, LIMIT, "more elements in one value than the limit")                               \
  X(EDEPTH, -24, LIMIT, "nested deeper than the limit")                                            \
  X(EBYTES, -25, LIMIT, "value larger than the limit")                                             \
  X(EFULL, -26, LIMIT, "a bounded buffer, queue or table is full")                                 \
  X(ENOMEM, -27, LIMIT, "out of memory")                                                           \
  X(EEOF, -40, IO, "the peer closed the connection")                                               \
  X(EIO, -41, IO, "input/output error")                                                            \
  X(ERESOLVE, -42, IO, "the host name cannot be resolved")                                         \
  X(ECONNECT, -43, IO, "no address accepts a connection")                                          \
  X(ESILENT, -44, IO, "the peer sent nothing for longer than the ping timeout")                    \
  X(EUNSENT, -45, IO, "not sent; safe to send again")                                              \
  X(EUNANSWERED, -46, IO, "sent but not answered; it may have been delivered")                     \
  X(EREFUSED, -60, SERVER, "the server refused")                                                   \
  X(EAUTH, -61, SERVER, "the server refused the credentials")                                      \
  X(EARGUMENT, -80, USAGE, "invalid argument")                                                     \
  X(EURL, -81, USAGE, "malformed URL")                                                             \
  X(ESTATE, -82, USAGE, "not possible in this state")                                              \
  X(ECLOSED, -83, USAGE, "closed")                                                                 \
  X(EFORKED, -84, USAGE, "belongs to the parent of this forked process")                           \
  X(ENOTFOUND, -85, USAGE, "no such thing")                                                        \
  X(EUNSUPPORTED, -86, USAGE, "not built in")                                                      \
  X(ECHANNEL, -100, CONTENT, "not a usable channel name")                                          \
  X(EJSON, -101, CONTENT, "not JSON")                                                              \
  X(EENVELOPE, -102, CONTENT, "not a message envelope")                                            \
  X(EINVALID, -103, CONTENT, "the message does not match the schema of its channel")               \
  X(ESCHEMA, -104, CONTENT, "not a schema that can be used")

typedef enum respub_status {
#define RESPUB_STATUS_ENUM(name, value, category, text) RESPUB_##name = (value),
  RESPUB_STATUS_MAP(RESPUB_STATUS_ENUM)
#undef RESPUB_STATUS_ENUM
} respub_status;

/* All three accept any value; an unknown one is "UNKNOWN", "unknown status", category USAGE. The
 * strings are constant. The name is without the prefix: "ECRLF". */
const char *respub_status_name(respub_status status);
const char *respub_status_text(respub_status status);
respub_category respub_status_category(respub_status status);

/* ------------------------------------------------------------------------------------------------
 * Values */

typedef enum respub_type {
  RESPUB_SIMPLE = 1, /* + */
  RESPUB_ERROR,      /* - */
  RESPUB_INTEGER,    /* : */
  RESPUB_BULK,       /* $ */
  RESPUB_ARRAY,      /* * */
  RESPUB_NULL,       /* $-1, *-1 and RESP3 _ */
  RESPUB_MAP,        /* % */
  RESPUB_SET,        /* ~ */
  RESPUB_PUSH,       /* > */
  RESPUB_DOUBLE,     /* , */
  RESPUB_BOOLEAN,    /* # */
  RESPUB_BIGNUM,     /* ( */
  RESPUB_VERBATIM,   /* = */
  RESPUB_BLOB_ERROR, /* ! */
  RESPUB_ATTRIBUTE   /* | */
} respub_type;

/* One node of a tape: a value, its children behind it in order (pre-order). The root is nodes[0].
 *
 *   type                            text                       integer
 *   SIMPLE ERROR BULK BLOB_ERROR    the bytes                  0
 *   DOUBLE BIGNUM                   their text as sent         0
 *   VERBATIM                        the bytes behind "txt:"    0; respub_node_format gives "txt"
 *   INTEGER                         empty                      the value
 *   BOOLEAN                         empty                      0 or 1
 *   NULL                            empty                      0
 *   ARRAY SET PUSH                  empty                      number of elements
 *   MAP ATTRIBUTE                   empty                      number of pairs
 *
 * A map has two children a pair: key, value, key, value.
 * An ATTRIBUTE node holds pairs and then, as its last child, the value that it precedes: span
 * covers all of them, and it counts as one element of the aggregate that it stands in. A slice
 * points into the buffer given to respub_decode and is valid as long as that buffer's bytes. */
typedef struct respub_node {
  respub_slice text;
  int64_t integer;
  uint32_t span; /* nodes of this subtree, this one included; >= 1 */
  uint8_t type;  /* a respub_type */
} respub_node;

/* The k-th element (0-based) of an aggregate, or of a map's flat key, value, key, ... list; an
 * attribute's value has index 2 * integer. NULL when there is none or node is no aggregate. Costs
 * one step an element before it. */
const respub_node *respub_node_at(const respub_node *node, size_t k);

/* The node behind this one's subtree: its next sibling, if there is one. */
static inline const respub_node *respub_node_next(const respub_node *node) {
  return node + node->span;
}

/* The number of children that respub_node_at can reach. */
size_t respub_node_count(const respub_node *node);

/* True for SIMPLE, BULK and VERBATIM, whose text is data. */
bool respub_node_is_string(const respub_node *node);

/* True for ERROR and BLOB_ERROR. */
bool respub_node_is_error(const respub_node *node);

/* True for a string (see above) with exactly these bytes. */
bool respub_node_equals(const respub_node *node, respub_slice bytes);

/* An INTEGER's value, or that of a string that is wholly a decimal int64 (optional sign, digits).
 * RESPUB_ENUMBER or RESPUB_ERANGE when it is not; *value is then untouched. */
RESPUB_MUST_USE respub_status respub_node_integer(const respub_node *node, int64_t *value);

/* The format of a VERBATIM ("txt", "mkd"), three bytes; empty for every other type. */
respub_slice respub_node_format(const respub_node *node);

/* The node without the attributes in front of it: itself unless it is an ATTRIBUTE. */
const respub_node *respub_node_value(const respub_node *node);

/* ------------------------------------------------------------------------------------------------
 * Decoder */

/* What a peer may make this side do. 0 means the default. Each is checked before any arithmetic on
 * what it bounds, and each has its own status. */
typedef struct respub_limits {
  size_t line_bytes; /* a + - : , ( line without type byte and CR LF; ELINE; default and cap
                        RESPUB_MAX_LINE_BYTES */
  size_t bulk_bytes; /* a $ = ! string; EBULK; default and cap RESPUB_MAX_BULK_BYTES */
  size_t elements;   /* announced elements of one aggregate (pairs of a map); EELEMENTS; default and
                        cap RESPUB_MAX_ELEMENTS */
  size_t total;      /* elements at all levels of one whole value, that is its nodes but for the
                        root; ETOTAL; default and cap RESPUB_MAX_ELEMENTS */
  size_t depth;      /* aggregates inside each other, attributes included; EDEPTH; default and cap
                        RESPUB_MAX_DEPTH */
  size_t bytes;      /* encoded bytes of one whole value; EBYTES; default RESPUB_MAX_BULK_BYTES +
                        64 KiB, no cap */
} respub_limits;

/* Caller-owned, on the stack or embedded; no function needs to be called to get rid of one. All
 * members are private to the decoder but for those marked as readable. */
typedef struct respub_decoder {
  respub_node *nodes;
  size_t node_capacity;
  size_t node_count; /* readable after RESPUB_OK: nodes of the value, == nodes[0].span; else so many
                        have come, of which only the types can be relied on */
  size_t position;   /* readable after an error: byte offset of the offending byte in the value */
  size_t mark;       /* offset of the text or number that is being read */
  size_t promised;   /* elements that the headers read so far announce, at all levels */
  size_t unresolved; /* so many nodes in front hold offsets, as the buffer may have moved since */
  uint64_t number;   /* the number being read, or the length of the text */
  respub_limits limits;
  respub_status status; /* readable: the sticky error; RESPUB_OK between two values */
  uint32_t left;        /* values that the innermost open aggregate still misses */
  uint32_t depth;
  uint8_t phase;
  uint8_t pending_type;
  uint8_t number_state;
  struct {
    uint32_t left; /* of the aggregate outside of this one */
    uint32_t node;
  } stack[RESPUB_MAX_DEPTH];
} respub_decoder;

/* Makes d ready for the first value. limits may be NULL (defaults). nodes is the caller's array of
 * n nodes, which may be 0; d keeps the pointer. */
void respub_decoder_init(respub_decoder *d, const respub_limits *limits, respub_node *nodes,
                         size_t n);

/* Forgets a value in progress and a sticky error; limits and nodes stay. */
void respub_decoder_reset(respub_decoder *d);

/* Gives d a larger array after RESPUB_NODES. The caller has copied the old nodes (all node_capacity
 * of them) to its front, or has let realloc do so; the place is kept. */
void respub_decoder_grow(respub_decoder *d, respub_node *nodes, size_t n);

/* Decodes one top-level value from the len bytes at buf.
 *
 *   RESPUB_OK      nodes holds the value, *used is its size in bytes. The next call starts a new
 *                  value: pass buf + *used.
 *   RESPUB_MORE    the input ends inside the value. Call again with the same bytes and more behind
 *                  them; the buffer may have moved in between. It goes on where it stopped: what an
 *                  earlier call has scanned is not scanned again. *used is 0.
 *   RESPUB_NODES   the array is full. Grow it (respub_decoder_grow) and call again. *used is 0.
 *   < 0            malformed or beyond a limit: a code of category PROTOCOL or LIMIT, the same from
 *                  every further call until respub_decoder_reset. d->position is the offset of the
 *                  byte at fault from the start of the value. Neither depends on how the input was
 *                  split, and both are known as soon as that byte is there. *used is 0.
 *
 * Strict: both bytes of every CR LF are checked; a bare CR or LF in a line is an error; numbers are
 * an optional sign and digits; lengths are digits without a leading zero (but "0"), or exactly -1.
 * Memory used is never in proportion to an announced length or count. */
RESPUB_MUST_USE respub_status respub_decode(respub_decoder *d, const char *buf, size_t len,
                                            size_t *used);

/* May the input end here? RESPUB_OK between two values, RESPUB_ETRUNCATED inside one, or the sticky
 * error. */
RESPUB_MUST_USE respub_status respub_decode_end(const respub_decoder *d);

/* At least how many bytes the value in progress will take in all, as far as is known: its position
 * plus the rest of the string that is being read; 0 between two values. For sizing a buffer;
 * bounded by the limits. */
size_t respub_decoder_wants(const respub_decoder *d);

/* ------------------------------------------------------------------------------------------------
 * Encoder
 *
 * Every function returns the exact size of the encoding in bytes and writes it to out when cap is
 * at least that; otherwise it writes nothing (so out NULL, cap 0 asks for the size). What cannot be
 * encoded - a CR or LF in a line, a size beyond SIZE_MAX, a wrong type - returns
 * RESPUB_UNENCODABLE, which is larger than every capacity. */
#define RESPUB_UNENCODABLE SIZE_MAX

/* A command: an array of n (>= 1) bulk strings. */
size_t respub_encode_command(char *out, size_t cap, const respub_slice *args, size_t n);

/* The command's array header for total arguments and the first n (<= total) of them whole. The
 * caller adds the rest with respub_encode_text(RESPUB_BULK) or respub_encode_bulk_header; so the
 * part of a PUBLISH that names the channel can be prepared once. */
size_t respub_encode_command_prefix(char *out, size_t cap, size_t total, const respub_slice *args,
                                    size_t n);

/* "$len CR LF": the caller sends the len bytes and a CR LF itself, for example by writev. */
size_t respub_encode_bulk_header(char *out, size_t cap, size_t len);

/* SIMPLE, ERROR, BULK, DOUBLE, BIGNUM or BLOB_ERROR with this text. The text of DOUBLE and BIGNUM
 * must be one that the decoder accepts. */
size_t respub_encode_text(char *out, size_t cap, respub_type type, respub_slice text);

size_t respub_encode_integer(char *out, size_t cap, int64_t value);

/* The header of an ARRAY, SET or PUSH of count elements, of a MAP or ATTRIBUTE of count pairs. */
size_t respub_encode_aggregate(char *out, size_t cap, respub_type type, size_t count);

/* The null that takes the place of this type: BULK "$-1", ARRAY "*-1", NULL "_" (RESP3). */
size_t respub_encode_null(char *out, size_t cap, respub_type type);

size_t respub_encode_boolean(char *out, size_t cap, bool value);

/* format is three bytes, for example "txt". */
size_t respub_encode_verbatim(char *out, size_t cap, respub_slice format, respub_slice text);

/* A whole tape as decoded: decode of this gives the same tape. A NULL node becomes "$-1" (which
 * RESP2 and RESP3 readers both understand). */
size_t respub_encode_nodes(char *out, size_t cap, const respub_node *nodes);

#ifdef __cplusplus
}
#endif
#endif
