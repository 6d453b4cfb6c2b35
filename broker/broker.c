#include "broker/broker.h"

#include "broker/server.h"
#include "net/fork.h"
#include "net/text.h"
#include "net/thread.h"

#include <stdatomic.h>

struct respub_broker {
  respub__broker_server server; /* the serving thread's alone */
  unsigned fork_generation;
  atomic_bool stop;
  respub__mutex starting; /* one start, or beginning of run, at a time; also guards has_thread */
  bool has_thread;
  respub__thread thread;
  respub__mutex lock; /* guards what follows */
  bool serving;
  respub_broker_stats stats; /* a copy for the other threads */
};

void respub_broker_options_init(respub_broker_options *options) {
  *options = (respub_broker_options){
      .host = "127.0.0.1",
      .max_clients = 1000,
      .client_output_bytes = RESPUB__BROKER_OUTPUT_BYTES,
      .request_bytes = RESPUB__BROKER_REQUEST_BYTES,
  };
}

/* ------------------------------------------------------------------------------------------------
 * Serving */

static void copy_stats(respub_broker *broker) {
  respub__mutex_lock(&broker->lock);
  broker->stats = broker->server.hub.stats;
  respub__mutex_unlock(&broker->lock);
}

static void begin_serving(respub_broker *broker) {
  respub__mutex_lock(&broker->lock);
  broker->serving = true;
  respub__mutex_unlock(&broker->lock);
}

/* The stop that ended it goes with it: whoever finds it serving sees whether a stop is on its way.
 */
static void end_serving(respub_broker *broker) {
  respub__mutex_lock(&broker->lock);
  broker->serving = false;
  atomic_store(&broker->stop, false);
  respub__mutex_unlock(&broker->lock);
}

static bool is_serving(respub_broker *broker, bool *stopping) {
  respub__mutex_lock(&broker->lock);
  bool serving = broker->serving;
  *stopping = atomic_load(&broker->stop);
  respub__mutex_unlock(&broker->lock);
  return serving;
}

/* Nothing is served once a stop has been asked for: an answer to what was sent after it comes from
 * the next to serve. Statistics are copied before replies are sent: who has seen a reply finds its
 * command counted. */
static respub_status serve_turn(respub_broker *broker) {
  respub__broker_server *server = &broker->server;
  respub_status status = RESPUB_OK;
  while (status == RESPUB_OK && !atomic_load(&broker->stop)) {
    status = respub__broker_server_wait(server);
    if (status != RESPUB_OK || atomic_load(&broker->stop))
      break;
    respub__broker_server_serve(server);
    copy_stats(broker);
    respub__broker_server_settle(server);
    copy_stats(broker);
  }
  end_serving(broker);
  return status;
}

static void *serve_on_thread(void *arg) {
  respub_broker *broker = (respub_broker *)arg;
  if (serve_turn(broker) != RESPUB_OK)
    respub__log(&broker->server.hub.log, RESPUB_LOG_WARNING, "the broker cannot poll any more");
  return NULL;
}

/* Waits for a thread that has been told to stop. The lock `starting` is held on entry. ESTATE:
 * nobody told it to, or the caller is that thread, or somebody else is in respub_broker_run. */
static respub_status make_idle(respub_broker *broker) {
  bool stopping;
  bool serving = is_serving(broker, &stopping);
  bool waits = broker->has_thread && !respub__thread_equal(broker->thread, respub__thread_self());
  if (serving && !(stopping && waits))
    return RESPUB_ESTATE;
  if (broker->has_thread)
    respub__thread_join(broker->thread);
  broker->has_thread = false;
  return RESPUB_OK;
}

respub_status respub_broker_start(respub_broker *broker) {
  if (!RESPUB_THREADS)
    return RESPUB_EUNSUPPORTED;
  respub__mutex_lock(&broker->starting);
  respub_status status = make_idle(broker);
  if (status == RESPUB_OK) {
    /* Stops that came before were meant for what is over now. */
    atomic_store(&broker->stop, false);
    begin_serving(broker);
    broker->has_thread =
        respub__thread_start(&broker->thread, serve_on_thread, broker) == RESPUB_OK;
    if (!broker->has_thread) {
      end_serving(broker);
      status = RESPUB_EIO;
    }
  }
  respub__mutex_unlock(&broker->starting);
  return status;
}

respub_status respub_broker_run(respub_broker *broker) {
  respub__mutex_lock(&broker->starting);
  respub_status status = make_idle(broker);
  if (status == RESPUB_OK)
    begin_serving(broker);
  respub__mutex_unlock(&broker->starting);
  return status == RESPUB_OK ? serve_turn(broker) : status;
}

void respub_broker_stop(respub_broker *broker) {
  atomic_store(&broker->stop, true);
  respub__wake_ring(&broker->server.wake);
}

/* ------------------------------------------------------------------------------------------------
 * Opening and closing */

respub_status respub_broker_open(respub_broker **broker, const respub_broker_options *options,
                                 respub_error *error) {
  *broker = NULL;
  respub_allocator allocator = respub__allocator(&options->allocator);
  respub_broker *b = respub__alloc_zero(&allocator, sizeof *b);
  if (b == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "no memory for a broker");
  respub_status status = respub__broker_server_open(&b->server, options, error);
  if (status != RESPUB_OK) {
    respub__free(&allocator, b);
    return status;
  }
  if (respub__mutex_open(&b->lock) != RESPUB_OK)
    goto no_lock;
  if (respub__mutex_open(&b->starting) != RESPUB_OK)
    goto no_starting;
  atomic_init(&b->stop, false);
  b->fork_generation = respub__fork_generation();
  *broker = b;
  return RESPUB_OK;

no_starting:
  respub__mutex_close(&b->lock);
no_lock:
  respub__broker_server_close(&b->server);
  respub__free(&allocator, b);
  return respub__fail(error, RESPUB_ENOMEM, "no memory for a broker");
}

void respub_broker_close(respub_broker *broker) {
  if (broker == NULL)
    return;
  if (broker->fork_generation != respub__fork_generation()) {
    respub__broker_server_abandon(&broker->server);
    return;
  }
  respub_broker_stop(broker);
  if (broker->has_thread)
    respub__thread_join(broker->thread);
  respub__mutex_close(&broker->starting);
  respub__mutex_close(&broker->lock);
  respub_allocator allocator = broker->server.hub.allocator;
  respub__broker_server_close(&broker->server);
  respub__free(&allocator, broker);
}

/* ------------------------------------------------------------------------------------------------
 * Asking */

int respub_broker_port(const respub_broker *broker) {
  return broker->server.listeners.port;
}

const char *respub_broker_address(const respub_broker *broker) {
  return broker->server.listeners.address;
}

const char *respub_broker_url(const respub_broker *broker) {
  return broker->server.listeners.url;
}

void respub_broker_get_stats(respub_broker *broker, respub_broker_stats *stats) {
  respub__mutex_lock(&broker->lock);
  *stats = broker->stats;
  respub__mutex_unlock(&broker->lock);
}
