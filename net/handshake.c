#include "net/handshake.h"

#include "net/text.h"
#include "resp/number.h"

#include <string.h>

#define MOST_ARGUMENTS 5

typedef struct request {
  respub_slice args[MOST_ARGUMENTS];
  size_t count;
} request;

/* ------------------------------------------------------------------------------------------------
 * Commands */

static bool has_credentials(const respub_options *o) {
  return o->username[0] != '\0' || o->password[0] != '\0';
}

static void add(request *r, respub_slice arg) {
  r->args[r->count++] = arg;
}

static void add_hello(request *r, const respub_options *o) {
  add(r, RESPUB_LIT("HELLO"));
  add(r, RESPUB_LIT("3"));
  if (!has_credentials(o))
    return;
  add(r, RESPUB_LIT("AUTH"));
  add(r, o->username[0] != '\0' ? respub_slice_of_string(o->username) : RESPUB_LIT("default"));
  add(r, respub_slice_of_string(o->password));
}

/* Servers before 6.0 know no users, so that one is named only when it was given. */
static void add_auth(request *r, const respub_options *o) {
  add(r, RESPUB_LIT("AUTH"));
  if (o->username[0] != '\0')
    add(r, respub_slice_of_string(o->username));
  add(r, respub_slice_of_string(o->password));
}

static void add_client(request *r, respub_slice what, respub_slice value) {
  add(r, RESPUB_LIT("CLIENT"));
  add(r, what);
  add(r, value);
}

static void add_library(request *r, respub_slice name, respub_slice value) {
  add(r, RESPUB_LIT("CLIENT"));
  add(r, RESPUB_LIT("SETINFO"));
  add(r, name);
  add(r, value);
}

static void fill_request(request *r, respub__step step, const respub_options *o, respub_slice db) {
  r->count = 0;
  switch (step) {
  case RESPUB__STEP_HELLO:
    add_hello(r, o);
    break;
  case RESPUB__STEP_AUTH:
    add_auth(r, o);
    break;
  case RESPUB__STEP_SELECT:
    add(r, RESPUB_LIT("SELECT"));
    add(r, db);
    break;
  case RESPUB__STEP_SETNAME:
    add_client(r, RESPUB_LIT("SETNAME"), respub_slice_of_string(o->client_name));
    break;
  case RESPUB__STEP_LIB_NAME:
    add_library(r, RESPUB_LIT("lib-name"), RESPUB_LIT("respub"));
    break;
  case RESPUB__STEP_LIB_VER:
    add_library(r, RESPUB_LIT("lib-ver"), RESPUB_LIT(RESPUB_VERSION));
    break;
  case RESPUB__STEP_PING:
    add(r, RESPUB_LIT("PING"));
    break;
  }
}

static void plan_step(respub__handshake *h, bool wanted, respub__step step) {
  if (wanted)
    h->steps[h->count++] = (uint8_t)step;
}

static void plan(respub__handshake *h, const respub_options *o) {
  memset(h, 0, sizeof *h);
  plan_step(h, o->protocol == 3, RESPUB__STEP_HELLO);
  plan_step(h, o->protocol != 3 && has_credentials(o), RESPUB__STEP_AUTH);
  plan_step(h, o->db != 0, RESPUB__STEP_SELECT);
  plan_step(h, o->client_name[0] != '\0', RESPUB__STEP_SETNAME);
  /* Only SETINFO is left, and servers before 7.2 answer it with "unknown subcommand" even to a
   * client that still has to authenticate: this one brings the -NOAUTH to light. */
  plan_step(h, h->count == 0, RESPUB__STEP_PING);
  plan_step(h, true, RESPUB__STEP_LIB_NAME);
  plan_step(h, true, RESPUB__STEP_LIB_VER);
}

size_t respub__handshake_begin(respub__handshake *h, const respub_options *options, char *out,
                               size_t cap) {
  char digits[16];
  plan(h, options);
  *respub__decimal_put(digits, (uint64_t)options->db) = '\0';
  size_t size = 0;
  for (size_t i = 0; i < h->count; i++) {
    request r;
    fill_request(&r, (respub__step)h->steps[i], options, respub_slice_of_string(digits));
    bool fits = size < cap;
    size += respub_encode_command(fits ? out + size : NULL, fits ? cap - size : 0, r.args, r.count);
  }
  return size;
}

/* ------------------------------------------------------------------------------------------------
 * Replies */

static const char *step_name(respub__step step) {
  switch (step) {
  case RESPUB__STEP_HELLO:
    return "HELLO";
  case RESPUB__STEP_AUTH:
    return "AUTH";
  case RESPUB__STEP_SELECT:
    return "SELECT";
  case RESPUB__STEP_SETNAME:
    return "CLIENT SETNAME";
  case RESPUB__STEP_LIB_NAME:
  case RESPUB__STEP_LIB_VER:
    return "CLIENT SETINFO";
  case RESPUB__STEP_PING:
    return "PING";
  }
  return "?";
}

