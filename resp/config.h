/* config.h - what is built in, and how large tables and buffers are: every knob, in one place.
 *
 * Set a knob with -DRESPUB_NAME=VALUE for the library and for the programs that use it alike (some
 * change the size of structs), or in a header of your own that -DRESPUB_CONFIG='"my_config.h"'
 * names. `make CPPFLAGS=-DRESPUB_NAME=VALUE` writes the values into the copy of this header that
 * programs include. */
#ifndef RESPUB_CONFIG_H
#define RESPUB_CONFIG_H

#ifdef RESPUB_CONFIG
#include RESPUB_CONFIG
#endif

/* ------------------------------------------------------------------------------------------------
 * Switches: 1 or 0. What is left out says RESPUB_EUNSUPPORTED where no other status is named. */

/* Threads. Without them nothing of pthread is used, an object belongs to one thread as a whole
 * (calls from several have to be kept apart by the program), respub_subscriber_start and
 * respub_broker_start are left out, and delivery queues go with them; run, next, flush and event
 * loops stay. A fork is then noticed by asking for the process id in each call. */
#ifndef RESPUB_THREADS
#define RESPUB_THREADS 1
#endif

/* malloc, realloc and free for objects whose options name no allocator. Without them such an object
 * is RESPUB_ENOMEM. */
#ifndef RESPUB_MALLOC
#define RESPUB_MALLOC 1
#endif

/* Objects that take all their memory when they are opened (fixed_memory in respub_options). Without
 * it asking for that is RESPUB_EARGUMENT. */
#ifndef RESPUB_FIXED_MEMORY
#define RESPUB_FIXED_MEMORY 1
#endif

/* Delivery queues of subscribers. Without them delivery is RESPUB_DELIVER_DIRECT, and a flush hands
 * what comes meanwhile to handlers and on_event instead of keeping it for who delivers next. */
#ifndef RESPUB_QUEUES
#define RESPUB_QUEUES RESPUB_THREADS
#endif

/* Host names. Without them no resolver is linked: a host is an address in numbers or "localhost",
 * which is 127.0.0.1; any other name is RESPUB_ERESOLVE. */
#ifndef RESPUB_RESOLVE
#define RESPUB_RESOLVE 1
#endif

/* Unix sockets. Without them a unix:// URL is RESPUB_EURL. */
#ifndef RESPUB_UNIX
#define RESPUB_UNIX 1
#endif

/* RESP3. Without it its type bytes are refused (RESPUB_ETYPE), and so is protocol 3
 * (RESPUB_EARGUMENT). */
#ifndef RESPUB_RESP3
#define RESPUB_RESP3 1
#endif

/* Patterns of subscribers. */
#ifndef RESPUB_PATTERNS
#define RESPUB_PATTERNS 1
#endif

/* Sentences for people: of errors, of statuses, and the lines of the log. Without them there are
 * statuses, and only the server's own words in errors and events. */
#ifndef RESPUB_TEXTS
#define RESPUB_TEXTS 1
#endif

/* The fast paths of the decoder and the subscriber's for messages, some 4 KiB of code: with them,
 * what lies whole in the buffer costs a third of the instructions. 0 by default with -Os. The
 * results are the same. */
#ifndef RESPUB_FAST
#ifdef __OPTIMIZE_SIZE__
#define RESPUB_FAST 0
#else
#define RESPUB_FAST 1
#endif
#endif

/* The broker, in the one-file form only; elsewhere it is part of the library, and a program that
 * does not call it does not link it. */
#ifndef RESPUB_BROKER
#define RESPUB_BROKER 0
#endif

/* ------------------------------------------------------------------------------------------------
 * Buffers */

/* Default of respub_options.buffer_bytes, the first size of a connection's read buffer; 64 to 1
 * MiB. It grows for what is larger. */
#ifndef RESPUB_BUFFER_BYTES
#define RESPUB_BUFFER_BYTES 16384
#endif

/* Default of respub_options.output_bytes, the bound on bytes queued for sending; 1024 to 2^31 - 1.
 */
#ifndef RESPUB_OUTPUT_BYTES
#define RESPUB_OUTPUT_BYTES 67108864
#endif

