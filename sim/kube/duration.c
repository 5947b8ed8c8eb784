#include "kube/quantity.h"

#include <glib.h>
#include <string.h>

__extension__ typedef __int128 wide;

static const struct unit {
	const char *name;
	int64_t nanoseconds;
} units[] = {
    {"ns", 1},       {"us", 1000},      {"\302\265s", 1000}, {"\316\274s", 1000},
    {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000},  {"h", 3600000000000},
};

static const struct unit *find_unit(const char *text, size_t length)
{
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (strlen(units[i].name) == length && memcmp(units[i].name, text, length) == 0) {
			return &units[i];
		}
	}
	return NULL;
}

/* One number with its unit, added to *@sum; NULL when it is none or too large. */
static const char *read_part(const char *p, wide *sum)
{
	const size_t before = strspn(p, "0123456789");
	const size_t after = p[before] == '.' ? strspn(p + before + 1, "0123456789") : 0;
	const char *name = p + before + (p[before] == '.') + after;
	const size_t length = strcspn(name, "+-.0123456789");
	const struct unit *unit = find_unit(name, length);

	if (before + after == 0 || unit == NULL) {
		return NULL;
	}
	wide whole = 0;

	for (size_t i = 0; i < before; i++) {
		whole = whole * 10 + (p[i] - '0');
		if (whole > INT64_MAX) {
			return NULL;
		}
	}
	*sum += whole * unit->nanoseconds;
	/* No unit has more than 13 digits of nanoseconds: what follows the 18th makes no
	 * difference. */
	wide fraction = 0, scale = 1;

	for (size_t i = 0; i < MIN(after, 18); i++) {
		fraction = fraction * 10 + (p[before + 1 + i] - '0');
		scale *= 10;
	}
	*sum += fraction * unit->nanoseconds / scale;
	return *sum > INT64_MAX ? NULL : name + length;
}

bool duration_parse(const char *text, int64_t *nanoseconds)
{
	const bool negative = *text == '-';
	const char *p = text + (*text == '-' || *text == '+');
	wide sum = 0;

	if (strcmp(p, "0") == 0) {
		*nanoseconds = 0;
		return true;
	}
	if (*p == '\0') {
		return false;
	}
	while (p != NULL && *p != '\0') {
		p = read_part(p, &sum);
	}
	*nanoseconds = (int64_t)(negative ? -sum : sum);
	return p != NULL;
}

static void append_part(GString *out, uint64_t value, uint64_t unit, const char *name)
{
	if (value == 0) {
		return;
	}
	g_string_append_printf(out, "%" G_GUINT64_FORMAT, value / unit);
	if (value % unit != 0) {
		char fraction[24];
		size_t n = 0;
		uint64_t rest = value % unit;

		for (; rest != 0; n++) {
			rest *= 10;
			fraction[n] = (char)('0' + rest / unit);
			rest %= unit;
		}
		g_string_append_printf(out, ".%.*s", (int)n, fraction);
	}
	g_string_append(out, name);
}

char *duration_to_string(int64_t nanoseconds)
{
	GString *out = g_string_new(nanoseconds < 0 ? "-" : "");
	uint64_t rest = nanoseconds < 0 ? 0 - (uint64_t)nanoseconds : (uint64_t)nanoseconds;
	const uint64_t second = 1000000000;

	if (rest == 0) {
		g_string_append(out, "0s");
	} else if (rest < 1000) {
		append_part(out, rest, 1, "ns");
	} else if (rest < 1000000) {
		append_part(out, rest, 1000, "us");
	} else if (rest < second) {
		append_part(out, rest, 1000000, "ms");
	} else {
		append_part(out, rest / (3600 * second) * 3600 * second, 3600 * second, "h");
		rest %= 3600 * second;
		append_part(out, rest / (60 * second) * 60 * second, 60 * second, "m");
		append_part(out, rest % (60 * second), second, "s");
	}
	return g_string_free(out, FALSE);
}

/* "@large@unit" or "@large@unit@small@unit" */
static char *two_parts(int64_t large, const char *unit, int64_t small, const char *small_unit)
{
	if (small == 0) {
		return g_strdup_printf("%" G_GINT64_FORMAT "%s", (gint64)large, unit);
	}
	return g_strdup_printf("%" G_GINT64_FORMAT "%s%" G_GINT64_FORMAT "%s", (gint64)large, unit,
	                       (gint64)small, small_unit);
}

char *duration_to_human(int64_t nanoseconds)
{
	const int64_t seconds = nanoseconds / 1000000000;
	const int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (seconds < -1) {
		return g_strdup("<invalid>");
	}
	if (seconds < 0) {
		return g_strdup("0s");
	}
	if (seconds < 120) {
		return two_parts(seconds, "s", 0, "");
	}
	if (minutes < 10) {
		return two_parts(minutes, "m", seconds % 60, "s");
	}
	if (minutes < 180) {
		return two_parts(minutes, "m", 0, "");
	}
	if (hours < 8) {
		return two_parts(hours, "h", minutes % 60, "m");
	}
	if (hours < 48) {
		return two_parts(hours, "h", 0, "");
	}
	if (hours < 24 * 8) {
		return two_parts(days, "d", hours % 24, "h");
	}
	if (hours < 24 * 365 * 2) {
		return two_parts(days, "d", 0, "");
	}
	if (hours < 24 * 365 * 8) {
		return two_parts(days / 365, "y", days % 365, "d");
	}
	return two_parts(days / 365, "y", 0, "");
}
