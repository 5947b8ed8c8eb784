/* text.c - figures, instants and columns. */

#include "report/text.h"

#include "kube/quantity.h"

#include <math.h>
#include <string.h>

/* --- figures --- */

char *text_instant(sim_time at)
{
	if (at == SIM_NEVER) {
		return g_strdup("-");
	}
	const int64_t seconds = (int64_t)floor(sim_time_to_seconds(at) + 0.5);

	if (seconds <= -60) { /* before the scenario's zero, often long before it */
		const int64_t rest = -seconds % 60;

		return rest ? g_strdup_printf("-%" G_GINT64_FORMAT "m%" G_GINT64_FORMAT "s",
		                              -seconds / 60, rest)
		            : g_strdup_printf("-%" G_GINT64_FORMAT "m", -seconds / 60);
	}
	return g_strdup_printf("%" G_GINT64_FORMAT "s", seconds);
}

char *text_instant_fine(sim_time at)
{
	if (at == SIM_NEVER) {
		return g_strdup("-");
	}
	return g_strdup_printf("%.2fs", sim_time_to_seconds(at));
}

char *text_seconds(double seconds)
{
	if (isnan(seconds)) {
		return g_strdup("-");
	}
	if (seconds == 0) {
		return g_strdup("0s");
	}
	if (seconds < 1) {
		return g_strdup_printf("%.3gms", seconds * 1e3);
	}
	if (seconds < 100) {
		return g_strdup_printf("%.3gs", seconds);
	}
	const int64_t whole = (int64_t)(seconds + 0.5);

	if (whole < 3600) {
		return whole % 60 ? g_strdup_printf("%dm%ds", (int)(whole / 60), (int)(whole % 60))
		                  : g_strdup_printf("%dm", (int)(whole / 60));
	}
	return g_strdup_printf("%" G_GINT64_FORMAT "h%dm", whole / 3600, (int)(whole / 60 % 60));
}

char *text_length(sim_time length)
{
	return text_seconds(length == SIM_NEVER ? NAN : sim_time_to_seconds(length));
}

char *text_latency(double seconds)
{
	if (isnan(seconds)) {
		return g_strdup("-");
	}
	return seconds < 1 ? g_strdup_printf("%.*f ms", seconds < 0.01 ? 1 : 0, seconds * 1e3)
	                   : g_strdup_printf("%.2f s", seconds);
}

char *text_cores(double cores)
{
	return isnan(cores) ? g_strdup("-") : g_strdup_printf("%.0fm", cores * 1e3);
}

char *text_bytes(double bytes)
{
	static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti"};
	size_t unit = 0;

	if (isnan(bytes)) {
		return g_strdup("-");
	}
	while (bytes >= 1024 && unit + 1 < G_N_ELEMENTS(units)) {
		bytes /= 1024;
		unit++;
	}
	const bool tenths =
	    unit > 2 && bytes < 100 && floor(bytes * 10 + 0.5) != 10 * floor(bytes + 0.5);

	return g_strdup_printf("%.*f%s", tenths ? 1 : 0, bytes, units[unit]);
}

char *text_cpu_amount(int64_t milli)
{
	return g_strdup_printf("%" G_GINT64_FORMAT "m", milli);
}

char *text_memory_amount(int64_t milli)
{
	const int64_t tenth = INT64_C(107374182400); /* of a Gi, in milli-bytes */

	if (milli >= 10 * tenth && milli % tenth == 0 && milli / tenth < 1000) {
		return g_strdup_printf(milli % (tenth * 10) ? "%.1fGi" : "%.0fGi",
		                       (double)milli / (double)(tenth * 10));
	}
	return quantity_to_string(milli, QUANTITY_BINARY);
}

char *text_count(uint64_t n)
{
	g_autofree char *plain = g_strdup_printf("%" G_GUINT64_FORMAT, n);
	const size_t length = strlen(plain);
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0) {
			g_string_append_c(text, ',');
		}
		g_string_append_c(text, plain[i]);
	}
	return g_string_free(text, FALSE);
}

char *text_number(double value, int decimals)
{
	return isnan(value) ? g_strdup("-") : g_strdup_printf("%.*f", decimals, value);
}

char *text_percent(double share)
{
	return isnan(share) ? g_strdup("-") : g_strdup_printf("%.0f %%", share * 100);
}

char *text_list(const char *const *words, size_t n)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < n; i++) {
		g_string_append(text, i == 0 ? "" : i + 1 == n ? " and " : ", ");
		g_string_append(text, words[i]);
	}
	return g_string_free(text, FALSE);
}

