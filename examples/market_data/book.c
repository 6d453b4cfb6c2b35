#include "book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ticker *book_ticker(book *b, const char *symbol, respub_error *why) {
  char channel[RESPUB_CHANNEL_MAX];
  ticker **end = &b->tickers;
  if (respub_ticker_channel(channel, symbol, why) != RESPUB_OK)
    return NULL;
  for (; *end; end = &(*end)->next)
    if (strcmp((*end)->channel, channel) == 0)
      return *end;
  ticker *t = b->ticker_count < BOOK_TICKERS_MAX ? calloc(1, sizeof *t) : NULL;
  if (!t) {
    snprintf(why->text, sizeof why->text, "no room for another ticker");
    return NULL;
  }
  snprintf(t->channel, sizeof t->channel, "%s", channel);
  snprintf(t->symbol, sizeof t->symbol, "%.*s", RESPUB_NAME_MAX,
           channel + strlen(RESPUB_TICKER_UPDATES));
  b->ticker_count++;
  return *end = t;
}

static registration **find_registration(ticker *t, const char *sender) {
  registration **r = &t->registrations;
  while (*r && strcmp((*r)->sender, sender) != 0)
    r = &(*r)->next;
  return r;
}

static bool is_anonymous(const char *sender) {
  return strcmp(sender, "unknown") == 0;
}

bool book_register(book *b, ticker *t, const char *sender) {
  registration **place = find_registration(t, sender);
  if (*place && !is_anonymous(sender))
    return true;
  if (strlen(sender) > RESPUB_NAME_MAX || b->registered == BOOK_REGISTRATIONS_MAX)
    return false;
  if (!*place) {
    *place = calloc(1, sizeof **place);
    if (!*place)
      return false;
    snprintf((*place)->sender, sizeof(*place)->sender, "%s", sender);
  }
  (*place)->count++;
  t->registered++;
  b->registered++;
  return true;
}

void book_unregister(book *b, ticker *t, const char *sender) {
  registration **place = find_registration(t, sender);
  registration *found = *place;
  if (!found)
    return;
  t->registered--;
  b->registered--;
  if (--found->count > 0)
    return;
  *place = found->next;
  free(found);
}

position *book_position(book *b, const char *account, ticker *t) {
  position **end = &b->positions;
  for (; *end; end = &(*end)->next)
    if ((*end)->ticker == t && strcmp((*end)->account, account) == 0)
      return *end;
  position *p = b->position_count < BOOK_POSITIONS_MAX ? calloc(1, sizeof *p) : NULL;
  if (!p)
    return NULL;
  p->ticker = t;
  snprintf(p->account, sizeof p->account, "%s", account);
  b->position_count++;
  return *end = p;
}

void book_free(book *b) {
  while (b->tickers) {
    ticker *t = b->tickers;
    b->tickers = t->next;
    while (t->registrations) {
      registration *r = t->registrations;
      t->registrations = r->next;
      free(r);
    }
    free(t);
  }
  while (b->positions) {
    position *p = b->positions;
    b->positions = p->next;
    free(p);
  }
}
