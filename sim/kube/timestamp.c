#include "kube/codec.h"

#include <string.h>

char *timestamp_to_string(sim_time t, int64_t clock_zero)
{
	const int64_t seconds = clock_zero + sim_time_floor_second(t) / SIM_SECOND;
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

	if (time == NULL) { /* before year 1, after 9999 */
		return g_strdup("<invalid>");
	}
	return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02dZ", g_date_time_get_year(time),
	                       g_date_time_get_month(time), g_date_time_get_day_of_month(time),
	                       g_date_time_get_hour(time), g_date_time_get_minute(time),
	                       g_date_time_get_second(time));
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
