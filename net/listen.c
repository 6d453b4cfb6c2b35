#include "net/memory.h"
#include "net/resolve.h"
#include "net/socket.h"
#include "net/text.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static respub_status fail_to_listen(respub_error *error, const char *where) {
  char reason[RESPUB__ERRNO_TEXT];
  int saved = errno;
  (void)respub__fail(error, RESPUB_EIO, "cannot listen on %s: %s", where,
                     respub__errno_text(saved, reason, sizeof reason));
  errno = saved;
  return RESPUB_EIO;
}

static respub_status listen_at_first(int *fd, const respub__addresses *addresses,
                                     respub__address *bound, respub_error *error) {
  respub_status status = RESPUB_EIO;
  for (size_t i = 0; i < addresses->count; i++) {
    status = respub__socket_listen(fd, &addresses->list[i]);
    if (status == RESPUB_OK)
      break;
  }
  char where[RESPUB__ADDRESS_TEXT];
  if (status != RESPUB_OK)
    return fail_to_listen(error,
                          respub__address_text(&addresses->list[addresses->count - 1], where));
  if (bound == NULL)
    return RESPUB_OK;
  bound->length = sizeof bound->as;
  if (getsockname(*fd, &bound->as.any, &bound->length) == 0)
    return RESPUB_OK;
  respub__socket_close(*fd);
  *fd = -1;
  return fail_to_listen(error, "a port of its own");
}

respub_status respub__socket_listen_tcp(int *fd, const char *host, uint16_t port,
                                        const respub_allocator *allocator, respub__address *bound,
                                        respub_error *error) {
  *fd = -1;
  if (host == NULL || host[0] == '\0')
    host = "127.0.0.1";
  respub_allocator chosen = respub__allocator(allocator);
  respub__addresses addresses;
  respub_status status = respub__resolve(&addresses, &chosen, host, port, error);
  if (status != RESPUB_OK)
    return status;
  status = listen_at_first(fd, &addresses, bound, error);
  respub__addresses_free(&addresses, &chosen);
  return status;
}

#if RESPUB_UNIX

/* True when the address is a socket file whose listener is gone. */
static bool is_abandoned(const respub__address *address) {
  struct stat about;
  if (lstat(address->as.local.sun_path, &about) != 0 || !S_ISSOCK(about.st_mode))
    return false;
  int fd;
  bool refused = respub__socket_connect(&fd, address, NULL) == RESPUB_EIO && errno == ECONNREFUSED;
  respub__socket_close(fd);
  return refused;
}

respub_status respub__socket_listen_unix(int *fd, const char *path, respub_error *error) {
  *fd = -1;
  respub__address address;
  if (respub__address_local(&address, path) != RESPUB_OK)
    return respub__fail(error, RESPUB_EARGUMENT, "not usable as the path of a socket: %s", path);
  if (respub__socket_listen(fd, &address) == RESPUB_OK)
    return RESPUB_OK;
  if (errno == EADDRINUSE && is_abandoned(&address)) {
    (void)unlink(path);
    if (respub__socket_listen(fd, &address) == RESPUB_OK)
      return RESPUB_OK;
  } else if (errno != EADDRINUSE) {
    return fail_to_listen(error, path);
  }
  errno = EADDRINUSE;
  return fail_to_listen(error, path);
}

#else

respub_status respub__socket_listen_unix(int *fd, const char *path, respub_error *error) {
  *fd = -1;
  return respub__fail(error, RESPUB_EUNSUPPORTED, "Unix sockets are not built in: %s", path);
}

#endif