const char *text_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* --- columns --- */

struct columns {
	size_t n;
	char *alignment;
	GPtrArray *cells; /* rows of n, the header first; NULL: empty */
};

struct columns *columns_new(const char *const *headers, const char *alignment, size_t n)
{
	struct columns *columns = g_new0(struct columns, 1);

	columns->n = n;
	columns->alignment = g_strdup(alignment);
	columns->cells = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < n; i++) {
		g_ptr_array_add(columns->cells, g_strdup(headers[i]));
	}
	return columns;
}

void columns_add(struct columns *columns, char *const *cells)
{
	for (size_t i = 0; i < columns->n; i++) {
		g_ptr_array_add(columns->cells, cells[i]);
	}
}

size_t columns_rows(const struct columns *columns)
{
	return columns->cells->len / columns->n - 1;
}

static const char *cell_at(const struct columns *columns, size_t row, size_t column)
{
	const char *cell = columns->cells->pdata[row * columns->n + column];

	return cell ? cell : "";
}

static size_t width_of(const struct columns *columns, size_t column)
{
	size_t width = 0;

	for (size_t row = 0; row <= columns_rows(columns); row++) {
		width = MAX(width, (size_t)g_utf8_strlen(cell_at(columns, row, column), -1));
	}
	return width;
}

static void pad(GString *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_string_append_c(out, ' ');
	}
}

static void trim_end(GString *out)
{
	while (out->len && out->str[out->len - 1] == ' ') {
		g_string_truncate(out, out->len - 1);
	}
}

static void add_row(const struct columns *columns, GString *out, size_t row, unsigned indent,
                    const size_t *widths)
{
	g_autoptr(GString) line = g_string_new(NULL);
	const size_t last = columns->n - 1;

	pad(line, indent);
	for (size_t i = 0; i < columns->n; i++) {
		const char *cell = cell_at(columns, row, i);
		const size_t blank = widths[i] - (size_t)g_utf8_strlen(cell, -1);

		if (i == last && columns->alignment[i] == 'l') {
			text_wrap(out, line->str, cell);
			return;
		}
		pad(line, columns->alignment[i] == 'r' ? blank : 0);
		g_string_append(line, cell);
		pad(line, (columns->alignment[i] == 'r' ? 0 : blank) + (i == last ? 0 : 2));
	}
	trim_end(line);
	g_string_append_printf(out, "%s\n", line->str);
}

void columns_finish(struct columns *columns, GString *out, unsigned indent)
{
	g_autofree size_t *widths = g_new(size_t, columns->n);

	for (size_t i = 0; i < columns->n; i++) {
		widths[i] = width_of(columns, i);
	}
	for (size_t row = 0; row <= columns_rows(columns); row++) {
		add_row(columns, out, row, indent, widths);
	}
	g_ptr_array_unref(columns->cells);
	g_free(columns->alignment);
	g_free(columns);
}

/* --- paragraphs --- */

static void wrap_line(GString *out, const char *first, size_t indent, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	size_t column = indent;
	const size_t start = out->len;

	g_string_append(out, first);
	for (char **word = words; *word; word++) {
		const size_t length = (size_t)g_utf8_strlen(*word, -1);

		if (column > indent && column + 1 + length > TEXT_WIDTH) {
			trim_end(out);
			g_string_append_c(out, '\n');
			pad(out, indent);
			column = indent;
		} else if (column > indent) {
			g_string_append_c(out, ' ');
			column++;
		}
		g_string_append(out, *word);
		column += length;
	}
	if (out->len > start) {
		trim_end(out);
	}
	g_string_append_c(out, '\n');
}

void text_wrap(GString *out, const char *first, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const size_t indent = (size_t)g_utf8_strlen(first, -1);
	g_autofree char *blank = g_strnfill(indent, ' ');

	for (size_t i = 0; lines[i]; i++) {
		wrap_line(out, i ? blank : first, indent, lines[i]);
	}
	if (!lines[0]) {
		wrap_line(out, first, indent, "");
	}
}

void text_heading(GString *out, const char *title, bool colour)
{
	if (out->len) {
		g_string_append_c(out, '\n');
	}
	g_string_append_printf(out, colour ? "\033[1m%s\033[0m\n" : "%s\n", title);
	for (size_t i = 0; i < (size_t)g_utf8_strlen(title, -1); i++) {
		g_string_append_c(out, '-');
	}
	g_string_append_c(out, '\n');
}
