#include "schema/tree.h"

#include "schema/keys.h"
#include "schema/number.h"
#include "schema/utf8.h"

#include <string.h>

typedef struct walk {
  respub__tree *tree;
  respub__keys keys;
  size_t base[RESPUB_JSON_DEPTH + 1]; /* of each node on the path: the number of its first key */
  size_t depth_max;
} walk;

static int type_of(const cJSON *value) {
  return value->type & 0xff;
}

static bool is_container(const cJSON *value) {
  return type_of(value) == cJSON_Object || type_of(value) == cJSON_Array;
}

/* What cannot be counted cannot be allocated either; a sum that stays at the end of the range says
 * so. */
static void count_bytes(respub__tree *tree, size_t n) {
  tree->bytes = n > SIZE_MAX - tree->bytes ? SIZE_MAX : tree->bytes + n;
}

static bool count_string(respub__tree *tree, const char *s) {
  if (s == NULL)
    return false;
  size_t len = strlen(s);
  if (!respub__utf8_is_valid(s, len))
    return false;
  count_bytes(tree, 2 + len);
  for (; *s != '\0'; s++) {
    if ((unsigned char)*s < 0x20)
      count_bytes(tree, 5);
    else if (*s == '"' || *s == '\\')
      count_bytes(tree, 1);
  }
  return true;
}

static respub_status wrong(walk *w, const char *reason, const char *got) {
  w->tree->reason = reason;
  w->tree->got = got;
  return RESPUB_EINVALID;
}

/* What is wrong with a node itself. */
static respub_status look_at(walk *w, const cJSON *value) {
  switch (value == NULL ? cJSON_Invalid : type_of(value)) {
  case cJSON_False:
  case cJSON_True:
  case cJSON_NULL:
    count_bytes(w->tree, 5);
    return RESPUB_OK;
  case cJSON_Number:
    count_bytes(w->tree, RESPUB__NUMBER_BYTES);
    return respub__number_is_finite(value->valuedouble) ? RESPUB_OK
                                                        : wrong(w, "a finite number", NULL);
  case cJSON_String:
    return count_string(w->tree, value->valuestring) ? RESPUB_OK
                                                     : wrong(w, "a string in UTF-8", "other bytes");
  case cJSON_Array:
  case cJSON_Object:
    count_bytes(w->tree, 2);
    return w->tree->n <= w->depth_max ? RESPUB_OK : wrong(w, "at most 100 levels", "more");
  default:
    return wrong(w, "a JSON value", NULL);
  }
}

/* Puts a node on the path and looks at it. */
static respub_status enter(walk *w, const cJSON *value, bool field) {
  respub__tree *tree = w->tree;
  tree->path[tree->n] = value;
  w->base[tree->n++] = w->keys.n;
  count_bytes(tree, 2); /* a comma, a colon */
  if (field && !count_string(tree, value->string)) {
    tree->n--; /* the fault is its parent's: a pointer cannot name it */
    return wrong(w, "field names in UTF-8", "other bytes");
  }
  return look_at(w, value);
}

static const cJSON *find_later(const cJSON *object, const char *name) {
  for (const cJSON *field = object->child; field != NULL; field = field->next) {
    if (field->string == name)
      return field;
  }
  return NULL;
}

/* Takes the last node off the path. */
static respub_status leave(walk *w) {
  respub__tree *tree = w->tree;
  const cJSON *value = tree->path[tree->n - 1];
  const respub__key *twice = respub__keys_pop(&w->keys, w->base[tree->n - 1]);
  if (twice != NULL) {
    tree->path[tree->n++] = find_later(value, twice->ptr);
    return wrong(w, "this field once", "it twice");
  }
  tree->n--;
  return RESPUB_OK;
}

static respub_status enter_child(walk *w, const cJSON *child) {
  bool field = type_of(w->tree->path[w->tree->n - 1]) == cJSON_Object;
  if (field && child->string != NULL) {
    respub__key key = {.ptr = child->string, .len = strlen(child->string), .escaped = false};
    if (respub__keys_push(&w->keys, key) != RESPUB_OK)
      return RESPUB_ENOMEM;
  }
  return enter(w, child, field);
}

/* The next node in document order: the first child, or the next sibling of the nearest node that
 * has one. */
static respub_status step(walk *w) {
  respub__tree *tree = w->tree;
  const cJSON *value = tree->path[tree->n - 1];
  const cJSON *next = is_container(value) ? value->child : NULL;
  while (next == NULL && tree->n > 0) {
    respub_status status = leave(w);
    if (status != RESPUB_OK)
      return status;
    next = tree->n > 0 ? value->next : NULL;
    value = tree->n > 0 ? tree->path[tree->n - 1] : NULL;
  }
  return next == NULL ? RESPUB_OK : enter_child(w, next);
}

respub_status respub__tree_check(respub__tree *tree, const cJSON *value, size_t depth) {
  walk w;
  w.tree = tree;
  w.depth_max = depth;
  respub__keys_init(&w.keys);
  tree->bytes = 0;
  tree->reason = tree->got = NULL;
  tree->n = 0;
  respub_status status = enter(&w, value, false);
  while (status == RESPUB_OK && tree->n > 0)
    status = step(&w);
  respub__keys_free(&w.keys);
  return status;
}

const cJSON *respub__tree_field(const cJSON *object, const char *name) {
  for (const cJSON *field = object->child; field != NULL; field = field->next) {
    if (strcmp(field->string, name) == 0)
      return field;
  }
  return NULL;
}

static size_t count_children(const cJSON *value) {
  size_t n = 0;
  for (const cJSON *child = value->child; child != NULL; child = child->next)
    n++;
  return n;
}

static bool equal_arrays(const cJSON *a, const cJSON *b) {
  const cJSON *x = a->child;
  const cJSON *y = b->child;
  while (x != NULL && y != NULL && respub__tree_equal(x, y)) {
    x = x->next;
    y = y->next;
  }
  return x == NULL && y == NULL;
}

static bool equal_objects(const cJSON *a, const cJSON *b) {
  if (count_children(a) != count_children(b))
    return false;
  for (const cJSON *x = a->child; x != NULL; x = x->next) {
    const cJSON *y = respub__tree_field(b, x->string);
    if (y == NULL || !respub__tree_equal(x, y))
      return false;
  }
  return true;
}

bool respub__tree_equal(const cJSON *a, const cJSON *b) {
  if (type_of(a) != type_of(b))
    return false;
  switch (type_of(a)) {
  case cJSON_Number:
    return a->valuedouble == b->valuedouble;
  case cJSON_String:
    return strcmp(a->valuestring, b->valuestring) == 0;
  case cJSON_Array:
    return equal_arrays(a, b);
  case cJSON_Object:
    return equal_objects(a, b);
  default:
    return true;
  }
}
