/* Keywords for arrays. */
#include "schema/compile.h"
#include "schema/tree.h"

#include <stdlib.h>
#include <string.h>

#define FEW_ITEMS 16 /* so few that comparing each with each is quickest */

static size_t count_items(const cJSON *array) {
  size_t n = 0;
  for (const cJSON *item = array->child; item != NULL; item = item->next)
    n++;
  return n;
}

/* ---- prefixItems, items ---- */

static bool compile_prefix(respub__compiler *c, respub__check *check, cJSON *value) {
  if (!respub__must_be(c, value, cJSON_Array, "an array of schemas"))
    return false;
  if (value->child == NULL)
    return respub__compile_fail(c, value, "at least one schema expected");
  return respub__compile_rules(c, check, value);
}

static bool check_prefix(respub__validation *v, const respub__check *check, const cJSON *value) {
  const cJSON *item = value->child;
  for (size_t i = 0; i < check->n && item != NULL; i++, item = item->next) {
    if (!respub__evaluate_child(v, check->rules[i], item))
      return false;
  }
  return true;
}

static bool compile_items(respub__compiler *c, respub__check *check, cJSON *value) {
  const cJSON *prefix = respub__tree_field(c->object, "prefixItems");
  check->of.count = prefix == NULL ? 0 : count_items(prefix);
  return respub__compile_one(c, check, value);
}

static bool check_items(respub__validation *v, const respub__check *check, const cJSON *value) {
  const cJSON *item = value->child;
  for (size_t i = 0; i < check->of.count && item != NULL; i++)
    item = item->next;
  for (; item != NULL; item = item->next) {
    if (!respub__evaluate_child(v, check->rules[0], item))
      return false;
  }
  return true;
}

/* ---- contains, minContains, maxContains ---- */

static bool compile_contains(respub__compiler *c, respub__check *check, cJSON *value) {
  const cJSON *min = respub__tree_field(c->object, "minContains");
  const cJSON *max = respub__tree_field(c->object, "maxContains");
  check->of.range.min = 1;
  check->of.range.max = SIZE_MAX;
  return (min == NULL || respub__must_be_count(c, min, &check->of.range.min)) &&
         (max == NULL || respub__must_be_count(c, max, &check->of.range.max)) &&
         respub__compile_one(c, check, value);
}

/* Each is read where contains stands, and means nothing without it. */
static bool compile_contains_bound(respub__compiler *c, respub__check *check, cJSON *value) {
  return respub__must_be_count(c, value, &check->of.count);
}

static bool contains_fault(respub__validation *v, const respub__check *check, size_t found) {
  char got[64];
  bool few = found < check->of.range.min;
  respub__text t = respub__text_in(got, sizeof got);
  respub__text_count(&t, found);
  if (respub__fault_begin(v)) {
    respub__text_add(&v->expected, few ? "at least " : "at most ");
    respub__text_plural(&v->expected, few ? check->of.range.min : check->of.range.max, "item");
    respub__text_add(&v->expected, " as described by \"contains\"");
  }
  const char *lower = check->of.range.min > 1 ? "minContains" : "contains";
  return respub__fault_end_with(v, few ? lower : "maxContains", got);
}

static bool check_contains(respub__validation *v, const respub__check *check, const cJSON *value) {
  size_t found = 0;
  for (const cJSON *item = value->child; item != NULL; item = item->next)
    found += respub__child_matches(v, check->rules[0], item);
  return (found >= check->of.range.min && found <= check->of.range.max) ||
         contains_fault(v, check, found);
}

/* ---- maxItems, minItems ---- */

static bool check_max_items(respub__validation *v, const respub__check *check, const cJSON *value) {
  size_t n = count_items(value);
  return n <= check->of.count || respub__fault_count(v, check, n, "at most ", "item");
}

static bool check_min_items(respub__validation *v, const respub__check *check, const cJSON *value) {
  size_t n = count_items(value);
  return n >= check->of.count || respub__fault_count(v, check, n, "at least ", "item");
}

/* ---- uniqueItems ---- */

