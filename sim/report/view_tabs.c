/* view_tabs.c - elastic tabs. */

#include "report/view_tabs.h"

#include <stdarg.h>

struct tabs {
	size_t minimum, padding;
	bool remember;
	GArray *remembered; /* size_t: widest so far, by column */
	GString *text;
};

struct layout { /* of one flush */
	const struct tabs *tabs;
	GStrv *lines; /* cells of each */
	GArray *widths;
	GString *out;
	size_t n;
};

static struct tabs *tabs_new(size_t minimum, size_t padding, bool remember)
{
	struct tabs *tabs = g_new0(struct tabs, 1);

	tabs->minimum = minimum;
	tabs->padding = padding;
	tabs->remember = remember;
	tabs->remembered = g_array_new(FALSE, TRUE, sizeof(size_t));
	tabs->text = g_string_new(NULL);
	return tabs;
}

struct tabs *tabs_new_table(bool remember)
{
	return tabs_new(6, 3, remember);
}

struct tabs *tabs_new_description(void)
{
	return tabs_new(0, 2, false);
}

void tabs_free(struct tabs *tabs)
{
	if (!tabs) {
		return;
	}
	g_array_unref(tabs->remembered);
	g_string_free(tabs->text, TRUE);
	g_free(tabs);
}

void tabs_add(struct tabs *tabs, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_string_append_vprintf(tabs->text, format, arguments);
	va_end(arguments);
}

/* --- layout --- */

static size_t width_of(const char *cell)
{
	return (size_t)g_utf8_strlen(cell, -1);
}

static void write_line(const struct layout *layout, size_t number)
{
	const GStrv cells = layout->lines[number];

	for (size_t i = 0; cells[i]; i++) {
		g_string_append(layout->out, cells[i]);
		if (i < layout->widths->len) {
			const size_t width = g_array_index(layout->widths, size_t, i);
			const size_t used = width_of(cells[i]);

			for (size_t pad = used; pad < width; pad++) {
				g_string_append_c(layout->out, ' ');
			}
		}
	}
	if (number + 1 < layout->n) {
		g_string_append_c(layout->out, '\n');
	}
}

static void write_lines(const struct layout *layout, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		write_line(layout, i);
	}
}

/* Whether line @number has a cell in @column that a tab ends. */
static bool has_cell(const struct layout *layout, size_t number, size_t column)
{
	return column + 1 < g_strv_length(layout->lines[number]);
}

static size_t remembered_width(const struct layout *layout, size_t column, size_t width)
{
	GArray *remembered = layout->tabs->remembered;

	if (!layout->tabs->remember) {
		return width;
	}
	if (remembered->len <= column) {
		g_array_set_size(remembered, (guint)column + 1);
	}
	size_t *most = &g_array_index(remembered, size_t, column);

	*most = MAX(*most, width);
	return *most;
}

/* Lays out lines @from to @to, of which the columns in layout->widths are known. */
static void lay_out(struct layout *layout, size_t from, size_t to)
{
	const size_t column = layout->widths->len;

	for (size_t i = from; i < to; i++) {
		if (!has_cell(layout, i, column)) {
			continue;
		}
		write_lines(layout, from, i);
		from = i;
		size_t width = layout->tabs->minimum;

		for (; i < to && has_cell(layout, i, column); i++) {
			width =
			    MAX(width, width_of(layout->lines[i][column]) + layout->tabs->padding);
		}
		width = remembered_width(layout, column, width);
		g_array_append_val(layout->widths, width);
		lay_out(layout, from, i);
		g_array_set_size(layout->widths, (guint)column);
		from = i;
	}
	write_lines(layout, from, to);
}

void tabs_flush(struct tabs *tabs, GString *out)
{
	g_auto(GStrv) lines = g_strsplit(tabs->text->str, "\n", -1);
	struct layout layout = {
	    .tabs = tabs,
	    .n = g_strv_length(lines),
	    .widths = g_array_new(FALSE, FALSE, sizeof(size_t)),
	    .out = out,
	};

	layout.lines = g_new0(GStrv, layout.n + 1);
	for (size_t i = 0; i < layout.n; i++) {
		layout.lines[i] = g_strsplit(lines[i], "\t", -1);
	}
	lay_out(&layout, 0, layout.n);
	for (size_t i = 0; i < layout.n; i++) {
		g_strfreev(layout.lines[i]);
	}
	g_free(layout.lines);
	g_array_unref(layout.widths);
	g_string_truncate(tabs->text, 0);
}
