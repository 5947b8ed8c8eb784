/* recorder_traces.c - the recorder as the sink of what never passes the API store. */

#include "record/recorder_private.h"

#include <math.h>
#include <string.h>

enum {
	METRIC_POINTS_MAX = 4000, /* of an HPA's metric; then every second one is dropped */
	LISTED_NODES_MAX = 100,   /* in a note of the scheduler; beyond, they are summed up */
};

/* --- notes --- */

void recorder_note(struct recorder *recorder, int kind, const char *object, const char *text)
{
	const sim_time now = simulation_now(recorder->sim);
	g_autofree char *key = g_strdup_printf("%d %s", kind, object ? object : "");
	struct run_note *last =
	    kind == NOTE_ACTION ? NULL : g_hash_table_lookup(recorder->notes, key);

	if (last && g_strcmp0(last->text, text) == 0) {
		last->last = now;
		last->count++;
		return;
	}
	struct run_note *note = run_add_note(recorder->run);

	note->at = note->last = now;
	note->kind = kind;
	note->object = g_strdup(object);
	note->text = g_strdup(text);
	g_hash_table_insert(recorder->notes, g_steal_pointer(&key), note);
	recorder_thin_notes(recorder);
}

/* --- probes --- */

static struct run_probes *last_probes(const struct run_pod *pod, const struct probe_trace *t)
{
	for (unsigned i = pod->probes->len; i-- > 0;) {
		struct run_probes *probes = &g_array_index(pod->probes, struct run_probes, i);

		if (probes->type == t->type && g_strcmp0(probes->container, t->container) == 0) {
			return probes;
		}
	}
	return NULL;
}

/* Millions of probes come from a few pods: each is looked up once, and anew when pods were folded.
 * NULL: not known. */
static struct run_pod *probed_pod(struct recorder *recorder, const struct probe_trace *t)
{
	if (t->memo && t->memo->found && t->memo->as_of == recorder->folds) {
		return t->memo->found;
	}
	const struct pod_record *record = recorder_pod(recorder, t->pod_uid);
	struct run_pod *pod = record ? record->pod : NULL;

	if (t->memo) {
		*t->memo = (struct trace_memo){pod, recorder->folds};
	}
	return pod;
}

static void see_probe(void *self, const struct probe_trace *t)
{
	const struct recorder *recorder = self;
	struct run_pod *pod = probed_pod(self, t);

	if (!pod) {
		return;
	}
	struct run_probes *same = last_probes(pod, t);

	pod->probe_counts[t->type][t->result]++;
	if (!same || same->attempt != t->attempt || same->result != (int)t->result ||
	    same->status != t->status || same->handler != t->handler ||
	    g_strcmp0(same->message, t->message) != 0) {
		const struct run_probes probes = {
		    .container = g_strdup(t->container),
		    .type = t->type,
		    .attempt = t->attempt,
		    .first = t->at,
		    .result = (int)t->result,
		    .status = t->status,
		    .message = g_strdup(t->message),
		    .port = t->port,
		    .handler = t->handler,
		};

		g_array_append_val(pod->probes, probes);
		thin_probes(pod->probes, recorder->cuts);
		same = &g_array_index(pod->probes, struct run_probes, pod->probes->len - 1);
	}
	same->last = t->at;
	same->count++;
	same->longest = MAX(same->longest, t->took);
	same->run = t->run;
	same->threshold = t->threshold;
}

/* --- containers --- */

/* The restart of @t's container that is not complete yet; NULL: none. */
static struct run_restart *open_restart(const struct run_pod *pod, const struct container_trace *t)
{
	for (unsigned i = pod->restarts->len; i-- > 0;) {
		struct run_restart *restart = &g_array_index(pod->restarts, struct run_restart, i);

		if (restart->at == SIM_NEVER && g_strcmp0(restart->container, t->container) == 0) {
			return restart;
		}
	}
	return NULL;
}

static struct run_restart *begin_restart(struct recorder *recorder, struct run_pod *pod,
                                         const struct container_trace *t)
{
	struct run_restart *restart = open_restart(pod, t);

	if (!restart) {
		const struct run_restart fresh = {
		    .at = SIM_NEVER,
		    .killed_at = SIM_NEVER,
		    .finished_at = SIM_NEVER,
		    .cause = KILL_NONE,
		    .container = g_strdup(t->container),
		};

		g_array_append_val(pod->restarts, fresh);
		thin_restarts(pod->restarts, recorder->cuts);
		restart = &g_array_index(pod->restarts, struct run_restart, pod->restarts->len - 1);
	}
	return restart;
}

