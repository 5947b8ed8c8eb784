/* trace.c - words for what traces hold. */

#include "trace/trace.h"

const char *request_outcome_name(enum request_outcome outcome)
{
	static const char *const names[REQUEST_OUTCOMES] = {
		[REQUEST_OK] = "ok",
		[REQUEST_STATUS_4XX] = "4xx",
		[REQUEST_STATUS_5XX] = "5xx",
		[REQUEST_REFUSED] = "refused",
		[REQUEST_RESET] = "reset",
		[REQUEST_TIMEOUT] = "timeout",
		[REQUEST_CONNECT_TIMEOUT] = "connect-timeout",
		[REQUEST_REJECTED] = "no-endpoint",
	};

	return names[outcome];
}