static bool may_fail(respub__step step) {
  return step == RESPUB__STEP_LIB_NAME || step == RESPUB__STEP_LIB_VER || step == RESPUB__STEP_PING;
}

static bool starts_with(respub_slice text, const char *prefix) {
  return respub_slice_starts_with(text, respub_slice_of_string(prefix));
}

static bool is_about_credentials(respub_slice text, respub__step step) {
  if (starts_with(text, "WRONGPASS") || starts_with(text, "NOAUTH") || starts_with(text, "NOPERM"))
    return true;
  /* Before 6.0 a wrong password, and always a password where none is set, is a plain ERR; so is the
   * greeting of one client too many, which comes in place of the reply. */
  return step == RESPUB__STEP_AUTH && starts_with(text, "ERR") &&
         !starts_with(text, "ERR max number of clients");
}

static const char *find_text(const char *text, size_t len, respub_slice what) {
  for (size_t i = 0; what.len > 0 && what.len <= len && i <= len - what.len; i++) {
    if (memcmp(text + i, what.ptr, what.len) == 0)
      return text + i;
  }
  return NULL;
}

#define SHOWN_BYTES 200

/* Copies a server's text without the password: Redis quotes the arguments of a command that it does
 * not know, cut at some length, so from there on nothing is shown, and stars stand in any other
 * place. */
static void show(char out[SHOWN_BYTES], respub_slice text, const respub_options *o) {
  static const char stars[] = "***";
  respub_slice password = respub_slice_of_string(o->password);
  const char *quoted = find_text(text.ptr, text.len, RESPUB_LIT(", with args"));
  size_t len = quoted != NULL ? (size_t)(quoted - text.ptr) : text.len;
  size_t used = 0;
  const char *from = text.ptr;
  while (used < SHOWN_BYTES - sizeof stars && len > 0) {
    if (password.len > 0 && password.len <= len && memcmp(from, password.ptr, password.len) == 0) {
      memcpy(out + used, stars, sizeof stars - 1);
      used += sizeof stars - 1;
      from += password.len;
      len -= password.len;
    } else {
      out[used++] = *from != '\0' ? *from : '?';
      from++;
      len--;
    }
  }
  out[used] = '\0';
}

static respub_status refused(respub_error *error, respub_status status, respub__step step,
                             respub_slice text, const respub_options *options) {
  char shown[SHOWN_BYTES];
  show(shown, text, options);
  return RESPUB_TEXTS
             ? respub__fail(error, status, "the server refused %s: %s", step_name(step), shown)
             : respub__fail_quoting(error, status, shown);
}

static bool is_expected(const respub_node *reply, respub__step step) {
  if (step == RESPUB__STEP_HELLO)
    return reply->type == RESPUB_MAP || reply->type == RESPUB_ARRAY;
  if (step == RESPUB__STEP_PING)
    return respub_node_equals(reply, RESPUB_LIT("PONG"));
  return respub_node_equals(reply, RESPUB_LIT("OK"));
}

static respub_status judge_error(respub__handshake *h, respub__step step, respub_slice text,
                                 const respub_options *options, respub_error *error) {
  bool credentials = is_about_credentials(text, step);
  if (!may_fail(step) || starts_with(text, "NOAUTH"))
    return refused(error, credentials ? RESPUB_EAUTH : RESPUB_EREFUSED, step, text, options);
  if (!h->has_remark)
    (void)refused(&h->remark, RESPUB_EREFUSED, step, text, options);
  h->has_remark = true;
  return RESPUB_OK;
}

respub_status respub__handshake_reply(respub__handshake *h, const respub_options *options,
                                      const respub_node *reply, respub_error *error) {
  const respub_node *value = respub_node_value(reply);
  if (value->type == RESPUB_PUSH)
    return RESPUB_AGAIN;
  respub__step step = (respub__step)h->steps[h->answered];
  if (respub_node_is_error(value)) {
    respub_status status = judge_error(h, step, value->text, options, error);
    if (status != RESPUB_OK)
      return status;
  } else if (!is_expected(value, step)) {
    return respub__fail(error, RESPUB_EPROTOCOL, "unexpected reply to %s", step_name(step));
  }
  h->answered++;
  return h->answered < h->count ? RESPUB_AGAIN : RESPUB_OK;
}

respub_status respub__handshake_lost(const respub__handshake *h, respub_status status,
                                     respub_error *error) {
  if (!h->has_remark || (status != RESPUB_EEOF && status != RESPUB_EIO))
    return status;
  if (error != NULL)
    *error = h->remark;
  return RESPUB_EREFUSED;
}
