#include "document/number.h"

#include <string.h>

void number_append(GString *out, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};

	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		g_ascii_formatd(text, sizeof(text), formats[i], value);
		if (g_ascii_strtod(text, NULL) == value) {
			break;
		}
	}
	g_string_append(out, text);
	if (strpbrk(text, ".e") == NULL) {
		g_string_append(out, ".0");
	}
}
