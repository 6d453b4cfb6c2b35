#include "net/net.h"
#include "tests/support/check.h"
#include "tests/support/test.h"

#include <string.h>

typedef struct accepted {
  const char *url;
  const char *host;
  unsigned port;
  const char *path;
  const char *username;
  const char *password;
  int db;
} accepted;

static const accepted good[] = {
    {"redis://", "localhost", 6379, "", "", "", 0},
    {"redis:///", "localhost", 6379, "", "", "", 0},
    {"redis:///7", "localhost", 6379, "", "", "", 7},
    {"redis://example.org", "example.org", 6379, "", "", "", 0},
    {"REDIS://example.org", "example.org", 6379, "", "", "", 0},
    {"redis://example.org/", "example.org", 6379, "", "", "", 0},
    {"redis://example.org:1/2147483647", "example.org", 1, "", "", "", 2147483647},
    {"redis://127.0.0.1:65535/0", "127.0.0.1", 65535, "", "", "", 0},
    {"redis://127.0.0.1:06379/007", "127.0.0.1", 6379, "", "", "", 7},
    {"redis://:7000", "localhost", 7000, "", "", "", 0},
    {"redis://:secret@h", "h", 6379, "", "", "secret", 0},
    {"redis://:@h", "h", 6379, "", "", "", 0},
    {"redis://@h", "h", 6379, "", "", "", 0},
    {"redis://user@h", "h", 6379, "", "user", "", 0},
    {"redis://user:@h", "h", 6379, "", "user", "", 0},
    {"redis://user:pass@h:1/2", "h", 1, "", "user", "pass", 2},
    {"redis://user:pass@", "localhost", 6379, "", "user", "pass", 0},
    {"redis://u:a:b@h", "h", 6379, "", "u", "a:b", 0},
    {"redis://u%40x:p%3a%2F%40%20%25@h", "h", 6379, "", "u@x", "p:/@ %", 0},
    {"redis://:%ff%01@h", "h", 6379, "", "", "\xff\x01", 0},
    {"redis://ex%61mple", "example", 6379, "", "", "", 0},
    {"redis://[::1]", "::1", 6379, "", "", "", 0},
    {"redis://[::1]:6380/1", "::1", 6380, "", "", "", 1},
    {"redis://u:p@[::ffff:127.0.0.1]:6380", "::ffff:127.0.0.1", 6380, "", "u", "p", 0},
    {"redis://[fe80::1%25eth0]:6380", "fe80::1%eth0", 6380, "", "", "", 0},
#if RESPUB_UNIX
    {"unix:///run/redis.sock", "localhost", 6379, "/run/redis.sock", "", "", 0},
    {"Unix:///run/a%20b", "localhost", 6379, "/run/a b", "", "", 0},
    {"unix:///run/redis.sock?db=12", "localhost", 6379, "/run/redis.sock", "", "", 12},
    {"unix://:p%2f@/r?db=0", "localhost", 6379, "/r", "", "p/", 0},
    {"unix://user:p@/run/r@b", "localhost", 6379, "/run/r@b", "user", "p", 0},
#endif
};

static bool options_are(const respub_options *o, const accepted *a) {
  return strcmp(o->host, a->host) == 0 && o->port == a->port &&
         strcmp(o->unix_path, a->path) == 0 && strcmp(o->username, a->username) == 0 &&
         strcmp(o->password, a->password) == 0 && o->db == a->db;
}

static void a_url_says_where_and_as_whom_to_connect(void) {
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    respub_options o;
    respub_error e = {RESPUB_OK, ""};
    respub_status status = respub_options_from_url(&o, good[i].url, &e);
    RESPUB_CHECK(status == RESPUB_OK, "%s: %s", good[i].url, e.text);
    RESPUB_CHECK(options_are(&o, &good[i]), "%s: %s|%u|%s|%s|%s|%d", good[i].url, o.host, o.port,
                 o.unix_path, o.username, o.password, (int)o.db);
  }
}

