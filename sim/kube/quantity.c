#include "kube/quantity.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind the digits: a power of ten or of 1024. */
struct scale {
	int ten;
	int binary; /* times 1024 to this */
	enum quantity_format format;
};

static bool read_exponent(const char *text, struct scale *scale)
{
	const char *digits = text + (*text == '-' || *text == '+');
	const size_t n = strspn(digits, "0123456789");

	if (n == 0 || digits[n] != '\0') {
		return false;
	}
	/* Far beyond what an int64 holds either way, and safe to count with. */
	const long limit = 1000000;
	const long exponent = n > 18 ? limit : MIN(strtol(digits, NULL, 10), limit);

	scale->ten = (int)(*text == '-' ? -exponent : exponent);
	scale->format = QUANTITY_EXPONENT;
	return true;
}

static bool read_suffix(const char *text, struct scale *scale)
{
	static const struct {
		const char *suffix;
		struct scale scale;
	} suffixes[] = {
	    {"", {0, 0, QUANTITY_DECIMAL}},   {"n", {-9, 0, QUANTITY_DECIMAL}},
	    {"u", {-6, 0, QUANTITY_DECIMAL}}, {"m", {-3, 0, QUANTITY_DECIMAL}},
	    {"k", {3, 0, QUANTITY_DECIMAL}},  {"M", {6, 0, QUANTITY_DECIMAL}},
	    {"G", {9, 0, QUANTITY_DECIMAL}},  {"T", {12, 0, QUANTITY_DECIMAL}},
	    {"P", {15, 0, QUANTITY_DECIMAL}}, {"E", {18, 0, QUANTITY_DECIMAL}},
	    {"Ki", {0, 1, QUANTITY_BINARY}},  {"Mi", {0, 2, QUANTITY_BINARY}},
	    {"Gi", {0, 3, QUANTITY_BINARY}},  {"Ti", {0, 4, QUANTITY_BINARY}},
	    {"Pi", {0, 5, QUANTITY_BINARY}},  {"Ei", {0, 6, QUANTITY_BINARY}},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		if (strcmp(text, suffixes[i].suffix) == 0) {
			*scale = suffixes[i].scale;
			return true;
		}
	}
	return (*text == 'e' || *text == 'E') && read_exponent(text + 1, scale);
}

/* Decimal digits, the last one first: quantities are decimal fractions of any length, and rounding
 * up must see the last. */
static void multiply(GByteArray *digits, unsigned factor)
{
	unsigned carry = 0;

	for (guint i = 0; i < digits->len; i++) {
		carry += digits->data[i] * factor;
		digits->data[i] = (guint8)(carry % 10);
		carry /= 10;
	}
	for (; carry > 0; carry /= 10) {
		const guint8 digit = (guint8)(carry % 10);

		g_byte_array_append(digits, &digit, 1);
	}
}

/* digits * 10^@ten, rounded up, saturating. */
static uint64_t round_up(const GByteArray *digits, int ten, uint64_t limit)
{
	uint64_t sum = 0;
	bool rest = false;

	for (guint i = digits->len; i-- > 0;) {
		if ((int64_t)i + ten < 0) {
			rest = rest || digits->data[i] != 0;
			continue;
		}
		if (sum > limit / 10) {
			return limit;
		}
		sum = sum * 10 + digits->data[i];
		if (sum >= limit) {
			return limit;
		}
	}
	for (int i = 0; i < ten && sum > 0; i++) {
		if (sum > limit / 10) {
			return limit;
		}
		sum *= 10;
	}
	return MIN(sum + rest, limit);
}

bool quantity_parse(const char *text, int64_t *milli, enum quantity_format *format)
{
	const bool negative = *text == '-';
	const char *p = text + (*text == '-' || *text == '+');
	const size_t before = strspn(p, "0123456789");
	const size_t after = p[before] == '.' ? strspn(p + before + 1, "0123456789") : 0;
	const char *suffix = p + before + (p[before] == '.') + after;
	struct scale scale = {0};

	if (before + after == 0 || !read_suffix(suffix, &scale)) {
		return false;
	}
	g_autoptr(GByteArray) digits = g_byte_array_new();

	for (const char *c = suffix; c-- > p;) {
		if (*c != '.') {
			const guint8 digit = (guint8)(*c - '0');

			g_byte_array_append(digits, &digit, 1);
		}
	}
	for (int i = 0; i < scale.binary; i++) {
		multiply(digits, 1024);
	}
	/* Text can be longer than any number that matters, but not longer than an int counts. */
	const int ten = scale.ten + 3 - (int)MIN(after, (size_t)INT32_MAX / 2);
	const uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
	const uint64_t magnitude = round_up(digits, ten, limit);

	*milli = (int64_t)(negative ? 0 - magnitude : magnitude);
	if (format != NULL) {
		*format = scale.format;
	}
	return true;
}

static char *binary_to_string(int64_t milli)
{
	static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
	int64_t value = milli / 1000;
	size_t i = 0;

	while (i + 1 < G_N_ELEMENTS(suffixes) && value % 1024 == 0) {
		value /= 1024;
		i++;
	}
	return g_strdup_printf("%" G_GINT64_FORMAT "%s", (gint64)value, suffixes[i]);
}

char *quantity_to_string(int64_t milli, enum quantity_format format)
{
	static const char *const suffixes[] = {"m", "", "k", "M", "G", "T", "P"};
	static const char *const exponents[] = {"e-3", "", "e3", "e6", "e9", "e12", "e15"};

	if (milli == 0) {
		return g_strdup("0");
	}
	/* Small and broken numbers are shown in decimal, as quantity.go does "to avoid rounding and
	 * hopefully confusion". */
	if (format == QUANTITY_BINARY && milli % 1000 == 0 &&
	    (milli <= -1024000 || milli >= 1024000)) {
		return binary_to_string(milli);
	}
	size_t i = 0;

	while (i + 1 < G_N_ELEMENTS(suffixes) && milli % 1000 == 0) {
		milli /= 1000;
		i++;
	}
	return g_strdup_printf("%" G_GINT64_FORMAT "%s", (gint64)milli,
	                       format == QUANTITY_EXPONENT ? exponents[i] : suffixes[i]);
}
