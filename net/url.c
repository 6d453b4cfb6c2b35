/* redis:// and unix:// URLs. Every error names the part at fault and never quotes what the URL
 * holds, because a password may stand in any part of a URL that is not written as it should be. */
#include "net/hex.h"
#include "net/net.h"
#include "net/text.h"

#include <string.h>

#define MOST_DB INT32_MAX

static respub_status fail(respub_error *error, const char *what) {
  return respub__fail(error, RESPUB_EURL, "URL: %s", what);
}

/* ------------------------------------------------------------------------------------------------
 * Parts */

static bool find(respub_slice s, char c, size_t *at) {
  const char *found = s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;
  if (found == NULL)
    return false;
  *at = (size_t)(found - s.ptr);
  return true;
}

static respub_slice before(respub_slice s, size_t at) {
  return respub_slice_of(s.ptr, at);
}

static respub_slice behind(respub_slice s, size_t at) {
  return respub_slice_of(s.ptr + at + 1, s.len - at - 1);
}

static bool has_blanks(const char *text) {
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if (c <= ' ' || c == 0x7f)
      return true;
  }
  return false;
}

/* NULL, or what is wrong with the part. */
static const char *decode_percent(respub_slice s, char *out, size_t capacity) {
  size_t used = 0;
  for (size_t i = 0; i < s.len; i++) {
    int c = (unsigned char)s.ptr[i];
    if (c == '%') {
      int high = s.len - i > 2 ? respub__hex_digit(s.ptr[i + 1]) : -1;
      int low = s.len - i > 2 ? respub__hex_digit(s.ptr[i + 2]) : -1;
      if (high < 0 || low < 0)
        return "has a broken percent-encoding";
      c = high * 16 + low;
      i += 2;
      if (c == 0)
        return "has an encoded NUL";
    }
    if (used == capacity - 1)
      return "is too long";
    out[used++] = (char)c;
  }
  out[used] = '\0';
  return NULL;
}

static respub_status take_part(respub_slice s, char *out, size_t capacity, const char *name,
                               respub_error *error) {
  const char *wrong = decode_percent(s, out, capacity);
  if (wrong == NULL)
    return RESPUB_OK;
  return respub__fail(error, RESPUB_EURL, "URL: the %s %s", name, wrong);
}

/* Digits only, at most most. */
static bool take_number(respub_slice s, int64_t most, int64_t *value) {
  int64_t number = 0;
  for (size_t i = 0; i < s.len; i++) {
    if (s.ptr[i] < '0' || s.ptr[i] > '9')
      return false;
    number = number * 10 + (s.ptr[i] - '0');
    if (number > most)
      return false;
  }
  *value = number;
  return s.len > 0;
}

static respub_status take_db(respub_options *o, respub_slice s, respub_error *error) {
  int64_t db;
  if (!take_number(s, MOST_DB, &db))
    return fail(error, "the db is not a number from 0 to 2147483647");
  o->db = (int32_t)db;
  return RESPUB_OK;
}

/* [username][:password] */
static respub_status take_userinfo(respub_options *o, respub_slice s, respub_error *error) {
  size_t colon;
  respub_slice username = s;
  if (find(s, ':', &colon)) {
    username = before(s, colon);
    respub_status status =
        take_part(behind(s, colon), o->password, sizeof o->password, "password", error);
    if (status != RESPUB_OK)
      return status;
  }
  return take_part(username, o->username, sizeof o->username, "username", error);
}

/* Takes what stands before an @ off the front of *authority. */
static respub_status split_userinfo(respub_options *o, respub_slice *authority,
                                    respub_error *error) {
  size_t at;
  if (!find(*authority, '@', &at))
    return RESPUB_OK;
  respub_status status = take_userinfo(o, before(*authority, at), error);
  *authority = behind(*authority, at);
  return find(*authority, '@', &at) ? fail(error, "an @ in a username or password is written %40")
                                    : status;
}

/* ------------------------------------------------------------------------------------------------
 * redis:// */

static respub_status take_port(respub_options *o, respub_slice s, respub_error *error) {
  int64_t port;
  if (!take_number(s, UINT16_MAX, &port) || port == 0)
    return fail(error, "the port is not a number from 1 to 65535");
  o->port = (uint16_t)port;
  return RESPUB_OK;
}

static bool is_ipv6(respub_slice s) {
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    /* A zone follows, as in fe80::1%25eth0. */
    if (c == '%')
      return i > 0 && s.len - i > 3 && s.ptr[i + 1] == '2' && s.ptr[i + 2] == '5';
    if (respub__hex_digit(c) < 0 && c != ':' && c != '.')
      return false;
  }
  size_t colon;
  return find(s, ':', &colon);
}

static respub_status take_host(respub_options *o, respub_slice s, const char *forbidden,
                               respub_error *error) {
  respub_status status = take_part(s, o->host, sizeof o->host, "host", error);
  if (status == RESPUB_OK && (strpbrk(o->host, forbidden) != NULL || has_blanks(o->host)))
    return fail(error, "the host has a character that no host name has");
  return status;
}