/* Whether @t tells of an init container that did its work: the end that is wanted. */
static bool is_done(const struct run_pod *pod, const struct container_trace *t)
{
	for (size_t i = 0; t->exit_code == 0 && i < pod->spec->n_init_containers; i++) {
		if (g_strcmp0(pod->spec->init_containers[i].name, t->container) == 0) {
			return !pod->spec->init_containers[i].always_restarts;
		}
	}
	return false;
}

static void container_exited(struct recorder *recorder, struct run_pod *pod,
                             const struct container_trace *t, bool main)
{
	struct run_restart *restart = open_restart(pod, t);

	if (is_done(pod, t)) {
		return;
	}

	if (main) {
		spans_close(pod->running, t->at);
	}
	if (!restart && pod->deleted_at != SIM_NEVER) {
		return; /* the pod ends */
	}
	restart = begin_restart(recorder, pod, t);
	restart->finished_at = t->at;
	restart->exit_code = t->exit_code;
	restart->reason = g_intern_string(t->reason);
}

static void container_started(struct recorder *recorder, struct run_pod *pod,
                              const struct container_trace *t, bool main)
{
	struct run_restart *restart = open_restart(pod, t);

	if (restart && restart->finished_at != SIM_NEVER) {
		restart->at = t->at;
	}
	if (main) {
		pod->started_at = MIN(pod->started_at, t->at);
		spans_close(pod->backoff, t->at);
		recorder_open(recorder, pod->running, t->at);
	}
}

static void see_container(void *self, const struct container_trace *t)
{
	struct recorder *recorder = self;
	const struct pod_record *record = recorder_pod(recorder, t->pod_uid);

	if (!record) {
		return;
	}
	struct run_pod *pod = record->pod;
	const bool main = g_strcmp0(pod->spec->containers[0].name, t->container) == 0;

	switch (t->step) {
	case CONTAINER_STARTED:
		container_started(recorder, pod, t, main);
		break;
	case CONTAINER_KILL_DECIDED:
		if (t->cause != KILL_DELETION) {
			struct run_restart *restart = begin_restart(recorder, pod, t);

			restart->killed_at = t->at;
			restart->cause = (int)t->cause;
		}
		break;
	case CONTAINER_EXITED:
		container_exited(recorder, pod, t, main);
		break;
	case CONTAINER_BACKOFF:
		if (main) {
			recorder_open(recorder, pod->backoff, t->at);
		}
		break;
	case CONTAINER_PRE_STOP:
	case CONTAINER_TERM_SENT:
		recorder_see_stop(pod, t);
		break;
	case CONTAINER_KILL_SENT:
	case CONTAINER_PULLED:
		break;
	}
}

/* --- scheduling, rollouts --- */

static void append_number(GString *text, int number)
{
	char digits[16], *first = digits + sizeof digits;
	unsigned rest = number < 0 ? 0U - (unsigned)number : (unsigned)number;

	do {
		*--first = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number < 0) {
		*--first = '-';
	}
	g_string_append_len(text, first, digits + sizeof digits - first);
}

/* What became of node number @i of @t, of which @fit fit. */
static void append_verdict(GString *text, const struct scheduling_trace *t, size_t i, size_t fit)
{
	const char *verdict = t->node_verdicts ? t->node_verdicts[i] : NULL;

	g_string_append(text, i ? ", " : "; ");
	g_string_append(text, t->node_names[i]);
	if (verdict) {
		g_string_append(text, " does not fit (");
		g_string_append(text, verdict);
		g_string_append_c(text, ')');
	} else if (fit == 1) { /* findNodesThatFitPod: one node needs no scores */
		g_string_append(text, " is the only one that fits");
	} else if (t->scores) {
		g_string_append(text, " scores ");
		append_number(text, t->scores[i]);
	} else {
		g_string_append(text, " fits");
	}
}