static void what_a_url_does_not_say_has_its_default(void) {
  respub_options defaults;
  respub_options o;
  respub_options_init(&defaults);
  CU_ASSERT_EQUAL(respub_options_from_url(&o, "redis://localhost:6379/0", NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(memcmp(&o, &defaults, sizeof o), 0);
}

typedef struct refused {
  const char *url;
  const char *part; /* which the sentence names */
} refused;

static const refused bad[] = {
    {"", "empty"},
    {"redis", "begins neither"},
    {"redis:", "begins neither"},
    {"redis:/h", "begins neither"},
    {"localhost:6379", "begins neither"},
    {"http://localhost", "begins neither"},
    {"rediss://localhost", "TLS"},
    {"REDISS://localhost", "TLS"},
    {" redis://h", "space"},
    {"redis://h ", "space"},
    {"redis://h\n", "control"},
    {"redis://h\x7f", "control"},
    {"redis://h\t:1", "control"},
    {"redis://h#x", "#"},
    {"redis://h:0", "port"},
    {"redis://h:65536", "port"},
    {"redis://h:99999999999999999999999", "port"},
    {"redis://h:", "port"},
    {"redis://h:-1", "port"},
    {"redis://h:+1", "port"},
    {"redis://h:12x", "port"},
    {"redis://h:1:2", "port"},
    {"redis://::1", "port"},
    {"redis://h/x", "db"},
    {"redis://h/-1", "db"},
    {"redis://h/1/", "db"},
    {"redis://h/1/2", "db"},
    {"redis://h//1", "db"},
    {"redis://h/2147483648", "db"},
    {"redis://h/99999999999999999999999", "db"},
    {"redis://h/1%30", "db"},
    {"redis://h?db=1", "query"},
    {"redis://h/1?db=1", "query"},
    {"redis://[::1", "["},
    {"redis://[]", "IPv6"},
    {"redis://[localhost]", "IPv6"},
    {"redis://[127.0.0.1]", "IPv6"},
    {"redis://[%3a:1]", "IPv6"},
    {"redis://[fe80::1%]", "IPv6"},
    {"redis://[fe80::1%25]", "IPv6"},
    {"redis://[fe80::1%eth0]", "IPv6"},
    {"redis://[fe80::1%25a%40b]", "host"},
    {"redis://[fe80::1%25a%20b]", "host"},
    {"redis://[::1]x", "between"},
    {"redis://[::1]6379", "between"},
    {"redis://[::1]:", "port"},
    {"redis://a]b", "host"},
    {"redis://a[b", "host"},
    {"redis://a%2fb", "host"},
    {"redis://a%3a1", "host"},
    {"redis://a%0ab", "host"},
    {"redis://a%20b", "host"},
    {"redis://a%00b", "host"},
    {"redis://:p%00@h", "password"},
    {"redis://u%00@h", "username"},
    {"redis://:p%@h", "password"},
    {"redis://:p%4@h", "password"},
    {"redis://:p%4g@h", "password"},
    {"redis://u%zz@h", "username"},
    {"redis://h%", "host"},
    {"redis://h%4", "host"},
    {"redis://u:p@q@h", "%40"},
#if RESPUB_UNIX
    {"unix://", "path"},
    {"unix:///", "path"},
    {"unix://relative/path", "three slashes"},
    {"unix://localhost/run/redis.sock", "three slashes"},
    {"unix://u:p@host/run/redis.sock", "three slashes"},
    {"unix:///r?", "?db=N"},
    {"unix:///r?db", "?db=N"},
    {"unix:///r?db=", "db"},
    {"unix:///r?db=x", "db"},
    {"unix:///r?DB=1", "?db=N"},
    {"unix:///r?db=1&db=2", "db"},
    {"unix:///r?timeout=1", "?db=N"},
    {"unix:///r%00", "path"},
    {"unix:///r%f", "path"},
#endif
};

static void a_malformed_url_is_refused_and_the_part_at_fault_named(void) {
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    respub_options o;
    respub_options defaults;
    respub_error e = {RESPUB_OK, ""};
    respub_options_init(&defaults);
    RESPUB_CHECK(respub_options_from_url(&o, bad[i].url, &e) == RESPUB_EURL, "%s", bad[i].url);
    RESPUB_CHECK(e.status == RESPUB_EURL && strstr(e.text, bad[i].part) != NULL, "%s: %s",
                 bad[i].url, e.text);
    RESPUB_CHECK(memcmp(&o, &defaults, sizeof o) == 0, "%s: options not reset", bad[i].url);
    RESPUB_CHECK(respub_options_from_url(&o, bad[i].url, NULL) == RESPUB_EURL, "%s", bad[i].url);
  }
}

/* prefix, n times 'a', suffix */
static const char *stretched(char out[8192], const char *prefix, size_t n, const char *suffix) {
  size_t length = strlen(prefix);
  memcpy(out, prefix, length);
  memset(out + length, 'a', n);
  memcpy(out + length + n, suffix, strlen(suffix) + 1);
  return out;
}

typedef struct bound {
  const char *prefix;
  const char *suffix;
  size_t most;
  const char *part;
} bound;

static void a_part_that_does_not_fit_is_refused_not_cut(void) {
  static const respub_options *const o = NULL;
  static const bound bounds[] = {
    {"redis://", ":1", sizeof o->host - 1, "host"},
    {"redis://", "@h", sizeof o->username - 1, "username"},
    {"redis://:", "@h", sizeof o->password - 1, "password"},
#if RESPUB_UNIX
    {"unix:///", "", sizeof o->unix_path - 2, "path"},
#endif
  };
  char url[8192];
  for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
    const bound *b = &bounds[i];
    respub_options parsed;
    respub_error e;
    stretched(url, b->prefix, b->most, b->suffix);
    RESPUB_CHECK(respub_options_from_url(&parsed, url, &e) == RESPUB_OK, "%s", b->part);
    stretched(url, b->prefix, b->most + 1, b->suffix);
    RESPUB_CHECK(respub_options_from_url(&parsed, url, &e) == RESPUB_EURL, "%s", b->part);
    RESPUB_CHECK(strstr(e.text, b->part) != NULL && strstr(e.text, "too long") != NULL, "%s",
                 e.text);
  }
}

