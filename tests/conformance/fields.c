/* fields.c - strict reading of cases, and how differences are told. */

#include "conformance.h"

#include <stdarg.h>

bool conformance_known(const struct doc *map, GString *diff, const char *what, ...)
{
	bool good = true;

	for (size_t i = 0; i < doc_length(map) && doc_kind_of(map) == DOC_MAP; i++) {
		const char *key = doc_key_at(map, i);
		bool found = false;
		va_list names;

		va_start(names, what);
		for (const char *name; !found && (name = va_arg(names, const char *)) != NULL;) {
			found = g_str_equal(name, key);
		}
		va_end(names);
		if (!found) {
			g_string_append_printf(diff, "%s: unknown field '%s'\n", what, key);
			good = false;
		}
	}
	return good;
}

bool conformance_differs(GString *diff, const char *field, const char *expected, const char *got)
{
	g_string_append_printf(diff, "%s: expected %s, got %s\n", field, expected, got);
	return false;
}

bool conformance_equal(GString *diff, const char *field, const struct doc *expected, const struct doc *got)
{
	double a, b;

	if (doc_equal(expected, got) || (doc_number(expected, &a) && doc_number(got, &b) && a == b)) {
		return true;
	}
	g_autofree char *left = doc_to_json(expected, 0);
	g_autofree char *right = doc_to_json(got, 0);

	return conformance_differs(diff, field, left, right);
}
