/* explain.c - decisions one by one. */

#include "report/explain_private.h"

#include "report/diagnosis_private.h"
#include "report/text.h"

#include <math.h>
#include <string.h>

const char *const explain_topics[] = {"hpa", "probes", "endpoints", "rollout", "scheduling", NULL};

/* @text below an instant, each line as deep as it is. */
static void explain_lines(GString *out, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (unsigned i = 0; lines[i] && *lines[i]; i++) {
		const size_t depth = strspn(lines[i], " ");
		g_autofree char *first = g_strnfill(12 + depth, ' ');

		text_wrap(out, first, lines[i] + depth);
	}
}

/* --- hpa --- */

static void explain_decision(GString *out, const struct run_decision *decision)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *last = text_instant(decision->last);

	if (decision->rescaled) {
		g_string_append_printf(text, "%d -> %d", decision->current, decision->desired);
	} else {
		g_string_append_printf(text, "holds %d", decision->current);
	}
	if (*decision->reason) {
		g_string_append_printf(text, " (%s)", decision->reason);
	}
	if (decision->count > 1) {
		g_string_append_printf(text, ", %u times, last at %s", decision->count, last);
	}
	explain_at(out, decision->at, text->str);
	explain_lines(out, decision->explanation);
}

static void explain_hpa(const struct run *run, GString *out, bool colour)
{
	for (unsigned i = 0; i < run->hpas->len; i++) {
		const struct run_hpa *hpa = run->hpas->pdata[i];
		g_autofree char *title = g_strdup_printf(
		    "HPA %s of %s, %d to %d replicas", hpa->name, hpa->target, hpa->min, hpa->max);

		text_heading(out, title, colour);
		for (unsigned k = 0; k < hpa->decisions->len; k++) {
			explain_decision(out,
			                 &g_array_index(hpa->decisions, struct run_decision, k));
		}
	}
}

/* --- probes --- */