static void no_error_of_a_url_quotes_its_password(void) {
  static const char *const urls[] = {
      "redis://user:hunter2@host:port",
      "redis://user:hunter2@h/x",
      "redis://:hunter2@h?x=1",
      "redis://user:hunter2",
      "redis://user:hunter2%@h",
      "redis://user:hunter2/x@h",
      "redis://user:hunter2#x@h",
      "redis://user:x@hunter2@h",
      "rediss://:hunter2@h",
      "hunter2",
      "redis://[hunter2",
      "redis://[hunter2]",
      "unix://hunter2/x",
      "unix:///x?hunter2",
      "unix://:hunter2@/x?db=hunter2",
      "redis://h:hunter2",
      "redis://h/hunter2",
      "redis://hunter2%",
      "redis://hunter2%00@h",
      "redis://:hunter2 x@h",
  };
  for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
    respub_options o;
    respub_error e = {RESPUB_OK, ""};
    RESPUB_CHECK(respub_options_from_url(&o, urls[i], &e) == RESPUB_EURL, "%s", urls[i]);
    RESPUB_CHECK(strstr(e.text, "hunter2") == NULL, "%s", e.text);
  }
}

static void every_cut_and_every_changed_byte_of_a_url_ends_in_a_status(void) {
  static const char whole[] = "redis://us%65r:p%40ss@[fe80::1%25lo]:6379/15";
  for (size_t cut = 0; cut < sizeof whole; cut++) {
    for (int byte = 1; byte < 256; byte++) {
      char url[sizeof whole];
      respub_options o;
      respub_error e;
      memcpy(url, whole, sizeof url);
      if (cut + 1 < sizeof whole)
        url[cut] = (char)byte;
      respub_status status = respub_options_from_url(&o, url, &e);
      CU_ASSERT_TRUE(status == RESPUB_OK || status == RESPUB_EURL);
      url[cut] = '\0';
      status = respub_options_from_url(&o, url, &e);
      CU_ASSERT_TRUE(status == RESPUB_OK || status == RESPUB_EURL);
    }
  }
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_url_says_where_and_as_whom_to_connect),
      RESPUB_TEST(what_a_url_does_not_say_has_its_default),
      RESPUB_TEST(a_malformed_url_is_refused_and_the_part_at_fault_named),
      RESPUB_TEST(a_part_that_does_not_fit_is_refused_not_cut),
      RESPUB_TEST(no_error_of_a_url_quotes_its_password),
      RESPUB_TEST(every_cut_and_every_changed_byte_of_a_url_ends_in_a_status),
  };
  return respub_test_main("net url", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