/* What a publisher gathers for one write, and the size of the blocks that its queued commands stand
 * in; 512 to 1 MiB. */
#ifndef RESPUB_SEND_BYTES
#define RESPUB_SEND_BYTES 65536
#endif

/* Room for the sentence of a respub_error, its end included; 64 to 4096. Each connection, publisher
 * and subscriber holds a few. */
#ifndef RESPUB_ERROR_BYTES
#if RESPUB_TEXTS
#define RESPUB_ERROR_BYTES 256
#else
#define RESPUB_ERROR_BYTES 64
#endif
#endif

/* A longer line for the log is cut; 64 to 4096. It stands on the stack. */
#ifndef RESPUB_LOG_BYTES
#define RESPUB_LOG_BYTES 512
#endif

/* Room for the texts of respub_options, their ends included; 16 to 65536 each. Every object holds
 * one, and a connection two until it is ready. */
#ifndef RESPUB_HOST_BYTES
#define RESPUB_HOST_BYTES 256
#endif
#ifndef RESPUB_USERNAME_BYTES
#define RESPUB_USERNAME_BYTES 128
#endif
#ifndef RESPUB_PASSWORD_BYTES
#define RESPUB_PASSWORD_BYTES 2048
#endif
#ifndef RESPUB_CLIENT_NAME_BYTES
#define RESPUB_CLIENT_NAME_BYTES 64
#endif

/* ------------------------------------------------------------------------------------------------
 * Tables: first sizes; they grow */

/* Values that a connection decodes without allocating; a message takes 5 and the longest
 * confirmation 4. 5 to 1024. */
#ifndef RESPUB_FIRST_NODES
#define RESPUB_FIRST_NODES 16
#endif

/* Channels and patterns of a subscriber, some 100 bytes each; there is room for so many more at a
 * time. A power of two from 4 to 65536. */
#ifndef RESPUB_FIRST_TOPICS
#define RESPUB_FIRST_TOPICS 16
#endif

/* Messages that a subscriber decodes ahead of their turn, 44 bytes each, so that what they need
 * from memory comes all at once; 4 to 256. This table does not grow, and is left out without
 * RESPUB_FAST. */
#ifndef RESPUB_AHEAD
#define RESPUB_AHEAD 32
#endif

/* Handlers of a subscriber; 1 to 65536. */
#ifndef RESPUB_FIRST_HANDLERS
#define RESPUB_FIRST_HANDLERS 8
#endif

/* Messages of a publisher that are queued or unanswered; a power of two from 4 to 65536. */
#ifndef RESPUB_FIRST_PUBLISHES
#define RESPUB_FIRST_PUBLISHES 16
#endif

/* ------------------------------------------------------------------------------------------------
 * Limits */

/* Build-time caps of respub_limits: respub_decoder_init lowers what exceeds them. The depth, 1 to
 * 1024, is also the size of the decoder's stack, 8 bytes each. */
#ifndef RESPUB_MAX_DEPTH
#define RESPUB_MAX_DEPTH 32
#endif
#ifndef RESPUB_MAX_LINE_BYTES
#define RESPUB_MAX_LINE_BYTES (64u * 1024)
#endif
#ifndef RESPUB_MAX_BULK_BYTES
#define RESPUB_MAX_BULK_BYTES (512u * 1024 * 1024)
#endif
#ifndef RESPUB_MAX_ELEMENTS
#define RESPUB_MAX_ELEMENTS (1024u * 1024)
#endif

/* The longest name of a channel or pattern to subscribe to; 1 to 2^20. The server takes longer
 * ones, but its buffers before authentication and most proxies do not. */
#ifndef RESPUB_MAX_NAME_BYTES
#define RESPUB_MAX_NAME_BYTES 65536
#endif

/* Addresses of one host name that are tried; 1 to 1024. No deadline is long enough for more. */
#ifndef RESPUB_MAX_ADDRESSES
#define RESPUB_MAX_ADDRESSES 32
#endif

/* ------------------------------------------------------------------------------------------------
 * What does not fit together */

