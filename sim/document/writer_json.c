#include "document/number.h"
#include "document/tree_private.h"

#include <math.h>

static void append_string(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (const char *p = text; *p != '\0'; p++) {
		switch (*p) {
		case '"':
			g_string_append(out, "\\\"");
			break;
		case '\\':
			g_string_append(out, "\\\\");
			break;
		case '\n':
			g_string_append(out, "\\n");
			break;
		case '\r':
			g_string_append(out, "\\r");
			break;
		case '\t':
			g_string_append(out, "\\t");
			break;
		default:
			if ((unsigned char)*p < 0x20 || *p == 0x7f) {
				g_string_append_printf(out, "\\u%04x", (unsigned)*p);
			} else {
				g_string_append_c(out, *p);
			}
		}
	}
	g_string_append_c(out, '"');
}

static void break_line(GString *out, unsigned indent, unsigned level)
{
	if (indent == 0) {
		return;
	}
	g_string_append_c(out, '\n');
	for (unsigned i = 0; i < indent * level; i++) {
		g_string_append_c(out, ' ');
	}
}

static void append(GString *out, const struct doc *doc, unsigned indent, unsigned level);

static void append_items(GString *out, const struct doc *doc, unsigned indent, unsigned level)
{
	const bool map = doc->kind == DOC_MAP;
	const size_t n = doc_length(doc);

	g_string_append_c(out, map ? '{' : '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0) {
			g_string_append_c(out, ',');
		}
		break_line(out, indent, level + 1);
		if (map) {
			append_string(out, doc->map.entries[i].key);
			g_string_append(out, indent == 0 ? ":" : ": ");
			append(out, doc->map.entries[i].value, indent, level + 1);
		} else {
			append(out, doc->list.items[i], indent, level + 1);
		}
	}
	if (n > 0) {
		break_line(out, indent, level);
	}
	g_string_append_c(out, map ? '}' : ']');
}

static void append(GString *out, const struct doc *doc, unsigned indent, unsigned level)
{
	switch (doc_kind_of(doc)) {
	case DOC_NULL:
		g_string_append(out, "null");
		break;
	case DOC_BOOL:
		g_string_append(out, doc->scalar.truth ? "true" : "false");
		break;
	case DOC_INT:
		g_string_append_printf(out, "%" G_GINT64_FORMAT, (gint64)doc->scalar.whole);
		break;
	case DOC_FLOAT:
		if (isfinite(doc->scalar.number)) {
			number_append(out, doc->scalar.number);
		} else {
			g_string_append(out, "null"); /* JSON has no other word for them */
		}
		break;
	case DOC_STRING: {
		g_autofree char *text = g_utf8_make_valid(doc->scalar.text, -1);

		append_string(out, text);
		break;
	}
	case DOC_LIST:
	case DOC_MAP:
		append_items(out, doc, indent, level);
		break;
	}
}

char *doc_to_json(const struct doc *doc, unsigned indent)
{
	GString *out = g_string_new(NULL);

	append(out, doc, indent, 0);
	if (indent > 0) {
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}