/* Of a large cluster: the chosen node, and how the others stand. */
static void append_summary(GString *text, const struct scheduling_trace *t, size_t fit)
{
	int best = 0;

	for (size_t i = 0; t->scores && i < t->n_nodes; i++) {
		best = MAX(best, t->scores[i]);
	}
	g_string_append_printf(text, "; %zu of %zu nodes fit", fit, t->n_nodes);
	if (fit > 1 && t->scores) {
		g_string_append_printf(text, ", the best score is %d", best);
	}
}

static void see_scheduling(void *self, const struct scheduling_trace *t)
{
	struct recorder *recorder = self;
	const struct pod_record *record = recorder_pod(recorder, t->pod_uid);
	g_autofree char *object = g_strdup_printf("pod/%s", t->pod);
	g_autoptr(GString) text = g_string_sized_new(64);
	size_t fit = 0;

	if (record && !t->node) {
		g_free(record->pod->scheduling_message);
		record->pod->scheduling_message = g_strdup(t->message);
	}
	g_string_append(text, t->node ? "bound to " : "no node: ");
	g_string_append(text, t->node ? t->node : t->message);
	for (size_t i = 0; i < t->n_nodes; i++) {
		fit += !t->node_verdicts || !t->node_verdicts[i];
	}
	if (t->n_nodes > LISTED_NODES_MAX) {
		append_summary(text, t, fit);
	}
	for (size_t i = 0; t->n_nodes <= LISTED_NODES_MAX && i < t->n_nodes; i++) {
		append_verdict(text, t, i, fit);
	}
	recorder_note(recorder, NOTE_SCHEDULING, object, text->str);
}

static void see_rollout(void *self, const struct rollout_trace *t)
{
	g_autofree char *object = g_strdup_printf("deployment/%s", t->deployment);

	recorder_note(self, NOTE_ROLLOUT, object, t->text);
}

/* --- HPA --- */

static void add_metric_point(struct run_hpa *hpa, const struct run_decision *decision)
{
	const struct run_hpa_metric *metric = decision->n_metrics ? &decision->metrics[0] : NULL;

	if (hpa->n_metric == METRIC_POINTS_MAX) {
		hpa->n_metric /= 2;
		for (size_t i = 0; i < hpa->n_metric; i++) {
			hpa->metric[i] = hpa->metric[2 * i];
		}
	}
	if (!hpa->metric) {
		hpa->metric = g_malloc0(METRIC_POINTS_MAX * sizeof(*hpa->metric));
	}
	hpa->metric[hpa->n_metric].at = decision->at;
	hpa->metric[hpa->n_metric].current = metric && metric->valid ? metric->current : NAN;
	hpa->metric[hpa->n_metric].target = metric ? metric->target : NAN;
	hpa->n_metric++;
}

static bool same_decision(const struct run_decision *a, const struct run_decision *b)
{
	return a->current == b->current && a->desired == b->desired && !a->rescaled &&
	       !b->rescaled && g_strcmp0(a->reason, b->reason) == 0 &&
	       g_strcmp0(a->limit, b->limit) == 0 && g_strcmp0(a->text, b->text) == 0 &&
	       g_strcmp0(a->explanation, b->explanation) == 0;
}

static void see_hpa(void *self, const struct hpa_trace *t)
{
	struct recorder *recorder = self;
	const struct object_meta *meta = &t->hpa->object.meta;
	struct run_hpa *hpa = run_find_hpa(recorder->run, meta->namespace, meta->name);
	struct run_decision decision = {.at = t->at, .last = t->at, .count = 1};

	if (!hpa) {
		return;
	}
	decision_describe(&decision, t);
	add_metric_point(hpa, &decision);
	g_array_append_val(hpa->decisions, decision);
	if (hpa->decisions->len > 1) {
		struct run_decision *last =
		    &g_array_index(hpa->decisions, struct run_decision, hpa->decisions->len - 2);

		if (same_decision(last, &decision)) {
			last->last = t->at;
			last->count++;
			g_array_set_size(hpa->decisions, hpa->decisions->len - 1);
		}
	}
	recorder_thin_decisions(hpa);
}

void recorder_init_trace(struct recorder *recorder)
{
	recorder->trace = (struct trace){
	    .self = recorder,
	    .probe = see_probe,
	    .container = see_container,
	    .scheduling = see_scheduling,
	    .endpoints = recorder_see_endpoints,
	    .hpa = see_hpa,
	    .rollout = see_rollout,
	    .cut = recorder_see_cut,
	};
}
