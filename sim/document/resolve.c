#include "document/resolve.h"

#include <errno.h>
#include <math.h>
#include <string.h>

struct word {
	const char *text;
	enum doc_kind kind;
	bool truth;
	double number;
};

static const struct word words[] = {
    {"", DOC_NULL},
    {"~", DOC_NULL},
    {"null", DOC_NULL},
    {"Null", DOC_NULL},
    {"NULL", DOC_NULL},
    {"y", DOC_BOOL, true},
    {"Y", DOC_BOOL, true},
    {"yes", DOC_BOOL, true},
    {"Yes", DOC_BOOL, true},
    {"YES", DOC_BOOL, true},
    {"true", DOC_BOOL, true},
    {"True", DOC_BOOL, true},
    {"TRUE", DOC_BOOL, true},
    {"on", DOC_BOOL, true},
    {"On", DOC_BOOL, true},
    {"ON", DOC_BOOL, true},
    {"n", DOC_BOOL, false},
    {"N", DOC_BOOL, false},
    {"no", DOC_BOOL, false},
    {"No", DOC_BOOL, false},
    {"NO", DOC_BOOL, false},
    {"false", DOC_BOOL, false},
    {"False", DOC_BOOL, false},
    {"FALSE", DOC_BOOL, false},
    {"off", DOC_BOOL, false},
    {"Off", DOC_BOOL, false},
    {"OFF", DOC_BOOL, false},
    {".nan", DOC_FLOAT, false, NAN},
    {".NaN", DOC_FLOAT, false, NAN},
    {".NAN", DOC_FLOAT, false, NAN},
    {".inf", DOC_FLOAT, false, INFINITY},
    {".Inf", DOC_FLOAT, false, INFINITY},
    {".INF", DOC_FLOAT, false, INFINITY},
    {"+.inf", DOC_FLOAT, false, INFINITY},
    {"+.Inf", DOC_FLOAT, false, INFINITY},
    {"+.INF", DOC_FLOAT, false, INFINITY},
    {"-.inf", DOC_FLOAT, false, -INFINITY},
    {"-.Inf", DOC_FLOAT, false, -INFINITY},
    {"-.INF", DOC_FLOAT, false, -INFINITY},
};

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *text)
{
	const char *p = text + (*text == '-' || *text == '+');
	const size_t before = digits(p);

	p += before;
	if (*p == '.') {
		const size_t after = digits(++p);

		if (before == 0 && after == 0) {
			return false;
		}
		p += after;
	} else if (before == 0) {
		return false;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		const size_t exponent = digits(p);

		if (exponent == 0) {
			return false;
		}
		p += exponent;
	}
	return *p == '\0';
}

static bool value_of_digit(char c, unsigned base, unsigned *value)
{
	const int digit = g_ascii_xdigit_value(c);

	*value = (unsigned)digit;
	return digit >= 0 && (unsigned)digit < base;
}

/* A whole number with an optional prefix of its base. *@fits: within int64; *@approximate
 * otherwise. */
static bool parse_whole(const char *text, int64_t *whole, double *approximate, bool *fits)
{
	const bool negative = *text == '-';
	const char *p = text + (*text == '-' || *text == '+');
	unsigned base = 10;

	if (p[0] == '0' && p[1] != '\0') {
		const char prefix = g_ascii_tolower(p[1]);

		base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
		p += prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1;
	}
	if (*p == '\0') {
		return false;
	}

	uint64_t magnitude = 0;
	bool large = false;
	double sum = 0;

	for (; *p != '\0'; p++) {
		unsigned digit;

		if (!value_of_digit(*p, base, &digit)) {
			return false;
		}
		sum = sum * base + digit;
		large = large || __builtin_mul_overflow(magnitude, (uint64_t)base, &magnitude) ||
		        __builtin_add_overflow(magnitude, (uint64_t)digit, &magnitude);
	}
	const uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;

	*fits = !large && magnitude <= limit;
	*whole = *fits ? (int64_t)(negative ? 0 - magnitude : magnitude) : 0;
	*approximate = base == 10 ? g_ascii_strtod(text, NULL) : negative ? -sum : sum;
	return true;
}

