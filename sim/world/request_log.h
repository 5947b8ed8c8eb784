/* request_log.h - every request of a run, as lines of a CSV file.
 *
 * Written through one fixed buffer, so memory does not grow with the number of requests. Times are
 * seconds of simulated time. */

#pragma once

#include "trace/trace.h"

struct request_log;

/* Begins the file @path with its header; @loads are the names by number of load. NULL and @error.
 */
struct request_log *request_log_open(const char *path, const char *const *loads, GError **error);

/* A trace that writes requests into @log and nothing else. */
const struct trace *request_log_trace(const struct request_log *log);

/* Writes what is left and frees @log; false and @error when any write failed. */
bool request_log_close(struct request_log *log, GError **error);