#define RESPUB_IS_SWITCH(x) ((x) == 0 || (x) == 1)
#define RESPUB_IS_WITHIN(x, least, most) ((x) >= (least) && (x) <= (most))
#define RESPUB_IS_POWER_OF_2(x) (((x) & ((x)-1)) == 0)

#if !RESPUB_IS_SWITCH(RESPUB_THREADS) || !RESPUB_IS_SWITCH(RESPUB_QUEUES) ||                       \
    !RESPUB_IS_SWITCH(RESPUB_RESOLVE) || !RESPUB_IS_SWITCH(RESPUB_UNIX) ||                         \
    !RESPUB_IS_SWITCH(RESPUB_RESP3) || !RESPUB_IS_SWITCH(RESPUB_PATTERNS) ||                       \
    !RESPUB_IS_SWITCH(RESPUB_TEXTS) || !RESPUB_IS_SWITCH(RESPUB_MALLOC) ||                         \
    !RESPUB_IS_SWITCH(RESPUB_FIXED_MEMORY) || !RESPUB_IS_SWITCH(RESPUB_FAST) ||                    \
    !RESPUB_IS_SWITCH(RESPUB_BROKER)
#error "a switch of respub is 1 or 0"
#endif
#if RESPUB_QUEUES && !RESPUB_THREADS
#error "RESPUB_QUEUES needs RESPUB_THREADS: a thread of the library's fills a queue"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_BUFFER_BYTES, 64, 1048576)
#error "RESPUB_BUFFER_BYTES is 64 to 1048576"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_OUTPUT_BYTES, 1024, 2147483647)
#error "RESPUB_OUTPUT_BYTES is 1024 to 2147483647"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_SEND_BYTES, 512, 1048576)
#error "RESPUB_SEND_BYTES is 512 to 1048576"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_ERROR_BYTES, 64, 4096)
#error "RESPUB_ERROR_BYTES is 64 to 4096"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_LOG_BYTES, 64, 4096)
#error "RESPUB_LOG_BYTES is 64 to 4096"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_HOST_BYTES, 16, 65536) ||                                             \
    !RESPUB_IS_WITHIN(RESPUB_USERNAME_BYTES, 16, 65536) ||                                         \
    !RESPUB_IS_WITHIN(RESPUB_PASSWORD_BYTES, 16, 65536) ||                                         \
    !RESPUB_IS_WITHIN(RESPUB_CLIENT_NAME_BYTES, 16, 65536)
#error "a text of respub_options has room for 16 to 65536 bytes"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_FIRST_NODES, 5, 1024)
#error "RESPUB_FIRST_NODES is 5 to 1024"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_FIRST_TOPICS, 4, 65536) || !RESPUB_IS_POWER_OF_2(RESPUB_FIRST_TOPICS)
#error "RESPUB_FIRST_TOPICS is a power of two from 4 to 65536"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_AHEAD, 4, 256)
#error "RESPUB_AHEAD is 4 to 256"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_FIRST_HANDLERS, 1, 65536)
#error "RESPUB_FIRST_HANDLERS is 1 to 65536"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_FIRST_PUBLISHES, 4, 65536) ||                                         \
    !RESPUB_IS_POWER_OF_2(RESPUB_FIRST_PUBLISHES)
#error "RESPUB_FIRST_PUBLISHES is a power of two from 4 to 65536"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_MAX_DEPTH, 1, 1024)
#error "RESPUB_MAX_DEPTH is 1 to 1024"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_MAX_LINE_BYTES, 64, 2147483647) ||                                    \
    !RESPUB_IS_WITHIN(RESPUB_MAX_BULK_BYTES, 64, 2147483647)
#error "RESPUB_MAX_LINE_BYTES and RESPUB_MAX_BULK_BYTES are 64 to 2147483647"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_MAX_ELEMENTS, 8, 1073741823)
#error "RESPUB_MAX_ELEMENTS is 8 to 1073741823: a node's span has 32 bits"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_MAX_NAME_BYTES, 1, 1048576)
#error "RESPUB_MAX_NAME_BYTES is 1 to 1048576"
#endif
#if !RESPUB_IS_WITHIN(RESPUB_MAX_ADDRESSES, 1, 1024)
#error "RESPUB_MAX_ADDRESSES is 1 to 1024"
#endif

#endif
