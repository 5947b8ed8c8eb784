/* story_pods.c - moments of pods: made, waiting, probed in vain, killed, Ready, gone. */

#include "report/diagnosis_private.h"
#include "report/story_private.h"

#include <math.h>
#include <string.h>

static const char *owner_of(const struct run_pod *pod)
{
	return pod->replica_set ? pod->replica_set : pod->name;
}

static void add_creation(struct story *story, const struct run_pod *pod)
{
	g_autofree char *key = g_strdup_printf("created/%s", owner_of(pod));
	g_autofree char *before = pod->replica_set
	                              ? g_strdup_printf("%s: new pod ", pod->replica_set)
	                              : g_strdup("new pod ");

	story_add(story, pod->created_at, STORY_POD, key, before, story_short(pod->name), NULL);
}

static void add_wait(struct story *story, const struct run_pod *pod)
{
	const sim_time end = MIN(MIN(pod->scheduled_at, pod->gone_at), story->run->to);
	g_autofree char *key =
	    g_strdup_printf("waits/%s/%s", owner_of(pod), pod->scheduling_message);
	g_autofree char *after = NULL;

	if (!pod->scheduling_message || end - pod->created_at < 10 * SIM_SECOND) {
		return;
	}
	after = g_strdup_printf(": %s", pod->scheduling_message);
	story_add(story, pod->created_at, STORY_PROBE, key, "no node takes ",
	          story_short(pod->name), after);
	if (pod->node) {
		g_autofree char *waited = text_length(end - pod->created_at);
		g_autofree char *bound = g_strdup_printf(" goes to %s after %s", pod->node, waited);

		story_add(story, pod->scheduled_at, STORY_POD, NULL, "", story_short(pod->name),
		          bound);
	}
}

static void add_ready(struct story *story, const struct run_pod *pod)
{
	g_autofree char *first = g_strdup_printf("ready/%s", owner_of(pod));
	g_autofree char *again = g_strdup_printf("ready again/%s", owner_of(pod));
	g_autofree char *lost = g_strdup_printf("lost/%s", owner_of(pod));

	for (unsigned i = 0; i < pod->ready->len && i < 5; i++) {
		const struct span *span = &g_array_index(pod->ready, struct span, i);
		g_autofree char *after = i == 0 && pod->started_at != SIM_NEVER
		                             ? text_length(span->from - pod->started_at)
		                             : NULL;
		g_autofree char *detail =
		    after ? g_strdup_printf(" (%s after the start)", after) : NULL;

		story_add(story, span->from, STORY_POD, i ? again : first,
		          i ? "Ready again: " : "Ready: ", story_short(pod->name), detail);
		if (span->to != SIM_NEVER && span->to < pod->deleted_at) {
			story_add(story, span->to, STORY_POD, lost,
			          "not Ready any more: ", story_short(pod->name), NULL);
		}
	}
}

/* The first failure of each kind, told once a ReplicaSet and kind. */
static void add_failures(struct story *story, const struct run_pod *pod, GHashTable *told)
{
	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *probes = &g_array_index(pod->probes, struct run_probes, i);
		g_autofree char *key =
		    g_strdup_printf("%s/%d/%d", owner_of(pod), (int)probes->type, probes->status);
		g_autofree char *text = NULL;

		if (probes->result == PROBE_SUCCESS || !probes->message ||
		    probes->first >= pod->deleted_at || g_hash_table_contains(told, key) ||
		    (probes->first < pod->ready_at && pod->ready_at != SIM_NEVER)) {
			continue; /* also what fails only until the application is up */
		}
		g_autofree char *handler =
		    probes->handler ? handler_text(probes->handler, probes->port) : g_strdup("");

		text = g_strdup_printf(
		    ": %s probe %s fails: %s", probe_type_name(probes->type), handler,
		    strstr(probes->message, "connection refused") ? "connection refused"
								  : probes->message);
		story_add(story, probes->first, STORY_PROBE, NULL, "", story_short(pod->name),
		          text);
		g_hash_table_add(told, g_steal_pointer(&key));
	}
}

