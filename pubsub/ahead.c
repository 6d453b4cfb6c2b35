#include "pubsub/ahead.h"

/* Each step asks for what the next one reads, of all of them. */
bool respub__ahead_look(respub__ahead *a, respub_conn *conn, const respub__topics *topics) {
  const respub__topics t = *topics; /* which the stores below cannot change */
  size_t n = respub__conn_take_messages(conn, a->messages, RESPUB_AHEAD);
  for (size_t i = 0; i < n; i++) {
    a->hashes[i] = respub__topics_hash(&t, RESPUB_CHANNEL, a->messages[i].channel);
    respub__topics_hint(&t, a->hashes[i]);
  }
  for (size_t i = 0; i < n; i++) {
    a->guesses[i] = respub__topics_guess(&t, a->hashes[i]);
    if (a->guesses[i] != NULL)
      respub__topic_hint(a->guesses[i]);
  }
  for (size_t i = 0; i < n; i++)
    if (!respub__name_is_near(a->messages[i].channel.len) && a->guesses[i] != NULL)
      respub__topic_hint_far(a->guesses[i]);
  a->changes = t.changes;
  a->next = 0;
  a->count = (unsigned)n;
  return n > 0;
}
