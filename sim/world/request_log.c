/* request_log.c - numbers as text without the C library's formatting, which is slow and knows
 * locales. */

#include "world/request_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { BUFFER = 1 << 16, LONGEST_NUMBERS = 160 };

struct request_log {
	struct trace trace;
	char *path;
	FILE *file;
	const char *const *loads;
	const char *plain_load, *plain_path; /* that were last found to need no quotes */
	size_t used;
	int error; /* of the first write that failed; 0: none */
	char buffer[BUFFER];
};

static void flush_buffer(struct request_log *log)
{
	if (log->used && fwrite(log->buffer, 1, log->used, log->file) != log->used && !log->error) {
		log->error = errno;
	}
	log->used = 0;
}

static void add_bytes(struct request_log *log, const char *bytes, size_t length)
{
	if (log->used + length > BUFFER) {
		flush_buffer(log);
	}
	if (length > BUFFER) {
		return; /* no path of a request is that long */
	}
	memcpy(log->buffer + log->used, bytes, length);
	log->used += length;
}

/* Quoted where commas or quotes demand it. @plain: the text of its kind that was last found to need
 * none; texts stay where they are. */
static void add_text(struct request_log *log, const char *text, const char **plain)
{
	if (text == *plain || !strpbrk(text, ",\"\n")) {
		*plain = text;
		add_bytes(log, text, strlen(text));
		return;
	}
	add_bytes(log, "\"", 1);
	for (const char *c = text; *c; c++) {
		add_bytes(log, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
	}
	add_bytes(log, "\"", 1);
}

/* Two decimal digits of @value < 100. */
static inline void put_pair(char *to, uint32_t value)
{
	to[0] = (char)('0' + value / 10);
	to[1] = (char)('0' + value % 10);
}

static char *put_unsigned(char *to, uint64_t value)
{
	char digits[24];
	unsigned at = sizeof(digits);

	for (; value >= 100; value /= 100) {
		put_pair(&digits[at -= 2], (uint32_t)(value % 100));
	}
	put_pair(&digits[at -= 2], (uint32_t)value);
	at += value < 10;
	memcpy(to, &digits[at], sizeof(digits) - at);
	return to + sizeof(digits) - at;
}

/* All nine digits of @value < 10^9. */
static char *put_nanoseconds(char *to, uint32_t value)
{
	for (unsigned at = 9; at > 1; value /= 100) {
		put_pair(&to[at -= 2], value % 100);
	}
	to[0] = (char)('0' + value);
	return to + 9;
}

/* @t in seconds with all nine decimals. */
static char *put_seconds(char *to, sim_time t)
{
	uint64_t size = t < 0 ? -(uint64_t)t : (uint64_t)t;

	if (t < 0) {
		*to++ = '-';
	}
	to = put_unsigned(to, size / (uint64_t)SIM_SECOND);
	*to++ = '.';
	return put_nanoseconds(to, (uint32_t)(size % (uint64_t)SIM_SECOND));
}

static void write_request(void *self, const struct request_trace *t)
{
	struct request_log *log = self;
	char numbers[LONGEST_NUMBERS], *end = numbers;
	const char *outcome = request_outcome_name(t->outcome);

	end = put_seconds(end, t->sent);
	*end++ = ',';
	end = put_seconds(end, t->done);
	*end++ = ',';
	end = put_seconds(end, t->done - t->sent);
	*end++ = ',';
	add_bytes(log, numbers, (size_t)(end - numbers));
	add_text(log, log->loads[t->load], &log->plain_load);
	end = numbers;
	*end++ = ',';
	end = put_unsigned(end, t->client);
	*end++ = ',';
	end = put_unsigned(end, t->ordinal);
	*end++ = ',';
	add_bytes(log, numbers, (size_t)(end - numbers));
	add_text(log, t->path, &log->plain_path);
	add_bytes(log, ",", 1);
	if (t->pod) { /* a name of the API needs no quotes */
		add_bytes(log, t->pod, strlen(t->pod));
	}
	add_bytes(log, ",", 1);
	add_bytes(log, outcome, strlen(outcome));
	end = numbers;
	*end++ = ',';
	end = put_unsigned(end, (uint64_t)t->status);
	*end++ = '\n';
	add_bytes(log, numbers, (size_t)(end - numbers));
}

static bool fail(const char *path, int number, GError **error)
{
	g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(number), "%s: %s", path,
	            g_strerror(number));
	return false;
}

struct request_log *request_log_open(const char *path, const char *const *loads, GError **error)
{
	static const char header[] =
	    "sent,done,latency,load,client,ordinal,path,pod,outcome,status\n";
	FILE *file = fopen(path, "w");

	if (!file) {
		fail(path, errno, error);
		return NULL;
	}
	struct request_log *log = g_new0(struct request_log, 1);

	log->path = g_strdup(path);
	log->file = file;
	log->loads = loads;
	log->trace.self = log;
	log->trace.request = write_request;
	add_bytes(log, header, strlen(header));
	return log;
}

const struct trace *request_log_trace(const struct request_log *log)
{
	return &log->trace;
}

bool request_log_close(struct request_log *log, GError **error)
{
	flush_buffer(log);
	if (fclose(log->file) != 0 && !log->error) {
		log->error = errno;
	}
	bool good = log->error == 0 || fail(log->path, log->error, error);

	g_free(log->path);
	g_free(log);
	return good;
}