static struct resolution whole_or_large(int64_t whole, double approximate, bool fits)
{
	if (fits) {
		return (struct resolution){
		    .kind = DOC_INT, .whole = whole, .number = (double)whole};
	}
	return (struct resolution){.kind = DOC_FLOAT, .number = approximate};
}

static bool two_digits_below(const char **p, int limit)
{
	const size_t n = digits(*p);

	if (n == 0 || n > 2) {
		return false;
	}
	const int value = (int)strtol(*p, NULL, 10);

	*p += n;
	return value < limit;
}

/* After the date: "T15:04:05.9Z", "t15:4:5+01:00" or " 15:04:05". */
static bool looks_like_time(const char *p)
{
	const bool zoned = *p == 'T' || *p == 't';

	if (!zoned && *p != ' ') {
		return false;
	}
	p++;
	if (!two_digits_below(&p, 24) || *p++ != ':' || !two_digits_below(&p, 60) || *p++ != ':' ||
	    !two_digits_below(&p, 60)) {
		return false;
	}
	if (*p == '.') {
		const size_t n = digits(++p);

		if (n == 0) {
			return false;
		}
		p += n;
	}
	if (!zoned) {
		return *p == '\0';
	}
	if (*p == 'Z') {
		return p[1] == '\0';
	}
	return (*p == '+' || *p == '-') && digits(p + 1) == 2 && p[3] == ':' &&
	       digits(p + 4) == 2 && p[6] == '\0';
}

static bool looks_like_timestamp(const char *text)
{
	if (digits(text) != 4 || text[4] != '-') {
		return false;
	}
	const char *p = text + 5;

	if (!two_digits_below(&p, 13) || *p++ != '-' || !two_digits_below(&p, 32)) {
		return false;
	}
	return *p == '\0' || looks_like_time(p);
}

static struct resolution resolve_number(const char *text)
{
	if (looks_like_timestamp(text)) {
		return (struct resolution){.kind = DOC_STRING, .timestamp = true};
	}

	g_autofree char *plain = g_strdup(text);
	char *end = plain;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p != '_') {
			*end++ = *p;
		}
	}
	*end = '\0';

	int64_t whole;
	double number;
	bool fits;

	if (parse_whole(plain, &whole, &number, &fits)) {
		return whole_or_large(whole, number, fits);
	}
	if (looks_like_float(plain)) {
		return (struct resolution){.kind = DOC_FLOAT,
		                           .number = g_ascii_strtod(plain, NULL)};
	}
	return (struct resolution){.kind = DOC_STRING};
}

struct resolution resolve_plain(const char *text)
{
	if (*text != '\0' && strchr("+-.0123456789yYnNtTfFoO~", *text) == NULL) {
		return (struct resolution){.kind = DOC_STRING};
	}
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		if (strcmp(words[i].text, text) == 0) {
			return (struct resolution){.kind = words[i].kind,
			                           .truth = words[i].truth,
			                           .number = words[i].number};
		}
	}
	if (*text == '.') {
		if (looks_like_float(text)) {
			return (struct resolution){.kind = DOC_FLOAT,
			                           .number = g_ascii_strtod(text, NULL)};
		}
		return (struct resolution){.kind = DOC_STRING};
	}
	if (g_ascii_isdigit(*text) || *text == '+' || *text == '-') {
		return resolve_number(text);
	}
	return (struct resolution){.kind = DOC_STRING};
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool looks_like_base_60(const char *text)
{
	const char *p = text + (*text == '-' || *text == '+');

	if (!g_ascii_isdigit(*p)) {
		return false;
	}
	p += strspn(p, "0123456789_");
	if (*p != ':') {
		return false;
	}
	while (*p == ':') {
		p++;
		if (!two_digits_below(&p, 60)) {
			return false;
		}
	}
	if (*p == '.') {
		p++;
		p += strspn(p, "0123456789_");
	}
	return *p == '\0';
}

bool resolve_is_plain_text(const char *text)
{
	const struct resolution meaning = resolve_plain(text);

	return meaning.kind == DOC_STRING && !meaning.timestamp && !looks_like_base_60(text) &&
	       strcmp(text, "<<") != 0;
}
