/* probes_compare.c - the expectations of the table `probes`, field by field. */

#include "probes_compare.h"

#include "conformance.h"
#include "kube/quantity.h"
#include "probes_script.h"

#include <string.h>

static void differ(struct probes_case *c, const char *field, const char *expected,
                   const char *format, ...) G_GNUC_PRINTF(4, 5);

static void differ(struct probes_case *c, const char *field, const char *expected,
                   const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *got = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	conformance_differs(c->diff, field, expected, got);
}

static char *json(const struct doc *doc)
{
	return doc_to_json(doc, 0);
}

static double seconds(sim_time t)
{
	return t == SIM_NEVER ? -1 : sim_time_to_seconds(t);
}

static bool text_is(const struct doc *map, const char *key, const char *text)
{
	return !doc_get(map, key) || g_strcmp0(doc_text(doc_get(map, key)), text) == 0;
}

static bool int_is(const struct doc *map, const char *key, int64_t value)
{
	int64_t wanted;

	return !doc_get(map, key) || (doc_int(doc_get(map, key), &wanted) && wanted == value);
}

/* --- probes --- */

static bool probe_is(struct probes_case *c, const struct doc *wanted,
                     const struct script_probe *sent)
{
	return probes_case_time(c, wanted, "at", SIM_NEVER) == sent->at &&
	       text_is(wanted, "path", sent->path) && text_is(wanted, "result", sent->result) &&
	       int_is(wanted, "attempt", sent->attempt) &&
	       probes_case_time(c, wanted, "took", 0) ==
	           (g_str_equal(sent->result, "error") && !doc_get(wanted, "took") ? 0
	                                                                           : sent->took);
}

/* The next probe of @type up to the end of the observation, from *@i on. */
static const struct script_probe *next_sent(const struct probes_case *c, const GArray *sent,
                                            enum probe_type type, unsigned *i)
{
	while (*i < sent->len) {
		const struct script_probe *probe = &g_array_index(sent, struct script_probe, *i);

		++*i;
		if (probe->type == type && probe->at <= c->until) {
			return probe;
		}
	}
	return NULL;
}

static void compare_probes_of(struct probes_case *c, const struct doc *list, const GArray *sent,
                              enum probe_type type)
{
	bool complete = doc_bool(doc_get(c->expect, "probesComplete"), false);
	const struct script_probe *probe;
	unsigned at = 0;

	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *wanted = doc_at(list, i);
		g_autofree char *text = json(wanted);

		if (g_strcmp0(doc_text(doc_get(wanted, "probe")), probe_type_name(type)) != 0) {
			continue;
		}
		do {
			probe = next_sent(c, sent, type, &at);
		} while (probe && !complete && !probe_is(c, wanted, probe));
		if (!probe) {
			differ(c, "probes", text, "none");
			return;
		}
		if (!probe_is(c, wanted, probe)) {
			differ(c, "probes", text, "%s at %.9g, %s, attempt %u, took %.9g",
			       probe->path, seconds(probe->at), probe->result, probe->attempt,
			       seconds(probe->took));
			return;
		}
	}
	probe = complete ? next_sent(c, sent, type, &at) : NULL;
	if (probe) {
		differ(c, "probes", "no more of this type", "%s at %.9g, %s, attempt %u",
		       probe_type_name(type), seconds(probe->at), probe->result, probe->attempt);
	}
}

static void compare_probes(struct probes_case *c, const struct doc *list, const GArray *sent)
{
	for (size_t i = 0; i < doc_length(list); i++) {
		const char *type = doc_text(doc_get(doc_at(list, i), "probe"));

		conformance_known(doc_at(list, i), c->diff, "probes", "at", "probe", "path",
		                  "result", "took", "attempt", NULL);
		if (g_strcmp0(type, "startup") != 0 && g_strcmp0(type, "readiness") != 0 &&
		    g_strcmp0(type, "liveness") != 0) {
			differ(c, "probes", "startup, readiness or liveness", "%s", type);
		}
	}
	for (unsigned type = 0; type < PROBE_TYPES; type++) {
		compare_probes_of(c, list, sent, (enum probe_type)type);
	}
}

/* --- Started and Ready --- */

