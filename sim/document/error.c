#include "document/document.h"

#include <stdarg.h>

G_DEFINE_QUARK(podsim - document - error - quark, doc_error)

static void set_at(GError **error, struct doc_location where, const char *format, va_list arguments)
{
	g_autofree char *message = g_strdup_vprintf(format, arguments);

	if (where.file == NULL) {
		g_set_error_literal(error, DOC_ERROR, DOC_ERROR_INVALID, message);
		return;
	}
	g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID, "%s:%u:%u: %s", where.file, where.line,
	            where.column, message);
}

void doc_error_at(GError **error, const struct doc *doc, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set_at(error, doc_where(doc), format, arguments);
	va_end(arguments);
}

void doc_error_at_place(GError **error, struct doc_location where, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set_at(error, where, format, arguments);
	va_end(arguments);
}
