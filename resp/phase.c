#include "resp/memory.h"
#include "resp/number.h"
#include "resp/plain.h"
#include "resp/type.h"

/* How far a length has been read, in number_state. */
enum {
  LENGTH_START = RESPUB__NUMBER_START,
  LENGTH_MINUS,
  LENGTH_NULL, /* -1: nothing may follow */
  LENGTH_ZERO, /* 0: nothing may follow */
  LENGTH_DIGITS
};

enum {
  FORMAT_SIZE = 4 /* "txt:" */
};

/* Every read_ function reads on at d->position, where there is at least one byte, and leaves it
 * behind what it has read or at the byte at fault. */

static respub_status enter(respub_decoder *d, uint8_t phase) {
  d->phase = phase;
  return RESPUB_OK;
}

static respub_status pass_byte(respub_decoder *d, uint8_t phase) {
  d->position++;
  return enter(d, phase);
}

static uint8_t phase_behind(unsigned type) {
#if RESPUB_FAST
  if (type == RESPUB_SIMPLE || type == RESPUB_ERROR)
    return RESPUB__PHASE_TEXT;
#endif
  if (respub__type_in(type, RESPUB__LINES))
    return RESPUB__PHASE_LINE;
#if RESPUB_RESP3
  if (type == RESPUB_BOOLEAN)
    return RESPUB__PHASE_BOOLEAN;
  if (type == RESPUB_NULL)
    return RESPUB__PHASE_CR;
#endif
  return RESPUB__PHASE_LENGTH;
}

static respub_status read_type(respub_decoder *d, char byte) {
  if (d->node_count >= d->node_capacity)
    return RESPUB_NODES;
  const uint8_t type = respub__type_of(byte);
  if (type == 0)
    return RESPUB_ETYPE;
  d->mark = d->position + 1;
  d->number = 0;
  d->number_state = RESPUB__NUMBER_START;
  d->pending_type = type;
  return pass_byte(d, phase_behind(type));
}

/* At the CR of a line; mark and number then describe its text. */
static respub_status end_line(respub_decoder *d) {
  if (d->pending_type != RESPUB_INTEGER)
    d->number = d->position - d->mark;
  return pass_byte(d, RESPUB__PHASE_LF);
}

static respub_status add_to_line(respub_decoder *d, char c) {
  switch ((int)d->pending_type) {
  case RESPUB_INTEGER:
    return respub__integer_add(&d->number_state, &d->number, c);
#if RESPUB_RESP3
  case RESPUB_BIGNUM:
    d->number_state = respub__integer_next(d->number_state, c);
    return d->number_state == RESPUB__NUMBER_REFUSED ? RESPUB_ENUMBER : RESPUB_OK;
  case RESPUB_DOUBLE:
    d->number_state = respub__double_next(d->number_state, c);
    return d->number_state == RESPUB__NUMBER_REFUSED ? RESPUB_EDOUBLE : RESPUB_OK;
#endif
  default:
    return c == '\n' ? RESPUB_ECRLF : RESPUB_OK;
  }
}

/* May the line that has been read end here? */
static respub_status check_line(const respub_decoder *d) {
  if (RESPUB_RESP3 && d->pending_type == RESPUB_DOUBLE)
    return respub__double_complete(d->number_state) ? RESPUB_OK : RESPUB_EDOUBLE;
  if (respub__type_in(d->pending_type, RESPUB__NUMBERS))
    return respub__integer_complete(d->number_state) ? RESPUB_OK : RESPUB_ENUMBER;
  return RESPUB_OK;
}

static respub_status read_line(respub_decoder *d, const char *buf, size_t len) {
  for (; d->position < len; d->position++) {
    const char c = buf[d->position];
    const respub_status status = c == '\r' ? check_line(d) : add_to_line(d, c);
    if (status != RESPUB_OK)
      return status;
    if (c == '\r')
      return end_line(d);
    if (d->position - d->mark >= d->limits.line_bytes)
      return RESPUB_ELINE;
  }
  return RESPUB_MORE;
}

