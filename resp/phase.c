#include "resp/decoder.h"
#include "resp/number.h"
#include "resp/type.h"

#include <string.h>

/* How far a length has been read, in number_state. */
enum {
  LENGTH_START,
  LENGTH_MINUS,
  LENGTH_NULL, /* -1: nothing may follow */
  LENGTH_ZERO, /* 0: nothing may follow */
  LENGTH_DIGITS
};

enum {
  CRLF_SIZE = 2,
  FORMAT_PREFIX_SIZE = 4 /* "txt:" */
};

static size_t offset_of(const respub__input *in) {
  return (size_t)(in->next - in->start);
}

static respub_status enter(respub_decoder *d, uint8_t phase) {
  d->phase = phase;
  return RESPUB_OK;
}

static uint8_t phase_behind(uint8_t type) {
  switch ((respub_type)type) {
  case RESPUB_SIMPLE:
  case RESPUB_ERROR:
    return RESPUB__PHASE_TEXT;
  case RESPUB_INTEGER:
  case RESPUB_DOUBLE:
  case RESPUB_BIGNUM:
    return RESPUB__PHASE_NUMBER;
  case RESPUB_BOOLEAN:
    return RESPUB__PHASE_BOOLEAN;
  case RESPUB_NULL:
    return RESPUB__PHASE_CR;
  case RESPUB_BULK:
  case RESPUB_ARRAY:
  case RESPUB_MAP:
  case RESPUB_SET:
  case RESPUB_PUSH:
  case RESPUB_VERBATIM:
  case RESPUB_BLOB_ERROR:
  case RESPUB_ATTRIBUTE:
    break;
  }
  return RESPUB__PHASE_LENGTH;
}

static respub_status read_type(respub_decoder *d, respub__input *in) {
  if (d->node_count >= d->node_capacity)
    return RESPUB_NODES;
  const uint8_t type = respub__type_of(*in->next);
  if (type == 0)
    return RESPUB_ETYPE;
  in->next++;
  d->mark = offset_of(in);
  d->number = 0;
  d->pending_type = type;
  d->phase = phase_behind(type);
  d->number_state = d->phase == RESPUB__PHASE_LENGTH ? LENGTH_START : RESPUB__NUMBER_START;
  return RESPUB_OK;
}

/* At the CR that ends a line; mark and number then describe its text. */
static respub_status end_line(respub_decoder *d, respub__input *in) {
  if (d->pending_type != RESPUB_INTEGER)
    d->number = offset_of(in) - d->mark;
  in->next++;
  return enter(d, RESPUB__PHASE_LF);
}

/* A byte at this distance behind mark must be the CR. */
static bool at_line_limit(const respub_decoder *d, const respub__input *in) {
  return offset_of(in) - d->mark >= d->limits.line_bytes;
}

static respub_status read_text(respub_decoder *d, respub__input *in) {
  size_t room = (size_t)(in->end - in->next);
  const size_t allowed = d->limits.line_bytes + 1 - (offset_of(in) - d->mark);
  if (room > allowed)
    room = allowed;
  const char *cr = (const char *)memchr(in->next, '\r', room);
  const size_t len = cr != NULL ? (size_t)(cr - in->next) : room;
  const char *lf = (const char *)memchr(in->next, '\n', len);
  if (lf != NULL) {
    in->next = lf;
    return RESPUB_ECRLF;
  }
  in->next += len;
  if (cr != NULL)
    return end_line(d, in);
  if (room < allowed)
    return RESPUB_MORE;
  in->next--;
  return RESPUB_ELINE;
}

static respub_status add_to_number(respub_decoder *d, char c) {
  if (d->pending_type == RESPUB_INTEGER)
    return respub__integer_add(&d->number_state, &d->number, c);
  if (d->pending_type == RESPUB_BIGNUM) {
    d->number_state = respub__integer_next(d->number_state, c);
    return d->number_state == RESPUB__NUMBER_REFUSED ? RESPUB_ENUMBER : RESPUB_OK;
  }
  d->number_state = respub__double_next(d->number_state, c);
  return d->number_state == RESPUB__NUMBER_REFUSED ? RESPUB_EDOUBLE : RESPUB_OK;
}

