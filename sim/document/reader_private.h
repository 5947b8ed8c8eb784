/* reader_private.h - what the two halves of the reader share: reader.c has the files and libyaml's
 * faults, builder.c turns events into trees. For the files of this folder only. */

#pragma once

#include "document/document.h"

#include <yaml.h>

#define MOST_BYTES ((size_t)64 << 20)
#define MOST_LEVELS 100
#define MOST_VALUES 10000000

struct reader {
	yaml_parser_t parser;
	const char *name; /* of the file, interned */
	const char *text;
	size_t length;
	size_t values;  /* made so far, in all documents */
	unsigned level; /* of lists and maps that are open */
	GHashTable
	    *anchors; /* of this document: name -> struct doc *, NULL while the value is open */
	GPtrArray *unrooted; /* anchored values that are not part of the tree: keys, merged maps */
	GError **error;
};

/* The next event into @event; false and the reader's error. */
bool reader_next(struct reader *reader, yaml_event_t *event);

struct doc_location reader_place(const struct reader *reader, yaml_mark_t mark);
void reader_fault(struct reader *reader, yaml_mark_t mark, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* The value that begins with @event, whose contents the caller still owns. NULL and the reader's
 * error. */
struct doc *build_value(struct reader *reader, const yaml_event_t *event);
