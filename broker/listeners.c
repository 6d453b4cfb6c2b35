#include "broker/listeners.h"

#include "net/text.h"

#include <string.h>
#include <unistd.h>

#define MAX_PORT 65535

/* ------------------------------------------------------------------------------------------------
 * TCP */

/* Who listens on every address is reached on this machine's own. */
static void make_reachable(respub__address *address) {
  if (address->as.any.sa_family == AF_INET && address->as.v4.sin_addr.s_addr == htonl(INADDR_ANY))
    address->as.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (address->as.any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->as.v6.sin6_addr))
    address->as.v6.sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
}

static respub_status open_tcp(respub__broker_listeners *l, const respub_broker_options *options,
                              respub_error *error) {
  if (options->host == NULL || options->port == -1)
    return RESPUB_OK;
  if (options->port < 0 || options->port > MAX_PORT)
    return respub__fail(error, RESPUB_EARGUMENT, "%d is not a port to listen on", options->port);
  respub__address bound;
  respub_status status = respub__socket_listen_tcp(&l->tcp, options->host, (uint16_t)options->port,
                                                   &options->allocator, &bound, error);
  if (status != RESPUB_OK)
    return status;
  l->port = respub__address_port(&bound);
  respub__address_text(&bound, l->address);
  make_reachable(&bound);
  char reachable[RESPUB__ADDRESS_TEXT];
  (void)respub__format(l->url, sizeof l->url, "redis://%s",
                       respub__address_text(&bound, reachable));
  return RESPUB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Unix sockets */

/* A URL's path is absolute; so must be one that a program with another working directory can use.
 */
static respub_status absolute(const char *path, char *out, size_t capacity, respub_error *error) {
  char folder[RESPUB__ADDRESS_TEXT] = "";
  bool relative = path[0] != '/';
  respub__address address;
  size_t len = capacity;
  if (!relative || getcwd(folder, sizeof folder) != NULL)
    len = respub__format(out, capacity, "%s%s%s", folder, relative ? "/" : "", path);
  if (len >= capacity || respub__address_local(&address, out) != RESPUB_OK)
    return respub__fail(error, RESPUB_EARGUMENT, "the path of the Unix socket is too long: %s",
                        path);
  return RESPUB_OK;
}

static bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && strchr("/-._~", c) != NULL);
}

static void write_unix_url(char *url, size_t capacity, const char *path) {
  static const char hex[] = "0123456789ABCDEF";
  size_t len = respub__format(url, capacity, "unix://");
  for (; *path != '\0' && len + 4 <= capacity; path++) {
    unsigned byte = (unsigned char)*path;
    if (stands_for_itself(*path)) {
      url[len++] = *path;
    } else {
      url[len++] = '%';
      url[len++] = hex[byte >> 4];
      url[len++] = hex[byte & 15];
    }
  }
  url[len] = '\0';
}

static respub_status open_local(respub__broker_listeners *l, const respub_broker_options *options,
                                respub_error *error) {
  if (options->unix_path == NULL)
    return RESPUB_OK;
  if (!RESPUB_UNIX)
    return respub__fail(error, RESPUB_EUNSUPPORTED, "Unix sockets are not built in");
  if (options->unix_path[0] == '\0')
    return respub__fail(error, RESPUB_EARGUMENT, "the path of the Unix socket is empty");
  respub_status status = absolute(options->unix_path, l->path, sizeof l->path, error);
  if (status == RESPUB_OK)
    status = respub__socket_listen_unix(&l->local, options->unix_path, error);
  if (status != RESPUB_OK)
    return status;
  struct stat file;
  if (lstat(l->path, &file) == 0) {
    l->device = file.st_dev;
    l->inode = file.st_ino;
  }
  if (l->tcp < 0) {
    (void)respub__format(l->address, sizeof l->address, "%s", options->unix_path);
    write_unix_url(l->url, sizeof l->url, l->path);
  }
  return RESPUB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Both */

respub_status respub__broker_listeners_open(respub__broker_listeners *listeners,
                                            const respub_broker_options *options,
                                            respub_error *error) {
  *listeners = (respub__broker_listeners){.tcp = -1, .local = -1};
  respub_status status = open_tcp(listeners, options, error);
  if (status == RESPUB_OK)
    status = open_local(listeners, options, error);
  if (status == RESPUB_OK && listeners->tcp < 0 && listeners->local < 0)
    status = respub__fail(error, RESPUB_EARGUMENT, "a broker needs a host or a Unix socket");
  if (status != RESPUB_OK)
    respub__broker_listeners_close(listeners, false);
  return status;
}

/* Another broker may have found the file stale and put its own there. */
static bool file_is_ours(const respub__broker_listeners *l) {
  struct stat file;
  return l->local >= 0 && lstat(l->path, &file) == 0 && file.st_dev == l->device &&
         file.st_ino == l->inode;
}

void respub__broker_listeners_close(respub__broker_listeners *listeners, bool keep_file) {
  if (!keep_file && file_is_ours(listeners))
    (void)unlink(listeners->path);
  respub__socket_close(listeners->tcp);
  respub__socket_close(listeners->local);
  listeners->tcp = listeners->local = -1;
}
