/* Where $ref leads to. */
#include "net/hex.h"
#include "schema/compile.h"

#include <string.h>

/* ---- finding ---- */

/* Undoes the percent-encoding of a URI's fragment, in place. */
static bool decode_fragment(char *s) {
  char *out = s;
  for (; *s != '\0'; s++) {
    if (*s != '%') {
      *out++ = *s;
      continue;
    }
    int high = respub__hex_digit(s[1]);
    int low = high < 0 ? -1 : respub__hex_digit(s[2]);
    if (low < 0 || (high == 0 && low == 0))
      return false;
    *out++ = (char)(high << 4 | low);
    s += 2;
  }
  *out = '\0';
  return true;
}

/* Ends the token at s, undoes "~1" and "~0" in it, and returns where the next one starts; NULL:
 * there is none. */
static char *take_token(char *s) {
  char *out = s;
  for (; *s != '\0' && *s != '/'; s++) {
    if (*s == '~' && (s[1] == '0' || s[1] == '1'))
      *out++ = *++s == '0' ? '~' : '/';
    else
      *out++ = *s;
  }
  char *next = *s == '/' ? s + 1 : NULL;
  *out = '\0';
  return next;
}

static cJSON *item_at(cJSON *array, const char *token) {
  size_t digits = strspn(token, "0123456789");
  if (digits == 0 || token[digits] != '\0' || (token[0] == '0' && digits > 1))
    return NULL;
  size_t index = 0;
  cJSON *item = array->child;
  for (; *token != '\0' && index < SIZE_MAX / 10 - 1; token++)
    index = index * 10 + (size_t)(*token - '0');
  for (; item != NULL && index > 0; index--)
    item = item->next;
  return item;
}

/* Follows the tokens of a JSON Pointer from behind its first slash. */
static cJSON *follow_pointer(cJSON *at, char *token) {
  while (token != NULL && at != NULL) {
    char *next = take_token(token);
    if (cJSON_IsObject(at))
      at = cJSON_GetObjectItemCaseSensitive(at, token);
    else
      at = cJSON_IsArray(at) ? item_at(at, token) : NULL;
    token = next;
  }
  return at;
}

static cJSON *find_anchor(const respub__compiler *c, const char *name) {
  for (size_t i = 0; i < c->anchors_n; i++) {
    if (strcmp(c->anchors[i].name, name) == 0)
      return c->anchors[i].target;
  }
  return NULL;
}

static cJSON *find_target(const respub__compiler *c, char *fragment) {
  if (*fragment == '\0')
    return c->document;
  return *fragment == '/' ? follow_pointer(c->document, fragment + 1) : find_anchor(c, fragment);
}

bool respub__compile_reference(respub__compiler *c, respub__check *check) {
  const char *text = check->source->valuestring;
  size_t len = strlen(text);
  if (text[0] != '#')
    return respub__compile_fail(
        c, check->source, "only references into this schema are supported, such as #/$defs/x");
  char *fragment = respub__compile_take(c, len, 1);
  if (fragment == NULL)
    return false;
  memcpy(fragment, text + 1, len);
  cJSON *target = decode_fragment(fragment) ? find_target(c, fragment) : NULL;
  if (!cJSON_IsObject(target) && !cJSON_IsBool(target))
    return respub__compile_fail(c, check->source, "this reference leads to no schema");
  check->rules[0] = respub__compile_rule(c, target);
  check->n = 1;
  return check->rules[0] != NULL;
}

/* ---- loops ---- */

/* Calls visit(rule, next) for each rule that has to pass when this one has to, on the same value.
 */
static void each_next(const respub__compiler *c, respub__rule *rule, void *ctx,
                      void (*visit)(void *ctx, respub__rule *rule, respub__rule *next)) {
  for (size_t i = 0; i < rule->n; i++) {
    const respub__check *check = &rule->checks[i];
    for (size_t k = 0; check->keyword->in_place && k < check->n; k++) {
      if (check->rules[k]->kind == RESPUB__CHECK)
        visit(ctx, rule, c->rules[check->rules[k]->source->valueint - 1]);
    }
  }
}

typedef struct free_rules {
  respub__rule **at; /* rules that no other leads to, but for those before them */
  size_t n;
} free_rules;

static void count_incoming(void *ctx, respub__rule *rule, respub__rule *next) {
  (void)ctx;
  (void)rule;
  next->incoming++;
}

static void release(void *ctx, respub__rule *rule, respub__rule *next) {
  free_rules *found = ctx;
  (void)rule;
  next->incoming--;
  if (next->incoming == 0)
    found->at[found->n++] = next;
}

static void note_before(void *ctx, respub__rule *rule, respub__rule *next) {
  (void)ctx;
  if (rule->incoming > 0 && next->incoming > 0)
    next->before = rule;
}

/* The $ref by which rule leads to next; NULL: it does so otherwise. */
static const cJSON *reference_to(const respub__rule *rule, const respub__rule *next) {
  for (size_t i = 0; i < rule->n; i++) {
    if (respub__is_reference(&rule->checks[i]) && rule->checks[i].rules[0] == next)
      return rule->checks[i].source;
  }
  return NULL;
}

/* Each of the rules that are left has one before it that is left too: going back often enough ends
 * in a loop, and a loop has a reference in it. */
static bool fail_in_loop(respub__compiler *c) {
  respub__rule *next = c->rules[0];
  for (size_t i = 0; i < c->n; i++) {
    each_next(c, c->rules[i], NULL, note_before);
    if (c->rules[i]->incoming > 0)
      next = c->rules[i];
  }
  for (size_t i = 0; i < c->n && next->before != NULL; i++)
    next = next->before;
  const cJSON *reference = NULL;
  for (size_t i = 0; i < c->n && next->before != NULL && reference == NULL; i++) {
    reference = reference_to(next->before, next);
    next = next->before;
  }
  return respub__compile_fail(c, reference,
                              "this reference leads back to itself without going into the value");
}

bool respub__refuse_loops(respub__compiler *c) {
  if (c->n == 0)
    return true;
  free_rules found = {.at = respub__take_array(c->n, sizeof(respub__rule *)), .n = 0};
  if (found.at == NULL) {
    c->status = RESPUB_ENOMEM;
    return false;
  }
  for (size_t i = 0; i < c->n; i++)
    each_next(c, c->rules[i], NULL, count_incoming);
  for (size_t i = 0; i < c->n; i++) {
    if (c->rules[i]->incoming == 0)
      found.at[found.n++] = c->rules[i];
  }
  for (size_t i = 0; i < found.n; i++)
    each_next(c, found.at[i], &found, release);
  bool all_free = found.n == c->n;
  respub__give_back(found.at);
  return all_free || fail_in_loop(c);
}