static void compare_changes(struct probes_case *c, const char *field, const struct doc *list,
                            const GArray *changes)
{
	unsigned n = 0;

	while (n < changes->len &&
	       g_array_index(changes, struct recorded_change, n).at <= c->until) {
		n++;
	}
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *wanted = doc_at(list, i);
		const struct recorded_change *change =
		    i < n ? &g_array_index(changes, struct recorded_change, i) : NULL;
		sim_time at = probes_case_time(c, wanted, "at", 0);
		sim_time tolerance = probes_case_time(c, wanted, "tolerance", 0);
		g_autofree char *text = json(wanted);

		conformance_known(wanted, c->diff, field, "at", "value", "tolerance", NULL);
		if (!change) {
			differ(c, field, text, "no such change");
		} else if (ABS(change->at - at) > tolerance ||
		           doc_bool(doc_get(wanted, "value"), false) != change->value) {
			differ(c, field, text, "%s at %.9g", change->value ? "true" : "false",
			       seconds(change->at));
		}
	}
	if (n > doc_length(list)) {
		const struct recorded_change *more =
		    &g_array_index(changes, struct recorded_change, doc_length(list));

		differ(c, field, "no more changes", "%s at %.9g", more->value ? "true" : "false",
		       seconds(more->at));
	}
}

/* --- restarts and termination --- */

static bool time_is(struct probes_case *c, const struct doc *map, const char *key, sim_time value)
{
	return !doc_get(map, key) || probes_case_time(c, map, key, 0) == value;
}

static const char *cause_name(int cause)
{
	return cause == KILL_STARTUP ? "startup" : cause == KILL_LIVENESS ? "liveness" : "exit";
}

static void compare_restarts(struct probes_case *c, const struct doc *list,
                             const struct probes_record *record)
{
	const GArray *attempts = record->attempts;
	size_t n = 0;

	for (unsigned i = 1; i < attempts->len; i++) {
		const struct recorded_attempt *old =
		    &g_array_index(attempts, struct recorded_attempt, i - 1);
		sim_time at = g_array_index(attempts, struct recorded_attempt, i).started_at;
		const struct doc *wanted = doc_at(list, n);
		g_autofree char *text = wanted ? json(wanted) : g_strdup("no more");

		if (at > c->until) {
			break;
		}
		n++;
		conformance_known(wanted, c->diff, "restarts", "at", "reason", "killedAt",
		                  "finishedAt", "exitCode", NULL);
		if (!wanted || !time_is(c, wanted, "at", at) ||
		    !text_is(wanted, "reason", cause_name(old->cause)) ||
		    !time_is(c, wanted, "killedAt", old->killed_at) ||
		    !time_is(c, wanted, "finishedAt", old->finished_at) ||
		    !int_is(wanted, "exitCode", old->exit_code)) {
			differ(c, "restarts", text,
			       "%s at %.9g, killed %.9g, finished %.9g, code %d",
			       cause_name(old->cause), seconds(at), seconds(old->killed_at),
			       seconds(old->finished_at), old->exit_code);
		}
	}
	if (n < doc_length(list)) {
		g_autofree char *text = json(doc_at(list, n));

		differ(c, "restarts", text, "none");
	}
}

static void compare_termination(struct probes_case *c, const struct doc *wanted,
                                const struct probes_record *record)
{
	const GArray *attempts = record->attempts;
	g_autofree char *text = json(wanted);

	conformance_known(wanted, c->diff, "termination", "killedAt", "preStopAt", "termAt",
	                  "killAt", "finishedAt", "exitCode", NULL);
	if (attempts->len == 0) {
		differ(c, "termination", text, "no container");
		return;
	}
	const struct recorded_attempt *last =
	    &g_array_index(attempts, struct recorded_attempt, attempts->len - 1);
	bool unasked = (!doc_get(wanted, "killAt") && last->kill_at != SIM_NEVER) ||
	               (!doc_get(wanted, "preStopAt") && last->pre_stop_at != SIM_NEVER);

	if (unasked || !time_is(c, wanted, "killedAt", last->killed_at) ||
	    !time_is(c, wanted, "preStopAt", last->pre_stop_at) ||
	    !time_is(c, wanted, "termAt", last->term_at) ||
	    !time_is(c, wanted, "killAt", last->kill_at) ||
	    !time_is(c, wanted, "finishedAt", last->finished_at) ||
	    !int_is(wanted, "exitCode", last->exit_code)) {
		differ(c, "termination", text,
		       "killed %.9g, preStop %.9g, TERM %.9g, KILL %.9g, finished %.9g, code %d",
		       seconds(last->killed_at), seconds(last->pre_stop_at), seconds(last->term_at),
		       seconds(last->kill_at), seconds(last->finished_at), last->exit_code);
	}
}