static bool compile_unique(respub__compiler *c, respub__check *check, cJSON *value) {
  check->of.count = cJSON_IsTrue(value) ? 1 : 0;
  return respub__must_be(c, value, RESPUB__ON_BOOLEAN, "true or false");
}

static bool unique_fault(respub__validation *v, size_t first, size_t second) {
  char got[80];
  respub__text t = respub__text_in(got, sizeof got);
  respub__text_add(&t, "equal ones at ");
  respub__text_count(&t, first);
  respub__text_add(&t, " and ");
  respub__text_count(&t, second);
  if (respub__fault_begin(v))
    respub__text_add(&v->expected, "items that differ");
  return respub__fault_end_with(v, "uniqueItems", got);
}

static bool unique_among_few(respub__validation *v, const cJSON *array) {
  size_t k = 0;
  for (const cJSON *b = array->child; b != NULL; b = b->next, k++) {
    size_t i = 0;
    for (const cJSON *a = array->child; a != b; a = a->next, i++) {
      if (respub__tree_equal(a, b))
        return unique_fault(v, i, k);
    }
  }
  return true;
}

/* An item as text in which equal items are equal. */
typedef struct item_text {
  const char *ptr;
  size_t len, place;
} item_text;

static int compare_item_texts(const void *a, const void *b) {
  const item_text *x = a;
  const item_text *y = b;
  int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
  if (order != 0)
    return order;
  if (x->len != y->len)
    return x->len < y->len ? -1 : 1;
  return x->place < y->place ? -1 : 1;
}

static bool all_differ(respub__validation *v, item_text *items, size_t n) {
  qsort(items, n, sizeof *items, compare_item_texts);
  for (size_t i = 1; i < n; i++) {
    if (items[i].len == items[i - 1].len &&
        memcmp(items[i].ptr, items[i - 1].ptr, items[i].len) == 0)
      return unique_fault(v, items[i - 1].place, items[i].place);
  }
  return true;
}

/* Sorting texts takes n log n, whatever a sender puts into the items. */
static bool unique_by_text(respub__validation *v, const cJSON *array, char *out, item_text *items) {
  size_t n = 0;
  for (const cJSON *item = array->child; item != NULL; item = item->next, n++) {
    size_t len = respub__tree_print(out, item, true);
    if (len == 0)
      return respub__give_up(v, RESPUB_ENOMEM);
    items[n] = (item_text){.ptr = out, .len = len, .place = n};
    out += len;
  }
  return all_differ(v, items, n);
}

static bool check_unique_texts(respub__validation *v, const cJSON *array, size_t n) {
  respub__tree tree;
  respub_status status = respub__tree_check(&tree, array, RESPUB_JSON_DEPTH);
  if (status != RESPUB_OK)
    return respub__give_up(v, status);
  char *out = respub__take_array(tree.bytes, 1);
  item_text *items = respub__take_array(n, sizeof *items);
  bool unique = out != NULL && items != NULL ? unique_by_text(v, array, out, items)
                                             : respub__give_up(v, RESPUB_ENOMEM);
  respub__give_back(items);
  respub__give_back(out);
  return unique;
}

static bool check_unique(respub__validation *v, const respub__check *check, const cJSON *value) {
  size_t n = 0;
  bool flat = true;
  for (const cJSON *item = value->child; item != NULL; item = item->next, n++)
    flat = flat && !cJSON_IsArray(item) && !cJSON_IsObject(item);
  if (check->of.count == 0 || n < 2)
    return true;
  return flat && n <= FEW_ITEMS ? unique_among_few(v, value) : check_unique_texts(v, value, n);
}

const respub__keyword respub__array_keywords[] = {
    {"prefixItems", cJSON_Array, false, compile_prefix, check_prefix},
    {"items", cJSON_Array, false, compile_items, check_items},
    {"contains", cJSON_Array, false, compile_contains, check_contains},
    {"minContains", 0, false, compile_contains_bound, NULL},
    {"maxContains", 0, false, compile_contains_bound, NULL},
    {"maxItems", cJSON_Array, false, respub__compile_count, check_max_items},
    {"minItems", cJSON_Array, false, respub__compile_count, check_min_items},
    {"uniqueItems", cJSON_Array, false, compile_unique, check_unique},
    {0}};
