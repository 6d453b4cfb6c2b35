#include "schema/compile.h"
#include "schema/indent.h"
#include "schema/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)

static respub_status no_memory(respub_error *error) {
  return respub__schema_fail(error, RESPUB_ENOMEM, "%s", respub_status_text(RESPUB_ENOMEM));
}

static respub_status compile_document(respub_schema *schema, respub_error *error) {
  respub__compiler c = {.arena = &schema->arena, .document = schema->document, .error = error};
  schema->root = respub__compile(&c);
  respub__compiler_free(&c);
  if (schema->root == NULL)
    return c.status == RESPUB_ENOMEM ? no_memory(error) : c.status;
  return RESPUB_OK;
}

/* The text has been scanned. */
static respub_status build_schema(respub_schema *schema, const char *text, size_t len,
                                  respub_error *error) {
  schema->document = respub__parse_scanned(text, len);
  schema->json = respub__indent(text, len);
  if (schema->document == NULL || schema->json == NULL)
    return no_memory(error);
  return compile_document(schema, error);
}

respub_status respub_schema_compile(respub_schema **schema, const char *text, size_t len,
                                    respub_error *error) {
  respub_error fault;
  *schema = NULL;
  respub_status status = respub__scan(text, len, RESPUB_JSON_DEPTH, &fault);
  if (status == RESPUB_EJSON)
    return respub__schema_fail(error, RESPUB_ESCHEMA, "not JSON: %s", fault.text);
  respub_schema *made = status == RESPUB_OK ? cJSON_malloc(sizeof *made) : NULL;
  if (made == NULL)
    return no_memory(error);
  memset(made, 0, sizeof *made);
  status = build_schema(made, text, len, error);
  if (status == RESPUB_OK)
    *schema = made;
  else
    respub_schema_free(made);
  return status;
}

const char *respub_schema_json(const respub_schema *schema) {
  return schema->json;
}

void respub_schema_free(respub_schema *schema) {
  if (schema == NULL)
    return;
  respub__arena_free(&schema->arena);
  cJSON_Delete(schema->document);
  respub__give_back(schema->json);
  respub__give_back(schema);
}

/* ---- files ---- */

/* Not strerror, which threads may not share. */
static respub_status file_failed(const char *path, int number, respub_error *error) {
  const char *reason = "it cannot be read";
  if (number == ENOENT)
    reason = "no such file";
  else if (number == EACCES)
    reason = "permission denied";
  else if (number == EISDIR)
    reason = "it is a folder";
  else if (number == EFBIG)
    reason = "it is larger than 1 MiB";
  return respub__schema_fail(error, RESPUB_EIO, "%s: %s", path, reason);
}

/* Reads to the end, at most capacity bytes; -1: errno says why. */
static ptrdiff_t read_all(int fd, char *out, size_t capacity) {
  size_t len = 0;
  while (len < capacity) {
    ssize_t n = read(fd, out + len, capacity - len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    len += (size_t)n;
  }
  return (ptrdiff_t)len;
}

static respub_status compile_file(respub_schema **schema, int fd, const char *path,
                                  respub_error *error) {
  char *text = cJSON_malloc(FILE_MAX + 1);
  if (text == NULL)
    return no_memory(error);
  respub_status status;
  ptrdiff_t len = read_all(fd, text, FILE_MAX + 1);
  if (len < 0)
    status = file_failed(path, errno, error);
  else if ((size_t)len > FILE_MAX)
    status = file_failed(path, EFBIG, error);
  else
    status = respub_schema_compile(schema, text, (size_t)len, error);
  respub__give_back(text);
  return status;
}

respub_status respub_schema_load(respub_schema **schema, const char *path, respub_error *error) {
  *schema = NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return file_failed(path, errno, error);
  respub_status status = compile_file(schema, fd, path, error);
  (void)close(fd);
  return status;
}
