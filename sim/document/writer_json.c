#include "document/number.h"
#include "document/tree_private.h"

#include <math.h>

/* The first character of @text that is not written as it stands, or its end. */
static const char *end_of_plain(const char *text)
{
	const char *p = text;

	while ((unsigned char)*p >= 0x20 && (unsigned char)*p < 0x7f && *p != '"' && *p != '\\') {
		p++;
	}
	return p;
}

static void append_special(GString *out, char c)
{
	switch (c) {
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
		if ((unsigned char)c < 0x20 || c == 0x7f) {
			g_string_append_printf(out, "\\u%04x", (unsigned)c);
		} else {
			g_string_append_c(out, c);
		}
	}
}

/* @text, of which what comes before @end is plain. */
static void append_string(GString *out, const char *text, const char *end)
{
	g_string_append_c(out, '"');
	for (;; end = end_of_plain(text)) {
		g_string_append_len(out, text, end - text);
		if (*end == '\0') {
			break;
		}
		append_special(out, *end);
		text = end + 1;
	}
	g_string_append_c(out, '"');
}

static void append_text(GString *out, const char *text)
{
	const char *end = end_of_plain(text);

	if (*end == '\0' || g_utf8_validate(end, -1, NULL)) {
		append_string(out, text, end);
	} else {
		g_autofree char *valid = g_utf8_make_valid(text, -1);

		append_string(out, valid, end_of_plain(valid));
	}
}

static void append_whole(GString *out, int64_t value)
{
	char text[24], *p = text + sizeof text;
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0) {
		*--p = '-';
	}
	g_string_append_len(out, p, text + sizeof text - p);
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
			append_text(out, doc->map.entries[i].key);
			g_string_append_c(out, ':');
			if (indent > 0) {
				g_string_append_c(out, ' ');
			}
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
		append_whole(out, doc->scalar.whole);
		break;
	case DOC_FLOAT:
		if (isfinite(doc->scalar.number)) {
			number_append(out, doc->scalar.number);
		} else {
			g_string_append(out, "null"); /* JSON has no other word for them */
		}
		break;
	case DOC_STRING:
		append_text(out, doc->scalar.text);
		break;
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

void doc_append_json(GString *out, const struct doc *doc)
{
	append(out, doc, 0, 0);
}
