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

/* An update may carry whatever a broker says about an order. A request is an instruction to spend
 * money, so what it must say is asked for; no price, or null, is an order at the market. */
static const char account_updates[] = DIALECT_LINE
    "\"title\": \"Orders of an account: what happens to them, and requests for new ones\","
    "\"type\": \"object\","
    "\"required\": [\"type\", \"timestamp\"],"
    "\"properties\": {"
    "  \"type\": {\"type\": \"string\", \"enum\": [\"order\", \"order_request\"]},"
    "  \"timestamp\": {\"type\": \"string\"},"
    "  \"symbol\": {\"type\": \"string\"},"
    "  \"price\": {\"type\": [\"number\", \"string\"]},"
    "  \"volume\": {\"type\": [\"number\", \"string\", \"null\"]},"
    "  \"order_data\": {\"type\": \"object\"}"
    "},"
    "\"if\": {"
    "  \"required\": [\"type\"],"
    "  \"properties\": {\"type\": {\"const\": \"order_request\"}}"
    "},"
    "\"then\": {"
    "  \"required\": [\"symbol\", \"order_data\"],"
    "  \"properties\": {"
    "    \"order_data\": {"
    "      \"required\": [\"side\", \"qty\"],"
    "      \"properties\": {"
    "        \"id\": {\"type\": \"string\"},"
    "        \"side\": {\"type\": \"string\", \"enum\": [\"buy\", \"sell\"]},"
    "        \"qty\": {\"type\": [\"number\", \"string\"]},"
    "        \"price\": {\"type\": [\"number\", \"string\", \"null\"]}"
    "      }"
    "    }"
    "  }"
    "}}";

const respub__builtin respub__builtins[RESPUB__BUILTINS] = {
    {RESPUB_BROKER_REGISTRATION, false, registration},
    {RESPUB_TICKER_UPDATES, true, ticker_updates},
    {RESPUB_ACCOUNT_UPDATES, true, account_updates}};
