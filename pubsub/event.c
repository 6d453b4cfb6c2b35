#include "pubsub/pubsub.h"

const char *respub_event_name(respub_event_type type) {
  switch (type) {
#define EVENT_NAME(name, text)                                                                     \
  case RESPUB_EVENT_##name:                                                                        \
    return text;
    RESPUB_EVENT_MAP(EVENT_NAME)
#undef EVENT_NAME
  }
  return "unknown";
}
