#include "pubsub/link.h"
#include "net/text.h"

#include <string.h>

void respub__link_init(respub__link *link, const respub_options *options, int64_t min_ms,
                       int64_t max_ms, int64_t slow_ms, uint64_t seed) {
  link->options = *options;
  respub__lifecycle_init(&link->life, min_ms, max_ms, slow_ms, seed);
  link->conn = NULL;
  link->delay_ms = 0;
  link->error.status = RESPUB_OK;
  link->error.text[0] = '\0';
  link->bytes_in = 0;
  link->bytes_out = 0;
}

static void drop_conn(respub__link *link) {
  if (link->conn == NULL) {
    return;
  }
  link->bytes_in += respub_conn_bytes_in(link->conn);
  link->bytes_out += respub_conn_bytes_out(link->conn);
  respub_conn_close(link->conn);
  link->conn = NULL;
}

static bool error_is_slow(const respub__link *link) {
  return respub__is_slow(link->error.status, respub_slice_of_string(link->error.text));
}

static respub__link_result attempt_failed(respub__link *link, int64_t now_ms,
                                          const respub_error *error) {
  link->error = *error;
  drop_conn(link);
  link->delay_ms = respub__lifecycle_failed(&link->life, now_ms, error_is_slow(link));
  respub__log(&link->options.log, RESPUB_LOG_WARNING, "%s; next attempt in %lld ms",
              link->error.text, (long long)link->delay_ms);
  return RESPUB__LINK_FAILED;
}

static respub__link_result attempt_done(respub__link *link, int64_t now_ms) {
  char address[sizeof link->options.host + 32];
  respub__lifecycle_ready(&link->life, now_ms);
  respub__log(&link->options.log, RESPUB_LOG_INFO, "connected to %s",
              respub__options_where(&link->options, address, sizeof address));
  return RESPUB__LINK_LIVE;
}

respub__link_result respub__link_step(respub__link *link, int64_t now_ms) {
  respub__lifecycle_tick(&link->life, now_ms);
  if (link->life.state != RESPUB__LIFE_CONNECTING) {
    return RESPUB__LINK_NOTHING;
  }
  if (link->conn == NULL) {
    respub_error error;
    respub_status status = respub_conn_start(&link->conn, &link->options, now_ms, &error);
    if (status != RESPUB_OK) {
      link->conn = NULL;
      return attempt_failed(link, now_ms, &error);
    }
  }
  respub_status status = respub_conn_step(link->conn, now_ms);
  if (status == RESPUB_AGAIN) {
    return RESPUB__LINK_NOTHING;
  }
  return status == RESPUB_OK ? attempt_done(link, now_ms)
                             : attempt_failed(link, now_ms, respub_conn_error(link->conn));
}

/* The caller's text, else the connection's own if it is about this failure, else the status's. */
static void explain(respub__link *link, respub_status status, const char *text) {
  const respub_error *own = respub_conn_error(link->conn);
  if (text == NULL && own->status == status && own->text[0] != '\0') {
    link->error = *own;
    return;
  }
  if (text == NULL)
    text = RESPUB_TEXTS ? respub_status_text(status) : "";
  (void)respub__fail_quoting(&link->error, status, text);
}

void respub__link_lost(respub__link *link, int64_t now_ms, respub_status status, const char *text) {
  if (!respub__link_is_live(link)) {
    return;
  }
  explain(link, status, text);
  drop_conn(link);
  link->delay_ms = respub__lifecycle_lost(&link->life, now_ms, error_is_slow(link));
  respub__log(&link->options.log, RESPUB_LOG_WARNING, "disconnected: %s; next attempt in %lld ms",
              link->error.text, (long long)link->delay_ms);
}

int64_t respub__link_deadline_ms(const respub__link *link) {
  switch (link->life.state) {
  case RESPUB__LIFE_CONNECTING:
    return link->conn == NULL ? 0 : respub_conn_deadline_ms(link->conn); /* 0 has always passed */
  case RESPUB__LIFE_BACKOFF:
    return link->life.retry_at_ms;
  case RESPUB__LIFE_IDLE:
  case RESPUB__LIFE_LIVE:
  case RESPUB__LIFE_CLOSED:
    break;
  }
  return RESPUB_NEVER;
}

int respub__link_fd(const respub__link *link) {
  return link->conn == NULL ? -1 : respub_conn_fd(link->conn);
}

short respub__link_events(const respub__link *link) {
  return link->conn == NULL ? 0 : respub_conn_events(link->conn);
}

uint64_t respub__link_bytes_in(const respub__link *link) {
  return link->bytes_in + (link->conn == NULL ? 0 : respub_conn_bytes_in(link->conn));
}

uint64_t respub__link_bytes_out(const respub__link *link) {
  return link->bytes_out + (link->conn == NULL ? 0 : respub_conn_bytes_out(link->conn));
}

void respub__link_close(respub__link *link) {
  drop_conn(link);
  respub__lifecycle_close(&link->life);
}
