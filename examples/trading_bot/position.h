/* position.h - the scale rule, and what following it has earned. Whole numbers only (money.h). */
#ifndef EXAMPLES_TRADING_BOT_POSITION_H
#define EXAMPLES_TRADING_BOT_POSITION_H

#include "../common/market.h"

/* One lot more for each fall of a step since the last trade, one lot less for each rise. */
typedef struct scale {
  money step;
  long lot;
} scale;

typedef struct position {
  bool started;
  money reference; /* falls and rises count from here */
  money last;      /* price */
  long quantity;   /* never below zero */
  money cost;      /* what the quantity was bought for */
  money realised;  /* profit of what was sold again */
} position;

/* Takes a new price. Returns the quantity to buy, negative to sell, 0 to do neither. The reference
 * moves by whole steps, as if the order were filled. */
long position_decide(position *p, const scale *rule, money price);

/* Books a filled order. Sold pieces cost their share of what all cost, rounded down to 1/10000;
 * what that leaves over stays in the cost of the rest, so realised and unrealised together are
 * exact. */
void position_fill(position *p, bool buy, long quantity, money price);

/* Profit if all were sold at the last price. */
money position_unrealised(const position *p);

#endif
