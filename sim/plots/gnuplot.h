/* gnuplot.h - pictures by gnuplot, through a pipe.
 *
 * A sheet collects the commands of any number of pictures; one gnuplot process draws them all, each
 * as SVG and as PNG. */

#pragma once

#include <glib.h>
#include <stdbool.h>

struct sheet;

/* Pictures go to @folder. */
struct sheet *sheet_new(const char *folder);
void sheet_free(struct sheet *sheet);

/* Commands of the picture that is being described. */
void sheet_add(struct sheet *sheet, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Begins the picture @name ("cpu" -> cpu.svg, cpu.png) of @height pixels; its width is always the
 * same. */
void sheet_begin(struct sheet *sheet, const char *name, const char *title, int height);

/* Ends it: what was added since sheet_begin() is drawn for both formats. */
void sheet_end(struct sheet *sheet);

/* Draws everything. False and @error (G_SPAWN_ERROR or G_IO_ERROR) with gnuplot's own words. */
bool sheet_draw(struct sheet *sheet, GError **error);

/* @text with what gnuplot's enhanced mode and quotes would interpret made harmless; caller frees.
 */
char *sheet_quote(const char *text);
