/* text.h - figures, instants and columns as all reports print them.
 *
 * Text is plain unless colour is asked for, aligned in columns, and meant for 100 columns. Every
 * function returns or appends to a GString; nothing here prints. Strings returned belong to the
 * caller. */

#pragma once

#include "engine/time.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { TEXT_WIDTH = 100 };

/* Instants count from the scenario's zero, in seconds: "132s"; long before it in minutes: "-73m",
 * "-72m40s". "-" for SIM_NEVER. */
char *text_instant(sim_time at);
char *text_instant_fine(sim_time at); /* "180.05s" */
/* Lengths: "12ms", "2.5s", "95s", "12m5s". */
char *text_length(sim_time length);
char *text_seconds(double seconds); /* same; "-" for NaN */
char *text_latency(double seconds); /* "318 ms", "2.31 s"; "-" for NaN */
char *text_cores(double cores);     /* "863m"; "-" for NaN */
char *text_bytes(double bytes);     /* "640Mi", "1.8Gi"; "-" for NaN */
/* Requests and limits, in milli-units: "500m", "13.5Gi"; exact. */
char *text_cpu_amount(int64_t milli);
char *text_memory_amount(int64_t milli);
char *text_count(uint64_t n);                  /* "9,132" */
char *text_number(double value, int decimals); /* "-" for NaN */
char *text_percent(double share);              /* 0.253 -> "25 %"; "-" for NaN */
/* "a", "a and b", "a, b and c" of @n words. */
char *text_list(const char *const *words, size_t n);
const char *text_plural(uint64_t n); /* "" or "s" */

/* --- columns --- */
struct columns;

/* @headers are @n; @alignment has a letter for each: 'l' or 'r'. */
struct columns *columns_new(const char *const *headers, const char *alignment, size_t n);
/* A row of as many cells, which the columns take over (NULL: empty). */
void columns_add(struct columns *columns, char *const *cells);
size_t columns_rows(const struct columns *columns);
/* Appends header and rows, each line indented by @indent, two spaces between columns, and frees
 * @columns. A last column aligned to the left is wrapped at TEXT_WIDTH. */
void columns_finish(struct columns *columns, GString *out, unsigned indent);

/* --- paragraphs --- */
/* Appends @text broken at spaces before TEXT_WIDTH; the first line begins with @first, the others
 * with spaces of that width. Line feeds in @text are kept. */
void text_wrap(GString *out, const char *first, const char *text);
/* Appends @title underlined, after an empty line unless @out is empty; bold when @colour. */
void text_heading(GString *out, const char *title, bool colour);