static char *probes_text(const struct run_probes *probes)
{
	static const char *const results[] = {"succeeds", "fails", "errs"};
	g_autofree char *last = text_instant_fine(probes->last);
	g_autofree char *longest = text_length(probes->longest);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *handler =
	    probes->handler ? handler_text(probes->handler, probes->port) : NULL;

	g_string_append_printf(text, "%s probe of %s (attempt %u) %s",
	                       probe_type_name(probes->type), probes->container, probes->attempt,
	                       results[probes->result]);
	if (probes->more) {
		g_string_append_printf(text,
		                       " %u times, to %s, in %u stretches that are told as one",
		                       probes->count, last, 1 + probes->more);
	} else if (probes->count > 1) {
		g_string_append_printf(text, " %u times, to %s", probes->count, last);
	}
	g_string_append_printf(text, ": %s", handler ? handler : "?");
	if (probes->status) {
		g_string_append_printf(text, " answers %d", probes->status);
	} else if (probes->message) {
		g_string_append_printf(text, ": %s,", probes->message);
	}
	g_string_append_printf(text, " within %s", longest);
	if (probes->threshold) {
		g_string_append_printf(text, "; %d in a row of %d", probes->run, probes->threshold);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void add_restart(GArray *moments, const struct run_restart *restart)
{
	static const char *const causes[] = {"", "startup", "liveness", "deletion"};

	if (restart->cause != KILL_NONE) {
		explain_moment(
		    moments, restart->killed_at,
		    g_strdup_printf("the kubelet decides to kill %s: its %s probe reached the "
		                    "threshold",
		                    restart->container, causes[restart->cause]));
	}
	explain_moment(moments, restart->finished_at,
	               g_strdup_printf("container %s ends, exit code %d (%s)", restart->container,
	                               restart->exit_code,
	                               restart->reason ? restart->reason : "?"));
	explain_moment(moments, restart->at,
	               g_strdup_printf("container %s starts anew", restart->container));
	if (restart->more) {
		explain_moment(moments, restart->last,
		               g_strdup_printf("container %s has started anew %u more time%s, "
		                               "each after such an end",
		                               restart->container, restart->more,
		                               text_plural(restart->more)));
	}
}

static void add_spans(GArray *moments, const GArray *spans, const char *begin, const char *end)
{
	for (unsigned i = 0; i < spans->len; i++) {
		const struct span *span = &g_array_index(spans, struct span, i);

		explain_moment(moments, span->from,
		               span->more ? g_strdup_printf("%s, and %u more times until this ends",
		                                            begin, span->more)
		                          : g_strdup(begin));
		explain_moment(moments, span->to, g_strdup(end));
	}
}

static void explain_pod(const struct run_pod *pod, GString *out, bool colour)
{
	g_autoptr(GArray) moments = explain_moments();
	static const enum probe_type types[] = {PROBE_STARTUP, PROBE_READINESS, PROBE_LIVENESS};
	uint64_t startup = 0;

	explain_moment(moments, pod->created_at, g_strdup("pod created"));
	explain_moment(moments, pod->scheduled_at, g_strdup_printf("bound to %s", pod->node));
	explain_moment(moments, pod->started_at, g_strdup("container starts"));
	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *probes = &g_array_index(pod->probes, struct run_probes, i);

		explain_moment(moments, probes->first, probes_text(probes));
	}
	for (unsigned i = 0; i < pod->restarts->len; i++) {
		add_restart(moments, &g_array_index(pod->restarts, struct run_restart, i));
	}
	add_spans(moments, pod->backoff, "CrashLoopBackOff", "the back-off ends");
	add_spans(moments, pod->ready, "Ready", "not Ready");
	add_spans(moments, pod->in_endpoints, "in the endpoints", "out of the endpoints");
	explain_moment(moments, pod->deleted_at, g_strdup("deletion begins"));
	explain_moment(moments, pod->gone_at, g_strdup("pod gone"));
	text_heading(out, pod->name, colour);
	explain_tell(out, moments);
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		const struct probe *probe = pod->spec->containers[0].probes[types[i]];
		const uint64_t *counts = pod->probe_counts[types[i]];
		const uint64_t sent =
		    counts[PROBE_SUCCESS] + counts[PROBE_FAILURE] + counts[PROBE_ERROR];

		startup = types[i] == PROBE_STARTUP ? counts[PROBE_SUCCESS] : startup;
		if (probe && !sent && pod->started_at != SIM_NEVER && types[i] != PROBE_STARTUP &&
		    !startup && pod->spec->containers[0].probes[PROBE_STARTUP]) {
			g_string_append_printf(
			    out, "%12sno %s probe was sent: no startup probe succeeded\n", "",
			    probe_type_name(types[i]));
		}
	}
}

/* --- notes --- */

static const char budget[] = "A rolling update takes away at most: all pods - (replicas - "
			     "maxUnavailable) - unavailable pods of "
			     "the new ReplicaSet. It adds at most the room: min(replicas + "
			     "maxSurge - all pods, replicas - pods "
			     "of the new ReplicaSet).";

static void explain_notes(const struct run *run, int kind, const char *title, const char *rule,
                          GString *out, bool colour)
{
	text_heading(out, title, colour);
	if (rule) {
		text_wrap(out, "", rule);
	}
	for (unsigned i = 0; i < run->notes->len; i++) {
		const struct run_note *note = run->notes->pdata[i];
		g_autofree char *last = text_instant(note->last);
		g_autofree char *text =
		    note->count > 1 ? g_strdup_printf("%s: %s (%u times, last at %s)", note->object,
		                                      note->text, note->count, last)
				    : g_strdup_printf("%s: %s", note->object, note->text);

		if ((int)note->kind == kind) {
			explain_at(out, note->at, text);
		}
	}
}

bool explain(const struct run *run, const char *topic, GString *out, bool colour)
{
	if (g_str_equal(topic, "hpa")) {
		explain_hpa(run, out, colour);
	} else if (g_str_equal(topic, "probes")) {
		for (unsigned i = 0; i < run->pods->len; i++) {
			explain_pod(run->pods->pdata[i], out, colour);
		}
	} else if (g_str_equal(topic, "endpoints")) {
		explain_endpoints(run, out, colour);
	} else if (g_str_equal(topic, "rollout")) {
		explain_notes(run, NOTE_ROLLOUT, "Deployment controller", budget, out, colour);
	} else if (g_str_equal(topic, "scheduling")) {
		explain_notes(run, NOTE_SCHEDULING, "Scheduler", NULL, out, colour);
	} else {
		return false;
	}
	return true;
}
