/* explain.c - decisions one by one. */

#include "report/explain.h"

#include "report/text.h"

#include <math.h>
#include <string.h>

const char *const explain_topics[] = {"hpa", "probes", "endpoints", "rollout", "scheduling", NULL};

static void line_at(GString *out, sim_time at, const char *text)
{
	g_autofree char *when = text_instant_fine(at);
	g_autofree char *first = g_strdup_printf("%10s  ", when);

	text_wrap(out, first, text);
}

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
	line_at(out, decision->at, text->str);
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

struct moment {
	sim_time at;
	unsigned order;
	char *text;
};

static void moment_clear(void *data)
{
	g_free(((struct moment *)data)->text);
}

static void add_moment(GArray *moments, sim_time at, char *text)
{
	const struct moment moment = {at, moments->len, text};

	if (at == SIM_NEVER) {
		g_free(text);
	} else {
		g_array_append_val(moments, moment);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct moment *one = a, *other = b;

	if (one->at != other->at) {
		return one->at < other->at ? -1 : 1;
	}
	return one->order < other->order ? -1 : one->order > other->order;
}

static char *probes_text(const struct run_probes *probes)
{
	static const char *const results[] = {"succeeds", "fails", "errs"};
	g_autofree char *last = text_instant_fine(probes->last);
	g_autofree char *longest = text_length(probes->longest);
	g_autoptr(GString) text = g_string_new(NULL);
	const char *path = probes->handler && probes->handler->path ? probes->handler->path : "";

	g_string_append_printf(text, "%s probe of %s (attempt %u) %s",
	                       probe_type_name(probes->type), probes->container, probes->attempt,
	                       results[probes->result]);
	if (probes->count > 1) {
		g_string_append_printf(text, " %u times, to %s", probes->count, last);
	}
	g_string_append_printf(text, ": :%d%s", probes->port, path);
	if (probes->status) {
		g_string_append_printf(text, " answers %d", probes->status);
	} else if (probes->message) {
		g_string_append_printf(text, " %s", probes->message);
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
		add_moment(
		    moments, restart->killed_at,
		    g_strdup_printf("the kubelet decides to kill %s: its %s probe reached the "
		                    "threshold",
		                    restart->container, causes[restart->cause]));
	}
	add_moment(moments, restart->finished_at,
	           g_strdup_printf("container %s ends, exit code %d (%s)", restart->container,
	                           restart->exit_code, restart->reason ? restart->reason : "?"));
	add_moment(moments, restart->at,
	           g_strdup_printf("container %s starts anew", restart->container));
}

static void add_spans(GArray *moments, const GArray *spans, const char *begin, const char *end)
{
	for (unsigned i = 0; i < spans->len; i++) {
		const struct span *span = &g_array_index(spans, struct span, i);

		add_moment(moments, span->from, g_strdup(begin));
		add_moment(moments, span->to, g_strdup(end));
	}
}

static void explain_pod(const struct run_pod *pod, GString *out, bool colour)
{
	g_autoptr(GArray) moments = g_array_new(FALSE, FALSE, sizeof(struct moment));
	static const enum probe_type types[] = {PROBE_STARTUP, PROBE_READINESS, PROBE_LIVENESS};
	uint64_t startup = 0;

	g_array_set_clear_func(moments, moment_clear);
	add_moment(moments, pod->created_at, g_strdup("pod created"));
	add_moment(moments, pod->scheduled_at, g_strdup_printf("bound to %s", pod->node));
	add_moment(moments, pod->started_at, g_strdup("container starts"));
	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *probes = &g_array_index(pod->probes, struct run_probes, i);

		add_moment(moments, probes->first, probes_text(probes));
	}
	for (unsigned i = 0; i < pod->restarts->len; i++) {
		add_restart(moments, &g_array_index(pod->restarts, struct run_restart, i));
	}
	add_spans(moments, pod->backoff, "CrashLoopBackOff", "the back-off ends");
	add_spans(moments, pod->ready, "Ready", "not Ready");
	add_spans(moments, pod->in_endpoints, "in the endpoints", "out of the endpoints");
	add_moment(moments, pod->deleted_at, g_strdup("deletion begins"));
	add_moment(moments, pod->gone_at, g_strdup("pod gone"));
	g_array_sort(moments, by_time);
	text_heading(out, pod->name, colour);
	for (unsigned i = 0; i < moments->len; i++) {
		const struct moment *moment = &g_array_index(moments, struct moment, i);

		line_at(out, moment->at, moment->text);
	}
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

/* An endpoint change of the slices among the notes of the proxies, in order of time. */
static void explain_endpoints(const struct run *run, GString *out, bool colour)
{
	for (unsigned i = 0; i < run->services->len; i++) {
		const struct run_service *service = run->services->pdata[i];
		g_autofree char *title = g_strdup_printf("Service %s", service->name);
		g_autofree char *object = g_strdup_printf("service/%s", service->name);
		g_autoptr(GArray) moments = g_array_new(FALSE, FALSE, sizeof(struct moment));

		g_array_set_clear_func(moments, moment_clear);
		for (unsigned k = 0; k < service->endpoints->len; k++) {
			const struct step *step =
			    &g_array_index(service->endpoints, struct step, k);

			add_moment(moments, step->at,
			           g_strdup_printf("EndpointSlices: %.0f ready endpoint%s",
			                           step->value,
			                           text_plural((uint64_t)step->value)));
		}
		for (unsigned k = 0; k < run->notes->len; k++) {
			const struct run_note *note = run->notes->pdata[k];

			if (note->kind == NOTE_ENDPOINTS && g_strcmp0(note->object, object) == 0) {
				add_moment(moments, note->at, g_strdup(note->text));
			}
		}
		g_array_sort(moments, by_time);
		text_heading(out, title, colour);
		for (unsigned k = 0; k < moments->len; k++) {
			const struct moment *moment = &g_array_index(moments, struct moment, k);

			line_at(out, moment->at, moment->text);
		}
	}
}

static void explain_notes(const struct run *run, int kind, const char *title, GString *out,
                          bool colour)
{
	text_heading(out, title, colour);
	for (unsigned i = 0; i < run->notes->len; i++) {
		const struct run_note *note = run->notes->pdata[i];
		g_autofree char *last = text_instant(note->last);
		g_autofree char *text =
		    note->count > 1 ? g_strdup_printf("%s: %s (%u times, last at %s)", note->object,
		                                      note->text, note->count, last)
				    : g_strdup_printf("%s: %s", note->object, note->text);

		if ((int)note->kind == kind) {
			line_at(out, note->at, text);
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
		explain_notes(run, NOTE_ROLLOUT, "Deployment controller", out, colour);
	} else if (g_str_equal(topic, "scheduling")) {
		explain_notes(run, NOTE_SCHEDULING, "Scheduler", out, colour);
	} else {
		return false;
	}
	return true;
}
