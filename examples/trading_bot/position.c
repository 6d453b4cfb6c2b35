#include "position.h"

static int64_t limit(int64_t quantity, int64_t lowest, int64_t highest) {
  return quantity < lowest ? lowest : quantity > highest ? highest : quantity;
}

long position_decide(position *p, const scale *rule, money price) {
  if (!p->started) {
    p->started = true;
    p->reference = price;
  }
  p->last = price;
  money steps = (p->reference - price) / rule->step; /* > 0: fallen */
  p->reference -= steps * rule->step;
  int64_t lots = limit(steps, -ORDER_QUANTITY_MAX, ORDER_QUANTITY_MAX);
  return (long)limit(lots * rule->lot, -p->quantity, ORDER_QUANTITY_MAX - p->quantity);
}

void position_fill(position *p, bool buy, long quantity, money price) {
  if (buy) {
    p->quantity += quantity;
    p->cost += quantity * price;
    return;
  }
  quantity = (long)limit(quantity, 0, p->quantity);
  if (quantity == 0)
    return;
  /* cost * quantity would overflow; this is the same, in two parts. */
  money share = p->cost / p->quantity * quantity + p->cost % p->quantity * quantity / p->quantity;
  p->realised += quantity * price - share;
  p->cost -= share;
  p->quantity -= quantity;
}

money position_unrealised(const position *p) {
  return p->quantity * p->last - p->cost;
}