/* "[address]" and what follows it. */
static respub_status take_bracketed(respub_options *o, respub_slice s, respub_slice *rest,
                                    respub_error *error) {
  size_t close;
  if (!find(s, ']', &close))
    return fail(error, "the host has a [ without its ]");
  respub_slice inside = respub_slice_of(s.ptr + 1, close - 1);
  if (!is_ipv6(inside))
    return fail(error, "what stands in brackets is not an IPv6 address");
  *rest = behind(s, close);
  return take_host(o, inside, "[]/?#@", error);
}

static respub_status take_name(respub_options *o, respub_slice s, respub_slice *rest,
                               respub_error *error) {
  size_t end = s.len;
  (void)find(s, ':', &end);
  *rest = respub_slice_of(s.ptr + end, s.len - end);
  return end > 0 ? take_host(o, before(s, end), "[]:/?#@%", error) : RESPUB_OK;
}

static respub_status take_host_and_port(respub_options *o, respub_slice s, respub_error *error) {
  respub_slice rest = {NULL, 0};
  respub_status status = s.len > 0 && s.ptr[0] == '[' ? take_bracketed(o, s, &rest, error)
                                                      : take_name(o, s, &rest, error);
  if (status != RESPUB_OK || rest.len == 0)
    return status;
  if (rest.ptr[0] != ':')
    return fail(error, "something stands between the host and its port");
  return take_port(o, behind(rest, 0), error);
}

static respub_status parse_redis(respub_options *o, respub_slice s, respub_error *error) {
  size_t at;
  if (find(s, '?', &at))
    return fail(error, "a redis:// URL has no query parameters");
  respub_slice path = respub_slice_of(s.ptr + s.len, 0);
  if (find(s, '/', &at)) {
    path = behind(s, at);
    s = before(s, at);
  }
  respub_status status = split_userinfo(o, &s, error);
  if (status == RESPUB_OK)
    status = take_host_and_port(o, s, error);
  if (status == RESPUB_OK && path.len > 0)
    status = take_db(o, path, error);
  return status;
}

/* ------------------------------------------------------------------------------------------------
 * unix:// */

#if RESPUB_UNIX
static respub_status parse_unix(respub_options *o, respub_slice s, respub_error *error) {
  size_t at;
  if (find(s, '?', &at)) {
    respub_slice query = behind(s, at);
    s = before(s, at);
    if (!respub_slice_starts_with(query, RESPUB_LIT("db=")))
      return fail(error, "the only query parameter is ?db=N");
    respub_status status = take_db(o, behind(query, 2), error);
    if (status != RESPUB_OK)
      return status;
  }
  if (!find(s, '/', &at) || at + 1 == s.len)
    return fail(error, "unix:// is followed by the socket's path, which begins with a /");
  respub_slice authority = before(s, at);
  respub_slice path = respub_slice_of(s.ptr + at, s.len - at);
  bool is_bare = authority.len == 0;
  respub_status status = split_userinfo(o, &authority, error);
  if (status == RESPUB_OK && (authority.len > 0 || (!is_bare && authority.ptr[-1] != '@')))
    return fail(error, "unix:// names no host: three slashes begin a path");
  if (status == RESPUB_OK)
    status = take_part(path, o->unix_path, sizeof o->unix_path, "path", error);
  return status;
}
#else
static respub_status parse_unix(respub_options *o, respub_slice s, respub_error *error) {
  (void)o;
  (void)s;
  return fail(error, "Unix sockets are not built in");
}
#endif

/* ------------------------------------------------------------------------------------------------
 */

static bool take_scheme(respub_slice url, respub_slice scheme, respub_slice *rest) {
  if (url.len < scheme.len || !respub_slice_equal_nocase(before(url, scheme.len), scheme))
    return false;
  *rest = respub_slice_of(url.ptr + scheme.len, url.len - scheme.len);
  return true;
}

static respub_status parse(respub_options *o, const char *url, respub_error *error) {
  respub_slice whole = respub_slice_of_string(url);
  respub_slice rest;
  size_t at;
  if (whole.len == 0)
    return fail(error, "it is empty");
  if (has_blanks(url))
    return fail(error, "it has a space or a control character");
  if (find(whole, '#', &at))
    return fail(error,
                "it has a # part, which means nothing here (in a password # is written %23)");
  if (take_scheme(whole, RESPUB_LIT("redis://"), &rest))
    return parse_redis(o, rest, error);
  if (take_scheme(whole, RESPUB_LIT("unix://"), &rest))
    return parse_unix(o, rest, error);
  if (take_scheme(whole, RESPUB_LIT("rediss://"), &rest))
    return fail(error, "rediss:// needs TLS, which is not built in");
  return fail(error, "it begins neither with redis:// nor with unix://");
}

respub_status respub_options_from_url(respub_options *options, const char *url,
                                      respub_error *error) {
  respub_options_init(options);
  respub_status status = parse(options, url, error);
  if (status != RESPUB_OK)
    respub_options_init(options);
  return status;
}