#if RESPUB_FAST
/* As read_line for + and -, whose lines may be long. */
static respub_status read_text(respub_decoder *d, const char *buf, size_t len) {
  const char *const text = buf + d->position;
  const size_t allowed = d->mark + d->limits.line_bytes + 1 - d->position;
  const size_t room = len - d->position < allowed ? len - d->position : allowed;
  const char *const cr = (const char *)memchr(text, '\r', room);
  const size_t size = cr != NULL ? (size_t)(cr - text) : room;
  const char *const lf = (const char *)memchr(text, '\n', size);
  d->position += lf != NULL ? (size_t)(lf - text) : size;
  if (lf != NULL)
    return RESPUB_ECRLF;
  if (cr != NULL)
    return end_line(d);
  if (room < allowed)
    return RESPUB_MORE;
  d->position--;
  return RESPUB_ELINE;
}
#endif

#if RESPUB_RESP3
static respub_status read_boolean(respub_decoder *d, char byte) {
  if (byte != 't' && byte != 'f')
    return RESPUB_EBOOLEAN;
  d->number = byte == 't';
  return pass_byte(d, RESPUB__PHASE_CR);
}
#endif

/* Can the length read so far still be within the limits? Every further digit makes it longer, so
 * the first that exceeds them is the byte at fault. */
static respub_status check_length(const respub_decoder *d) {
  if (respub__type_in(d->pending_type, RESPUB__AGGREGATES)) {
    if (d->depth >= d->limits.depth)
      return RESPUB_EDEPTH;
    if (d->number > d->limits.elements)
      return RESPUB_EELEMENTS;
    const uint64_t children = respub__type_children(d->pending_type, d->number);
    return children > d->limits.total - d->promised ? RESPUB_ETOTAL : RESPUB_OK;
  }
  if (d->number > d->limits.bulk_bytes)
    return RESPUB_EBULK;
  /* This digit, CR LF, the string, CR LF. */
  const uint64_t rest = d->number + 1 + 2 * RESPUB__CRLF_SIZE;
  return rest > d->limits.bytes - d->position ? RESPUB_EBYTES : RESPUB_OK;
}

static respub_status add_sign(respub_decoder *d, char c) {
  if (d->number_state != LENGTH_START)
    return RESPUB_ELENGTH;
  if (c == '?')
    return RESPUB_ESTREAMED;
  /* All that have a length in RESP2 may be null. */
  if (c != '-' || (RESPUB_RESP3 && !respub__type_in(d->pending_type, RESPUB__NULLABLE)))
    return RESPUB_ELENGTH;
  d->number_state = LENGTH_MINUS;
  return RESPUB_OK;
}

static respub_status add_to_length(respub_decoder *d, char c) {
  const unsigned digit = respub__digit(c);
  if (digit > 9)
    return add_sign(d, c);
  if (d->number_state == LENGTH_MINUS) {
    d->number_state = LENGTH_NULL;
    return digit == 1 ? RESPUB_OK : RESPUB_ELENGTH;
  }
  if (d->number_state == LENGTH_NULL || d->number_state == LENGTH_ZERO)
    return RESPUB_ELENGTH;
  if (d->number_state == LENGTH_START)
    d->number_state = digit == 0 ? LENGTH_ZERO : LENGTH_DIGITS;
  d->number = d->number * 10 + digit;
  return check_length(d);
}

static respub_status end_length(respub_decoder *d) {
  if (d->number_state < LENGTH_NULL)
    return RESPUB_ELENGTH;
  if (RESPUB_RESP3 && d->pending_type == RESPUB_VERBATIM && d->number < FORMAT_SIZE)
    return RESPUB_EVERBATIM;
  return pass_byte(d, RESPUB__PHASE_LENGTH_LF);
}

static respub_status read_length(respub_decoder *d, const char *buf, size_t len) {
  for (; d->position < len; d->position++) {
    const char c = buf[d->position];
    if (c == '\r')
      return end_length(d);
    const respub_status status = add_to_length(d, c);
    if (status != RESPUB_OK)
      return status;
  }
  return RESPUB_MORE;
}