static respub_status end_number(respub_decoder *d, respub__input *in) {
  if (d->pending_type == RESPUB_DOUBLE) {
    if (!respub__double_complete(d->number_state))
      return RESPUB_EDOUBLE;
  } else if (!respub__integer_complete(d->number_state)) {
    return RESPUB_ENUMBER;
  }
  return end_line(d, in);
}

static respub_status read_number(respub_decoder *d, respub__input *in) {
  for (; in->next < in->end; in->next++) {
    if (*in->next == '\r')
      return end_number(d, in);
    const respub_status status = add_to_number(d, *in->next);
    if (status != RESPUB_OK)
      return status;
    if (at_line_limit(d, in))
      return RESPUB_ELINE;
  }
  return RESPUB_MORE;
}

static respub_status read_boolean(respub_decoder *d, respub__input *in) {
  if (*in->next != 't' && *in->next != 'f')
    return RESPUB_EBOOLEAN;
  d->number = *in->next == 't';
  in->next++;
  return enter(d, RESPUB__PHASE_CR);
}

/* Can a string of the length read so far still be in the limits? Every further digit makes it
 * longer, so the first that exceeds them is the byte at fault. */
static respub_status check_string(const respub_decoder *d, size_t position) {
  if (d->number > d->limits.bulk_bytes)
    return RESPUB_EBULK;
  /* This digit and two times CR LF. */
  const uint64_t rest = d->number + 1 + 2 * CRLF_SIZE;
  return rest > d->limits.bytes - position ? RESPUB_EBYTES : RESPUB_OK;
}

static respub_status check_aggregate(const respub_decoder *d) {
  if (d->depth >= d->limits.depth)
    return RESPUB_EDEPTH;
  if (d->number > d->limits.elements)
    return RESPUB_EELEMENTS;
  const uint64_t children = respub__type_children(d->pending_type, d->number);
  return children > d->limits.total - d->promised ? RESPUB_ETOTAL : RESPUB_OK;
}

static bool has_null_length(uint8_t type) {
  return type == RESPUB_BULK || type == RESPUB_ARRAY;
}

static respub_status add_sign(respub_decoder *d, char c) {
  if (c == '?' && d->number_state == LENGTH_START)
    return RESPUB_ESTREAMED;
  if (c != '-' || d->number_state != LENGTH_START || !has_null_length(d->pending_type))
    return RESPUB_ELENGTH;
  d->number_state = LENGTH_MINUS;
  return RESPUB_OK;
}

static respub_status add_to_length(respub_decoder *d, char c, size_t position) {
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
  if (respub__type_in(d->pending_type, RESPUB__AGGREGATES))
    return check_aggregate(d);
  return check_string(d, position);
}

static respub_status end_length(respub_decoder *d, respub__input *in) {
  if (d->number_state < LENGTH_NULL)
    return RESPUB_ELENGTH;
  if (d->pending_type == RESPUB_VERBATIM && d->number < FORMAT_PREFIX_SIZE)
    return RESPUB_EVERBATIM;
  in->next++;
  return enter(d, RESPUB__PHASE_LENGTH_LF);
}

static respub_status read_length(respub_decoder *d, respub__input *in) {
  for (; in->next < in->end; in->next++) {
    if (*in->next == '\r')
      return end_length(d, in);
    const respub_status status = add_to_length(d, *in->next, offset_of(in));
    if (status != RESPUB_OK)
      return status;
  }
  return RESPUB_MORE;
}

static respub_status append_aggregate(respub_decoder *d) {
  const uint64_t children = respub__type_children(d->pending_type, d->number);
  respub__tape_append(d, d->pending_type, (int64_t)d->number);
  if (children > 0)
    respub__tape_open(d, (uint32_t)children);
  else
    respub__tape_close(d);
  return enter(d, RESPUB__PHASE_VALUE);
}