static const char *cause_of(const struct run *run, const struct run_restart *restart)
{
	switch (restart->cause) {
	case KILL_STARTUP:
		return " is killed by its startup probe";
	case KILL_LIVENESS:
		return " is killed by its liveness probe";
	default:
		return g_strcmp0(restart->reason, "OOMKilled") == 0
		           ? " is killed at its memory limit"
		       : killed_by_action(run, restart) ? " is killed"
		                                        : " ends by itself";
	}
}

static sim_time time_of(const struct run_restart *restart)
{
	if (restart->at != SIM_NEVER) {
		return restart->at;
	}
	return restart->finished_at != SIM_NEVER ? restart->finished_at : restart->killed_at;
}

/* Restarts of one cause in one line, at the first of them. */
static void add_restarts(struct story *story, const struct run_pod *pod)
{
	const struct run *run = story->run;

	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *first =
		    &g_array_index(pod->restarts, struct run_restart, i);
		g_autoptr(GString) again = g_string_new(NULL);
		unsigned n = 1 + first->more;
		bool before = false;

		for (unsigned k = 0; k < i; k++) {
			before |=
			    cause_of(run, first) ==
			    cause_of(run, &g_array_index(pod->restarts, struct run_restart, k));
		}
		for (unsigned k = i + 1; k < pod->restarts->len && !before; k++) {
			const struct run_restart *other =
			    &g_array_index(pod->restarts, struct run_restart, k);
			g_autofree char *at = text_instant(time_of(other));

			if (cause_of(run, other) == cause_of(run, first)) {
				n += 1 + other->more;
				if (n <= 8) {
					g_string_append_printf(again, "%s%s", n > 2 ? ", " : "",
					                       at);
				}
			}
		}
		if (before) {
			continue;
		}
		const char *cause = cause_of(run, first);
		const char *restarted = first->at == SIM_NEVER            ? ""
		                        : g_str_has_prefix(cause, " is ") ? " and restarted"
		                                                          : " and is restarted";
		g_autofree char *text =
		    n > 1 ? g_strdup_printf("%s%s, x%u (again at %s%s)", cause, restarted, n,
		                            again->str, n > 8 ? ", ..." : "")
			  : g_strconcat(cause, restarted, NULL);

		story_add(story, time_of(first), STORY_PROBE, NULL, "", story_short(pod->name),
		          text);
	}
	if (pod->backoff->len) {
		const struct span *span = &g_array_index(pod->backoff, struct span, 0);

		story_add(story, span->from, STORY_PROBE, NULL, "", story_short(pod->name),
		          " is held in CrashLoopBackOff");
	}
}

static void add_end(struct story *story, const struct run_pod *pod)
{
	g_autofree char *key = g_strdup_printf("deleted/%s", owner_of(pod));
	g_autofree char *before = pod->replica_set
	                              ? g_strdup_printf("%s: deleted ", pod->replica_set)
	                              : g_strdup("deleted: ");

	if (pod->deleted_at != SIM_NEVER) {
		story_add(story, pod->deleted_at, STORY_POD, key, before, story_short(pod->name),
		          NULL);
	}
}

/* The race between the SIGTERM and the rules of the nodes, told where it cost something. */
static void add_cut(struct story *story, const struct run_pod *pod)
{
	if (!cut_connections(pod)) {
		return;
	}
	g_autofree char *term = text_instant_fine(pod->term_at);
	g_autofree char *rules = left_rules_text(pod);
	g_autofree char *cut = cut_text(pod);
	g_autofree char *text = g_strdup_printf(
	    " was sent SIGTERM at %s%s%s; in between nodes sent it %s", term,
	    pod->left->len ? " and left the rules " : " and is in the nodes' rules yet", rules,
	    cut);

	story_add(story, pod->cut.first, STORY_ENDPOINTS, NULL, "", story_short(pod->name), text);
}

void story_add_pods(struct story *story)
{
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < story->run->pods->len; i++) {
		const struct run_pod *pod = story->run->pods->pdata[i];

		add_creation(story, pod);
		add_wait(story, pod);
		add_failures(story, pod, told);
		add_restarts(story, pod);
		add_ready(story, pod);
		add_end(story, pod);
		add_cut(story, pod);
	}
}