/* --- events --- */

/* A transport error's text without what depends on the client library: its class. */
static char *loose(const char *message)
{
	const char *get = strstr(message, ": Get \"");
	const char *close = get ? strchr(get + 7, '"') : NULL;
	const char *class = NULL;

	if (!close) {
		return g_strdup(message);
	}
	class = strstr(close, "connection refused") ? "connection refused"
	        : strstr(close, "exceeded")         ? "deadline exceeded"
	                                            : close;
	return g_strdup_printf("%.*s %s", (int)(close - message), message, class);
}

static bool message_is(const struct doc *wanted, const struct recorded_event *event,
                       const char *pod_ip)
{
	const char *text = doc_text(doc_get(wanted, "message"));
	g_auto(GStrv) parts = g_strsplit(text ? text : "", "POD_IP", -1);
	g_autofree char *full = g_strjoinv(pod_ip ? pod_ip : "", parts);
	g_autofree char *expected = loose(full);
	g_autofree char *got = loose(event->message);

	return !text || g_str_equal(expected, got);
}

static void compare_event(struct probes_case *c, const struct doc *wanted, GArray *events,
                          const char *pod_ip)
{
	g_autofree char *text = json(wanted);

	conformance_known(wanted, c->diff, "events", "reason", "count", "first", "last", "message",
	                  NULL);
	for (unsigned i = 0; i < events->len; i++) {
		const struct recorded_event *event =
		    &g_array_index(events, struct recorded_event, i);

		if (!text_is(wanted, "reason", event->reason) ||
		    !message_is(wanted, event, pod_ip)) {
			continue;
		}
		if (!int_is(wanted, "count", event->count) ||
		    !time_is(c, wanted, "first", event->first) ||
		    !time_is(c, wanted, "last", event->last)) {
			differ(c, "events", text, "%s x%" G_GINT64_FORMAT " from %.9g to %.9g",
			       event->message, event->count, seconds(event->first),
			       seconds(event->last));
		}
		g_array_remove_index(events, i);
		return;
	}
	differ(c, "events", text, "no such event");
}

static void compare_events(struct probes_case *c, const struct doc *list,
                           const struct probes_record *record)
{
	for (size_t i = 0; i < doc_length(list); i++) {
		compare_event(c, doc_at(list, i), record->events, record->pod_ip);
	}
	for (unsigned i = 0; i < record->events->len; i++) {
		const struct recorded_event *event =
		    &g_array_index(record->events, struct recorded_event, i);

		differ(c, "events", "no more", "%s x%" G_GINT64_FORMAT, event->message,
		       event->count);
	}
}

void probes_compare(struct probes_case *c, const struct probes_record *record, const GArray *sent)
{
	const struct doc *expect = c->expect;

	conformance_known(expect, c->diff, "expect", "probes", "probesComplete", "started", "ready",
	                  "restarts", "termination", "events", NULL);
	if (doc_get(expect, "probes") || doc_get(expect, "probesComplete")) {
		compare_probes(c, doc_get(expect, "probes"), sent);
	}
	if (doc_get(expect, "started")) {
		compare_changes(c, "started", doc_get(expect, "started"), record->started);
	}
	if (doc_get(expect, "ready")) {
		compare_changes(c, "ready", doc_get(expect, "ready"), record->ready);
	}
	if (doc_get(expect, "restarts")) {
		compare_restarts(c, doc_get(expect, "restarts"), record);
	}
	if (doc_get(expect, "termination")) {
		compare_termination(c, doc_get(expect, "termination"), record);
	}
	if (doc_get(expect, "events")) {
		compare_events(c, doc_get(expect, "events"), record);
	}
}
