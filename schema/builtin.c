/* Fields that are not named here are allowed. */
#include "schema/builtin.h"

#define DIALECT_LINE "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\","

static const char registration[] =
    DIALECT_LINE "\"title\": \"A bot's interest in a ticker begins or ends\","
                 "\"type\": \"object\","
                 "\"required\": [\"action\", \"ticker\"],"
                 "\"properties\": {"
                 "  \"action\": {\"type\": \"string\", \"enum\": [\"subscribe\", \"unsubscribe\"]},"
                 "  \"ticker\": {\"type\": \"string\"}"
                 "}}";

static const char ticker_updates[] =
    DIALECT_LINE "\"title\": \"What happens to a ticker: a price, or an order for it\","
                 "\"type\": \"object\","
                 "\"required\": [\"type\", \"timestamp\"],"
                 "\"properties\": {"
                 "  \"type\": {\"type\": \"string\", \"enum\": [\"price\", \"order\"]},"
                 "  \"timestamp\": {\"type\": \"string\"},"
                 "  \"symbol\": {\"type\": \"string\"},"
                 "  \"price\": {\"type\": [\"number\", \"string\"]},"
                 "  \"volume\": {\"type\": [\"number\", \"string\", \"null\"]},"
                 "  \"order_data\": {\"type\": \"object\"}"
                 "}}";

/* Both directions use it: what became of an order, and new orders. What a broker says about an
 * order differs from broker to broker, so nothing is required inside of order_data; but what is
 * there has one meaning, because a side or a quantity that is misread costs money. */
static const char account_updates[] =
    DIALECT_LINE "\"title\": \"What happens to an account: orders, and what becomes of them\","
                 "\"type\": \"object\","
                 "\"required\": [\"type\", \"timestamp\"],"
                 "\"properties\": {"
                 "  \"type\": {\"type\": \"string\", \"enum\": [\"price\", \"order\"]},"
                 "  \"timestamp\": {\"type\": \"string\"},"
                 "  \"symbol\": {\"type\": \"string\"},"
                 "  \"price\": {\"type\": [\"number\", \"string\"]},"
                 "  \"volume\": {\"type\": [\"number\", \"string\", \"null\"]},"
                 "  \"order_data\": {"
                 "    \"type\": \"object\","
                 "    \"properties\": {"
                 "      \"id\": {\"type\": \"string\"},"
                 "      \"status\": {\"type\": \"string\"},"
                 "      \"side\": {\"type\": \"string\", \"enum\": [\"buy\", \"sell\"]},"
                 "      \"quantity\": {\"type\": [\"number\", \"string\"]},"
                 "      \"price\": {\"type\": [\"number\", \"string\", \"null\"]}"
                 "    }"
                 "  }"
                 "}}";

const respub__builtin respub__builtins[RESPUB__BUILTINS] = {
    {RESPUB_BROKER_REGISTRATION, false, registration},
    {RESPUB_TICKER_UPDATES, true, ticker_updates},
    {RESPUB_ACCOUNT_UPDATES, true, account_updates}};
