/* view_tabs.h - columns as kubectl lays them out.
 *
 * Text in which a tab ends a cell and a line feed ends a line. A column is a run of lines that have
 * a cell there; it is as wide as its widest cell plus padding. What follows the last tab of a line
 * is in no column. So a line without tabs ends the columns above it, and those below may be
 * narrower.
 *
 * Source: Go, src/text/tabwriter/tabwriter.go; the flag RememberWidths that kubectl's own copy of
 * it adds for `--watch`. */

#pragma once

#include <glib.h>
#include <stdbool.h>

struct tabs;
typedef struct tabs tabs; /* for g_autoptr(tabs) */

/* As `kubectl get` and `kubectl top` have it: columns of at least six, three apart. With @remember
 * a column never gets narrower than it was in what was flushed before. */
struct tabs *tabs_new_table(bool remember);
/* As `kubectl describe` has it: columns two apart. */
struct tabs *tabs_new_description(void);
void tabs_free(struct tabs *tabs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tabs, tabs_free)

void tabs_add(struct tabs *tabs, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Lays out all that was added and appends it to @out. */
void tabs_flush(struct tabs *tabs, GString *out);
