#include "document/number.h"

#include <float.h>
#include <math.h>
#include <string.h>

void number_append(GString *out, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	/* 15 digits that read back are the shortest already, their trailing zeros left out; only
	 * subnormals have fewer. */
	int digits = fabs(value) < DBL_MIN ? 1 : 15;

	do {
		char format[8];

		g_snprintf(format, sizeof(format), "%%.%dg", digits);
		g_ascii_formatd(text, sizeof(text), format, value);
	} while (g_ascii_strtod(text, NULL) != value && digits++ < 17);
	g_string_append(out, text);
	if (strpbrk(text, ".e") == NULL) {
		g_string_append(out, ".0");
	}
}
