#include "kube/codec.h"

#include <string.h>

/* Day @days after 1970-01-01 in the Gregorian calendar, counted in years that begin with March, so
 * that the leap day is the last. */
static void date_of(int64_t days, int *year, int *month, int *day)
{
	const int64_t since = days + 719468; /* from 1 March of year 0 */
	const int64_t era = (since >= 0 ? since : since - 146096) / 146097; /* 400 years */
	const int64_t in_era = since - era * 146097;
	const int64_t of_era =
	    (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365; /* year */
	const int64_t in_year = in_era - (365 * of_era + of_era / 4 - of_era / 100);
	const int64_t from_march = (5 * in_year + 2) / 153; /* month */

	*day = (int)(in_year - (153 * from_march + 2) / 5 + 1);
	*month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
	*year = (int)(of_era + era * 400 + (*month <= 2));
}

/* @value in @n digits, with @after behind them. */
static char *put_digits(char *to, int value, int n, char after)
{
	for (int i = n; i-- > 0; value /= 10) {
		to[i] = (char)('0' + value % 10);
	}
	to[n] = after;
	return to + n + 1;
}

char *timestamp_to_string(sim_time t, int64_t clock_zero)
{
	const int64_t seconds = clock_zero + sim_time_floor_second(t) / SIM_SECOND;
	const int64_t days = (seconds >= 0 ? seconds : seconds - 86399) / 86400;
	const int in_day = (int)(seconds - days * 86400);
	int year, month, day;

	if (days < -719162 || days > 2932896) { /* before year 1, after 9999 */
		return g_strdup("<invalid>");
	}
	date_of(days, &year, &month, &day);
	char *text = g_malloc(sizeof "2006-01-02T15:04:05Z"), *at = text;

	at = put_digits(at, year, 4, '-');
	at = put_digits(at, month, 2, '-');
	at = put_digits(at, day, 2, 'T');
	at = put_digits(at, in_day / 3600, 2, ':');
	at = put_digits(at, in_day / 60 % 60, 2, ':');
	at = put_digits(at, in_day % 60, 2, 'Z');
	*at = '\0';
	return text;
}

bool timestamp_parse(const char *text, int64_t *seconds_since_1970)
{
	/* ISO 8601 has more forms than RFC 3339 allows. */
	if (strlen(text) < strlen("2006-01-02T15:04:05Z") || text[4] != '-' || text[7] != '-' ||
	    (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') {
		return false;
	}
	g_autofree char *upper = g_ascii_strup(text, -1);
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(upper, NULL);

	if (time == NULL) {
		return false;
	}
	*seconds_since_1970 = g_date_time_to_unix(time);
	return true;
}