static respub_status append_null(respub_decoder *d) {
  respub__tape_append(d, RESPUB_NULL, 0);
  respub__tape_close(d);
  return enter(d, RESPUB__PHASE_VALUE);
}

static respub_status read_length_lf(respub_decoder *d, respub__input *in) {
  if (*in->next != '\n')
    return RESPUB_ECRLF;
  in->next++;
  if (d->number_state == LENGTH_NULL)
    return append_null(d);
  if (respub__type_in(d->pending_type, RESPUB__AGGREGATES))
    return append_aggregate(d);
  d->mark = offset_of(in);
  return enter(d, d->pending_type == RESPUB_VERBATIM ? RESPUB__PHASE_FORMAT : RESPUB__PHASE_BODY);
}

static respub_status read_format(respub_decoder *d, respub__input *in) {
  if (in->end - in->next < FORMAT_PREFIX_SIZE)
    return RESPUB_MORE;
  if (in->next[FORMAT_PREFIX_SIZE - 1] != ':') {
    in->next += FORMAT_PREFIX_SIZE - 1;
    return RESPUB_EVERBATIM;
  }
  in->next += FORMAT_PREFIX_SIZE;
  d->mark += FORMAT_PREFIX_SIZE;
  d->number -= FORMAT_PREFIX_SIZE;
  return enter(d, RESPUB__PHASE_BODY);
}

static respub_status read_body(respub_decoder *d, respub__input *in) {
  if ((uint64_t)(in->end - in->next) < d->number)
    return RESPUB_MORE;
  in->next += (size_t)d->number;
  return enter(d, RESPUB__PHASE_CR);
}

static respub_status read_cr(respub_decoder *d, respub__input *in) {
  if (*in->next != '\r')
    return RESPUB_ECRLF;
  in->next++;
  return enter(d, RESPUB__PHASE_LF);
}

static respub_status read_lf(respub_decoder *d, respub__input *in) {
  if (*in->next != '\n')
    return RESPUB_ECRLF;
  in->next++;
  const uint8_t type = d->pending_type;
  respub_node *node = respub__tape_append(d, type, 0);
  if (respub__type_in(type, RESPUB__TEXTS))
    node->text = respub_slice_of(in->start + d->mark, (size_t)d->number);
  else if (type == RESPUB_INTEGER)
    node->integer = respub__integer_value(d->number_state, d->number);
  else if (type == RESPUB_BOOLEAN)
    node->integer = (int64_t)d->number;
  respub__tape_close(d);
  return enter(d, RESPUB__PHASE_VALUE);
}

static respub_status read_on(respub_decoder *d, respub__input *in) {
  if (in->next == in->end)
    return RESPUB_MORE;
  switch ((enum respub__phase)d->phase) {
  case RESPUB__PHASE_VALUE:
    return read_type(d, in);
  case RESPUB__PHASE_TEXT:
    return read_text(d, in);
  case RESPUB__PHASE_NUMBER:
    return read_number(d, in);
  case RESPUB__PHASE_BOOLEAN:
    return read_boolean(d, in);
  case RESPUB__PHASE_LENGTH:
    return read_length(d, in);
  case RESPUB__PHASE_LENGTH_LF:
    return read_length_lf(d, in);
  case RESPUB__PHASE_FORMAT:
    return read_format(d, in);
  case RESPUB__PHASE_BODY:
    return read_body(d, in);
  case RESPUB__PHASE_CR:
    return read_cr(d, in);
  case RESPUB__PHASE_LF:
    break;
  }
  return read_lf(d, in);
}

respub_status respub__phase_run(respub_decoder *d, respub__input *in) {
  respub_status status;
  do
    status = read_on(d, in);
  while (status == RESPUB_OK && d->phase != RESPUB__PHASE_VALUE);
  return status;
}
