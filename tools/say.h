/* say.h - standard error: sentences for people, and one status line that they replace. */
#ifndef RESPUB_TOOLS_SAY_H
#define RESPUB_TOOLS_SAY_H

#if defined(__GNUC__) || defined(__clang__)
#define SAY_FORMAT(text, first) __attribute__((format(printf, text, first)))
#else
#define SAY_FORMAT(text, first)
#endif

/* Every sentence starts with "respub: NAME: " from now on. name must be constant. */
void say_as(const char *name);

/* Writes one sentence as one line, in one write. Control characters, which may come from a peer,
 * are shown as \xNN so that they cannot drive the terminal. */
void say(const char *format, ...) SAY_FORMAT(1, 2);

/* Shows text as a line that stays at the bottom of the terminal until it changes; "" takes it away.
 * For standard errors that are terminals. */
void say_status(const char *text);

#endif