/* The value is complete with its node, or it is an aggregate of so many children. */
static respub_status end_value(respub_decoder *d, uint64_t children) {
  if (children > 0)
    respub__tape_open(d, (uint32_t)children);
  else
    respub__tape_close(d);
  return pass_byte(d, RESPUB__PHASE_VALUE);
}

static respub_status read_length_lf(respub_decoder *d, char byte) {
  if (byte != '\n')
    return RESPUB_ECRLF;
  if (d->number_state == LENGTH_NULL) {
    respub__tape_append(d, RESPUB_NULL, 0);
    return end_value(d, 0);
  }
  if (respub__type_in(d->pending_type, RESPUB__AGGREGATES)) {
    respub__tape_append(d, d->pending_type, (int64_t)d->number);
    return end_value(d, respub__type_children(d->pending_type, d->number));
  }
  d->mark = d->position + 1;
#if RESPUB_RESP3
  if (d->pending_type == RESPUB_VERBATIM)
    return pass_byte(d, RESPUB__PHASE_FORMAT);
#endif
  return pass_byte(d, RESPUB__PHASE_BODY);
}

#if RESPUB_RESP3
static respub_status read_format(respub_decoder *d, const char *buf, size_t len) {
  if (len - d->position < FORMAT_SIZE)
    return RESPUB_MORE;
  d->position += FORMAT_SIZE - 1;
  if (buf[d->position] != ':')
    return RESPUB_EVERBATIM;
  d->mark += FORMAT_SIZE;
  d->number -= FORMAT_SIZE;
  return pass_byte(d, RESPUB__PHASE_BODY);
}
#endif

static respub_status read_body(respub_decoder *d, size_t len) {
  if (len - d->position < d->number)
    return RESPUB_MORE;
  d->position += (size_t)d->number;
  return enter(d, RESPUB__PHASE_CR);
}

static respub_status read_cr(respub_decoder *d, char byte) {
  return byte == '\r' ? pass_byte(d, RESPUB__PHASE_LF) : RESPUB_ECRLF;
}

static respub_status read_lf(respub_decoder *d, const char *buf) {
  if (buf[d->position] != '\n')
    return RESPUB_ECRLF;
  const uint8_t type = d->pending_type;
  respub_node *node = respub__tape_append(d, type, 0);
  if (respub__type_in(type, RESPUB__TEXTS))
    node->text = respub_slice_of(buf + d->mark, (size_t)d->number);
  else /* of a boolean and a null the state is that of a positive number */
    node->integer = respub__integer_value(d->number_state, d->number);
  return end_value(d, 0);
}

static respub_status read_on(respub_decoder *d, const char *buf, size_t len) {
  if (d->position == len)
    return RESPUB_MORE;
  switch ((enum respub__phase)d->phase) {
  case RESPUB__PHASE_VALUE:
    return read_type(d, buf[d->position]);
#if RESPUB_FAST
  case RESPUB__PHASE_TEXT:
    return read_text(d, buf, len);
#endif
  case RESPUB__PHASE_LINE:
    return read_line(d, buf, len);
#if RESPUB_RESP3
  case RESPUB__PHASE_BOOLEAN:
    return read_boolean(d, buf[d->position]);
  case RESPUB__PHASE_FORMAT:
    return read_format(d, buf, len);
#endif
  case RESPUB__PHASE_LENGTH:
    return read_length(d, buf, len);
  case RESPUB__PHASE_LENGTH_LF:
    return read_length_lf(d, buf[d->position]);
  case RESPUB__PHASE_BODY:
    return read_body(d, len);
  case RESPUB__PHASE_CR:
    return read_cr(d, buf[d->position]);
  case RESPUB__PHASE_LF:
    break;
  }
  return read_lf(d, buf);
}

respub_status respub__phase_run(respub_decoder *d, const char *buf, size_t len) {
  respub_status status;
  do
    status = read_on(d, buf, len);
  while (status == RESPUB_OK && d->phase != RESPUB__PHASE_VALUE);
  return status;
}
