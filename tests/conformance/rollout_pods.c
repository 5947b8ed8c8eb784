/* rollout_pods.c - the rules of the table `rollout` that are about single pods and revisions. */

#include "rollout_cases.h"

#include "rules/deletion_order.h"
#include "rules/rollout_status.h"
#include "rules/slow_start.h"

#define NOW (100000 * SIM_HOUR) /* later than any age in a case */

static enum pod_phase read_phase(struct reading *reading, const struct doc *pod)
{
	const char *text = read_text(reading, pod, "phase");

	for (int phase = POD_PENDING; phase <= POD_UNKNOWN; phase++) {
		if (g_str_equal(text, pod_phase_name(phase))) {
			return phase;
		}
	}
	reading_fails(reading, "phase", "a pod phase", doc_get(pod, "phase"));
	return POD_UNKNOWN;
}

/* The instant that lies @key before now; SIM_NEVER when it is not set. */
static sim_time read_past(struct reading *reading, const struct doc *map, const char *key)
{
	sim_time ago = read_duration(reading, map, key);

	return ago == SIM_NEVER ? SIM_NEVER : NOW - ago;
}

static struct deletion_candidate read_candidate(struct reading *reading, const struct doc *pod)
{
	struct deletion_candidate candidate = {
	    .assigned = *read_text(reading, pod, "nodeName") != '\0',
	    .phase = read_phase(reading, pod),
	    .ready = read_bool(reading, pod, "ready", false),
	    .ready_since = read_past(reading, pod, "readyFor"),
	    .cost = read_int(reading, pod, "podDeletionCost", 0),
	    .rank = read_int(reading, pod, "rank", 0),
	    .restarts = (uint32_t)read_int(reading, pod, "restartCount", 0),
	    .created = read_past(reading, pod, "age"),
	    .uid = doc_text(doc_get(pod, "uid")),
	};

	reading->good &= conformance_known(pod, reading->diff, "pod", "name", "nodeName", "phase",
	                                   "ready", "readyFor", "restartCount", "age",
	                                   "podDeletionCost", "rank", "uid", NULL);
	return candidate;
}

static bool all_equal(const struct deletion_candidate *candidates, unsigned n,
                      const struct deletion_rules *rules)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = 0; j < n; j++) {
			if (deletion_compare(&candidates[i], &candidates[j], rules) != 0) {
				return false;
			}
		}
	}
	return true;
}

void rule_deletion_order(struct reading *reading, const struct doc *given, struct doc *got)
{
	const struct doc *pods = doc_get(given, "pods"), *gates = doc_get(given, "featureGates");
	unsigned n = (unsigned)doc_length(pods);
	g_autofree struct deletion_candidate *candidates = g_new0(struct deletion_candidate, n);
	struct deletion_rules rules = {
	    .logarithmic_age = read_bool(reading, gates, "LogarithmicScaleDown", true),
	    .cost = read_bool(reading, gates, "PodDeletionCost", true),
	    .now = NOW,
	};
	struct doc *names = doc_new_list(), *deleted = doc_new_list();
	int32_t wanted = read_int(reading, given, "delete", 0);

	reading->good &= conformance_known(gates, reading->diff, "featureGates",
	                                   "LogarithmicScaleDown", "PodDeletionCost", NULL);
	for (unsigned i = 0; i < n; i++) {
		candidates[i] = read_candidate(reading, doc_at(pods, i));
	}
	g_autoptr(GArray) order = deletion_order(candidates, n, &rules);

	for (unsigned i = 0; i < n; i++) {
		const struct doc *pod = doc_at(pods, g_array_index(order, unsigned, i));
		const char *name = read_text(reading, pod, "name");

		doc_append(names, doc_new_string(name));
		if ((int32_t)i < wanted) {
			doc_append(deleted, doc_new_string(name));
		}
	}
	doc_set(got, "order", names);
	doc_set(got, "deleted", deleted);
	doc_set_bool(got, "equal", all_equal(candidates, n, &rules));
}

static bool create_one(void *left)
{
	return (*(int32_t *)left)-- > 0;
}

void rule_slow_start(struct reading *reading, const struct doc *given, struct doc *got)
{
	int32_t missing = read_int(reading, given, "missingPods", REQUIRED);
	int32_t succeed = read_int(reading, given, "createSucceeds", REQUIRED);
	g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(unsigned));
	struct doc *batches = doc_new_list();
	bool failed;

	doc_set_int(got, "created",
	            slow_start((unsigned)MAX(missing, 0), create_one, &succeed, sizes, &failed));
	for (unsigned i = 0; i < sizes->len; i++) {
		doc_append(batches, doc_new_int(g_array_index(sizes, unsigned, i)));
	}
	doc_set(got, "batches", batches);
	doc_set_bool(got, "error", failed);
}

void rule_revision_history(struct reading *reading, const struct doc *given, struct doc *got)
{
	const struct doc *list = doc_get(given, "oldReplicaSets");
	unsigned n = (unsigned)doc_length(list);
	g_autofree struct rollout_revision *old = g_new0(struct rollout_revision, n);
	struct doc *deleted = doc_new_list();

	for (unsigned i = 0; i < n; i++) {
		const struct doc *item = doc_at(list, i);

		reading->good &=
		    conformance_known(item, reading->diff, "ReplicaSet", "name", "revision",
		                      "replicas", "statusReplicas", "deleting", NULL);
		old[i].name = read_text(reading, item, "name");
		old[i].revision = read_int(reading, item, "revision", 0);
		old[i].created = i;
		old[i].replicas = read_int(reading, item, "replicas", 0);
		old[i].status_replicas = read_int(reading, item, "statusReplicas", 0);
		old[i].deleting = read_bool(reading, item, "deleting", false);
		old[i].observed = true;
	}
	g_autoptr(GArray) chosen = rollout_revisions_to_delete(
	    old, n, read_int(reading, given, "revisionHistoryLimit", REQUIRED));

	for (unsigned i = 0; i < chosen->len; i++) {
		doc_append(deleted, doc_new_string(old[g_array_index(chosen, unsigned, i)].name));
	}
	doc_set(got, "deleted", deleted);
}
