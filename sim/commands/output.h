/* output.h - a folder of results that is either whole or not there.
 *
 * Files are written into a hidden folder beside their place and moved in when all is done. When the
 * program is interrupted or a write fails, the hidden folder goes away and what was there before is
 * untouched. */

#pragma once

#include <glib.h>

struct output;
typedef struct output output; /* for g_autoptr(output) */

/* Writes the one file @path, whole or not at all. What is there and is no plain file (/dev/stdout, a
 * pipe) is written to and stays what it is. */
gboolean output_put(const char *path, const char *text, GError **error);

/* Begins to write to the folder @path (made when absent). NULL and @error. */
struct output *output_begin(const char *path, GError **error);

/* Where to write the file @name meanwhile; caller frees. */
char *output_file(const struct output *output, const char *name);

/* Writes @length bytes (-1: a string) as @name. */
gboolean output_write(const struct output *output, const char *name, const char *bytes,
                      gssize length, GError **error);

/* Moves everything into place. Frees @output, also on error. */
gboolean output_commit(struct output *output, GError **error);

/* Takes everything back and frees @output; NULL is fine. */
void output_abandon(struct output *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(output, output_abandon)
