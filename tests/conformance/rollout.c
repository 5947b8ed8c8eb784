/* rollout.c - runs the cases of the table `rollout`: the rules that are one number or one step. */

#include "rollout_cases.h"

#include "kube/quantity.h"
#include "rules/rollout_scaling.h"
#include "rules/rollout_status.h"

/* --- reading --- */

void reading_fails(struct reading *reading, const char *field, const char *expected,
                   const struct doc *got)
{
	g_autofree char *text = got ? doc_to_json(got, 0) : g_strdup("nothing");

	reading->good = conformance_differs(reading->diff, field, expected, text);
}

int32_t read_int(struct reading *reading, const struct doc *map, const char *key, int64_t fallback)
{
	const struct doc *value = doc_get(map, key);
	int64_t number = fallback;

	if (value ? !doc_int(value, &number) : fallback == REQUIRED) {
		reading_fails(reading, key, "a whole number", value);
		return 0;
	}
	return (int32_t)number;
}

bool read_bool(struct reading *reading, const struct doc *map, const char *key, bool fallback)
{
	const struct doc *value = doc_get(map, key);

	if (value && doc_kind_of(value) != DOC_BOOL) {
		reading_fails(reading, key, "true or false", value);
	}
	return doc_bool(value, fallback);
}

const char *read_text(struct reading *reading, const struct doc *map, const char *key)
{
	const char *text = doc_string(doc_get(map, key));

	if (!text) {
		reading_fails(reading, key, "a string", doc_get(map, key));
		return "";
	}
	return text;
}

sim_time read_duration(struct reading *reading, const struct doc *map, const char *key)
{
	const struct doc *value = doc_get(map, key);
	const char *text = doc_text(value);
	int64_t duration;

	if (doc_kind_of(value) == DOC_NULL) {
		return SIM_NEVER;
	}
	if (!text || !duration_parse(text, &duration)) {
		reading_fails(reading, key, "a duration", value);
		return 0;
	}
	return duration;
}

static bool read_value(const struct doc *doc, struct int_or_percent *value)
{
	int64_t number;

	if (doc_kind_of(doc) == DOC_NULL) {
		value->kind = VALUE_UNSET;
		return true;
	}
	if (doc_kind_of(doc) == DOC_INT && doc_int(doc, &number)) {
		value->kind = VALUE_NUMBER;
		value->value = (int32_t)number;
		return true;
	}
	return doc_string(doc) && rollout_percentage_parse(doc_string(doc), value);
}

bool read_deployment(struct reading *reading, const struct doc *map,
                     struct rollout_deployment *deployment)
{
	const char *strategy = doc_string(doc_get(map, "strategy"));

	if (doc_get(map, "strategy") && g_strcmp0(strategy, "RollingUpdate") != 0 &&
	    g_strcmp0(strategy, "Recreate") != 0) {
		reading_fails(reading, "strategy", "RollingUpdate or Recreate",
		              doc_get(map, "strategy"));
	}
	deployment->replicas = read_int(reading, map, "replicas", REQUIRED);
	deployment->recreate = g_strcmp0(strategy, "Recreate") == 0;
	deployment->paused = false;
	deployment->status_replicas = read_int(reading, map, "statusReplicas", 0);
	return read_value(doc_get(map, "maxSurge"), &deployment->max_surge) &&
	       read_value(doc_get(map, "maxUnavailable"), &deployment->max_unavailable);
}

static struct rollout_deployment need_deployment(struct reading *reading, const struct doc *map)
{
	struct rollout_deployment deployment = {0};

	if (!read_deployment(reading, map, &deployment)) {
		reading_fails(reading, "maxSurge, maxUnavailable", "numbers or percentages", map);
	}
	return deployment;
}

void read_sets(struct reading *reading, const struct doc *list, sim_time created, int step,
               struct rollout_sets *sets)
{
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *item = doc_at(list, i);
		struct rollout_set set = {.created = created + step * (sim_time)i};

		reading->good &=
		    conformance_known(item, reading->diff, "ReplicaSet", "name", "replicas",
		                      "availableReplicas", "desiredReplicas", "maxReplicas", NULL);
		set.name = read_text(reading, item, "name");
		set.replicas = read_int(reading, item, "replicas", REQUIRED);
		set.status_replicas = set.replicas;
		set.available = read_int(reading, item, "availableReplicas", 0);
		set.desired_annotation = read_int(reading, item, "desiredReplicas", NO_ANNOTATION);
		set.max_annotation = read_int(reading, item, "maxReplicas", NO_ANNOTATION);
		g_array_append_val(sets->items, set);
	}
}

struct doc *sizes_of(const struct rollout_sets *sets, unsigned first, unsigned end)
{
	struct doc *sizes = doc_new_map();

	for (unsigned i = first; i < end; i++) {
		doc_set_int(sizes, rollout_sets_at(sets, i)->name,
		            rollout_sets_at(sets, i)->replicas);
	}
	return sizes;
}

/* --- numbers --- */

static void rule_fenceposts(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_deployment deployment = {0};
	int32_t surge, unavailable;

	if (!read_deployment(reading, given, &deployment)) {
		doc_set_bool(got, "error", true);
		return;
	}
	rollout_fenceposts(deployment.max_surge, deployment.max_unavailable, deployment.replicas,
	                   &surge, &unavailable);
	doc_set_int(got, "maxSurge", surge);
	doc_set_int(got, "maxUnavailable", unavailable);
}

static void rule_bounds(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_deployment deployment = need_deployment(reading, given);

	doc_set_int(got, "maxUnavailable", rollout_max_unavailable(&deployment));
	doc_set_int(got, "minAvailable", rollout_min_available(&deployment));
}

static void rule_new_size(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_deployment deployment = need_deployment(reading, given);

	doc_set_int(got, "newReplicas",
	            rollout_new_size(&deployment, read_int(reading, given, "newReplicas", REQUIRED),
	                             read_int(reading, given, "allReplicas", REQUIRED)));
}

static void rule_fraction(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_deployment deployment = need_deployment(reading, given);
	const char *text = doc_text(doc_get(given, "maxReplicasAnnotation"));
	gint64 annotation = NO_ANNOTATION;

	if (text && !g_ascii_string_to_signed(text, 10, 0, INT32_MAX, &annotation, NULL)) {
		annotation = NO_ANNOTATION; /* as the controller: what is no number is not there */
	}
	doc_set_int(got, "fraction",
	            rollout_fraction(&deployment,
	                             read_int(reading, given, "replicaSetReplicas", REQUIRED),
	                             (int32_t)annotation));
}

/* --- steps --- */

/* The new ReplicaSet behind the old ones. */
static void add_new(struct reading *reading, const struct doc *given, struct rollout_sets *sets)
{
	struct rollout_set set = {
	    .name = "new",
	    .created = 1000,
	    .replicas = read_int(reading, given, "newReplicas", REQUIRED),
	    .available = read_int(reading, given, "newAvailableReplicas", 0),
	};

	g_array_append_val(sets->items, set);
	sets->updated = (int)sets->items->len - 1;
}

static void rule_reconcile_new(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_deployment deployment = need_deployment(reading, given);
	struct rollout_set old = {.name = "old"};
	struct rollout_sets sets;
	struct rollout_plan plan;

	rollout_sets_init(&sets);
	rollout_plan_init(&plan);
	old.replicas = read_int(reading, given, "oldReplicas", REQUIRED);
	g_array_append_val(sets.items, old);
	add_new(reading, given, &sets);
	doc_set_bool(got, "scaled", rollout_reconcile_new(&deployment, &sets, &plan));
	doc_set_int(got, "newReplicas", rollout_sets_at(&sets, 1)->replicas);
	rollout_plan_clear(&plan);
	rollout_sets_clear(&sets);
}

static void rule_reconcile_old(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_deployment deployment = need_deployment(reading, given);
	struct rollout_sets sets;
	struct rollout_plan plan;

	rollout_sets_init(&sets);
	rollout_plan_init(&plan);
	read_sets(reading, doc_get(given, "oldReplicaSets"), 0, 1, &sets);
	add_new(reading, given, &sets);
	doc_set_bool(got, "scaled", rollout_reconcile_old(&deployment, &sets, &plan));
	doc_set(got, "oldReplicaSets", sizes_of(&sets, 0, sets.items->len - 1));
	rollout_plan_clear(&plan);
	rollout_sets_clear(&sets);
}

static void rule_cleanup(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_sets sets;
	struct rollout_plan plan;

	rollout_sets_init(&sets);
	rollout_plan_init(&plan);
	read_sets(reading, doc_get(given, "oldReplicaSets"), 0, 1, &sets);
	doc_set_int(got, "cleanupCount",
	            rollout_cleanup_unhealthy(
			&sets, read_int(reading, given, "maxCleanupCount", REQUIRED), &plan));
	doc_set(got, "oldReplicaSets", sizes_of(&sets, 0, sets.items->len));
	rollout_plan_clear(&plan);
	rollout_sets_clear(&sets);
}

static void rule_scale_down(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_deployment deployment = need_deployment(reading, given);
	struct rollout_sets sets;
	struct rollout_plan plan;

	rollout_sets_init(&sets);
	rollout_plan_init(&plan);
	read_sets(reading, doc_get(given, "oldReplicaSets"), 0, 1, &sets);
	rollout_scale_down_old(&deployment, &sets,
	                       read_int(reading, given, "availableReplicas", REQUIRED), &plan);
	doc_set(got, "oldReplicaSets", sizes_of(&sets, 0, sets.items->len));
	rollout_plan_clear(&plan);
	rollout_sets_clear(&sets);
}

static void rule_proportional(struct reading *reading, const struct doc *given, struct doc *got)
{
	const struct doc *owner = doc_get(given, "deployment");
	const struct doc *fresh = doc_get(given, "newReplicaSet");
	const struct doc *old = doc_get(given, "oldReplicaSets");
	struct rollout_deployment deployment = need_deployment(reading, owner);
	struct rollout_sets sets;
	struct rollout_plan plan;

	reading->good &=
	    conformance_known(owner, reading->diff, "deployment", "replicas", "strategy",
	                      "maxSurge", "maxUnavailable", "statusReplicas", NULL);
	rollout_sets_init(&sets);
	rollout_plan_init(&plan);
	read_sets(reading, old, (sim_time)doc_length(old), -1, &sets);
	if (doc_kind_of(fresh) == DOC_MAP) {
		g_autoptr(doc) list = doc_new_list();
		unsigned index = sets.items->len;

		doc_append(list, doc_copy(fresh));
		read_sets(reading, list, (sim_time)doc_length(old) + 1, 1, &sets);
		rollout_sets_at(&sets, index)->name = read_text(reading, fresh, "name");
		sets.updated = (int)index;
	}
	rollout_scale(&deployment, &sets, &plan);
	doc_set(got, "replicas", sizes_of(&sets, 0, sets.items->len));
	rollout_plan_clear(&plan);
	rollout_sets_clear(&sets);
}

/* --- status --- */

static struct rollout_status read_status(struct reading *reading, const struct doc *map)
{
	reading->good &=
	    conformance_known(map, reading->diff, "status", "replicas", "updatedReplicas",
	                      "readyReplicas", "availableReplicas", "unavailableReplicas", NULL);
	return (struct rollout_status){
	    .replicas = read_int(reading, map, "replicas", 0),
	    .updated = read_int(reading, map, "updatedReplicas", 0),
	    .ready = read_int(reading, map, "readyReplicas", 0),
	    .available = read_int(reading, map, "availableReplicas", 0),
	    .unavailable = read_int(reading, map, "unavailableReplicas", 0),
	};
}

static void rule_complete(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_status status = read_status(reading, doc_get(given, "status"));

	doc_set_bool(
	    got, "complete",
	    rollout_is_complete(read_int(reading, given, "replicas", REQUIRED), &status, true));
}

static void rule_progressing(struct reading *reading, const struct doc *given, struct doc *got)
{
	struct rollout_status before = read_status(reading, doc_get(given, "before"));
	struct rollout_status after = read_status(reading, doc_get(given, "after"));

	doc_set_bool(got, "progressing", rollout_is_progressing(&before, &after));
}

static void rule_deadline(struct reading *reading, const struct doc *given, struct doc *got)
{
	const struct doc *map = doc_get(given, "condition");
	int32_t deadline = NO_LIMIT;
	struct condition condition = {.type = "Progressing", .last_update_time = 0};
	sim_time since = read_duration(reading, given, "sinceLastUpdate");

	if (since == SIM_NEVER) {
		reading_fails(reading, "sinceLastUpdate", "a duration", NULL);
	}

	if (doc_kind_of(doc_get(given, "progressDeadlineSeconds")) != DOC_NULL) {
		deadline = read_int(reading, given, "progressDeadlineSeconds", REQUIRED);
	}
	if (doc_kind_of(map) == DOC_MAP) {
		reading->good &= conformance_known(map, reading->diff, "condition", "type",
		                                   "status", "reason", NULL);
		condition.reason = g_intern_string(read_text(reading, map, "reason"));
	}
	doc_set_bool(
	    got, "timedOut",
	    rollout_timed_out(deadline, doc_kind_of(map) == DOC_MAP ? &condition : NULL, since));
}

/* --- the table --- */

static const struct {
	const char *name;
	rollout_rule run;
	const char *given[9]; /* fields, up to NULL */
} rules[] = {
    {"fenceposts", rule_fenceposts, {"maxSurge", "maxUnavailable", "replicas"}},
    {"maxUnavailable", rule_bounds, {"strategy", "replicas", "maxSurge", "maxUnavailable"}},
    {"minAvailable", rule_bounds, {"strategy", "replicas", "maxSurge", "maxUnavailable"}},
    {"newReplicaSetSize",
     rule_new_size,
     {"strategy", "replicas", "maxSurge", "maxUnavailable", "newReplicas", "allReplicas"}},
    {"reconcileNewReplicaSet",
     rule_reconcile_new,
     {"strategy", "replicas", "maxSurge", "maxUnavailable", "oldReplicas", "newReplicas"}},
    {"reconcileOldReplicaSets",
     rule_reconcile_old,
     {"strategy", "replicas", "maxSurge", "maxUnavailable", "oldReplicaSets", "newReplicas",
      "newAvailableReplicas"}},
    {"cleanupUnhealthyReplicas", rule_cleanup, {"oldReplicaSets", "maxCleanupCount"}},
    {"scaleDownOldReplicaSets",
     rule_scale_down,
     {"strategy", "replicas", "maxSurge", "maxUnavailable", "availableReplicas", "oldReplicaSets"}},
    {"proportionalScaling", rule_proportional, {"deployment", "newReplicaSet", "oldReplicaSets"}},
    {"replicaSetFraction",
     rule_fraction,
     {"strategy", "replicas", "maxSurge", "maxUnavailable", "statusReplicas", "replicaSetReplicas",
      "maxReplicasAnnotation"}},
    {"deploymentComplete", rule_complete, {"replicas", "status"}},
    {"deploymentProgressing", rule_progressing, {"before", "after"}},
    {"progressDeadline",
     rule_deadline,
     {"progressDeadlineSeconds", "condition", "sinceLastUpdate"}},
    {"revisionHistory", rule_revision_history, {"revisionHistoryLimit", "oldReplicaSets"}},
    {"deletionOrder", rule_deletion_order, {"pods", "featureGates", "delete"}},
    {"slowStart", rule_slow_start, {"missingPods", "createSucceeds"}},
    {"rollout", rule_rollout, {"deployment", "replicaSets", "template", "steps"}},
};

static int find_rule(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		if (g_strcmp0(name, rules[i].name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

static bool is_known(const struct doc *map, const char *const *names, GString *diff)
{
	bool good = true;

	for (size_t i = 0; i < doc_length(map); i++) {
		if (!g_strv_contains(names, doc_key_at(map, i))) {
			g_string_append_printf(diff, "given: unknown field '%s'\n",
			                       doc_key_at(map, i));
			good = false;
		}
	}
	return good;
}

bool conformance_rollout(const struct doc *kase, GString *diff)
{
	const struct doc *given = doc_get(kase, "given");
	const struct doc *expect = doc_get(kase, "expect");
	g_autoptr(doc) got = doc_new_map();
	struct reading reading = {diff, true};
	int rule = find_rule(doc_string(doc_get(kase, "rule")));

	if (rule < 0) {
		return conformance_differs(diff, "rule", "one of the table rollout",
		                           doc_text(doc_get(kase, "rule")));
	}
	if (!conformance_known(kase, diff, "case", "name", "rule", "source", "note", "given",
	                       "expect", NULL) ||
	    !is_known(given, rules[rule].given, diff)) {
		return false;
	}
	if (doc_kind_of(given) != DOC_MAP || doc_length(expect) == 0) {
		return conformance_differs(diff, "case", "given and expect", "a case without");
	}
	rules[rule].run(&reading, given, got);
	for (size_t i = 0; i < doc_length(expect); i++) {
		const char *key = doc_key_at(expect, i);

		reading.good &=
		    conformance_equal(diff, key, doc_get(expect, key), doc_get(got, key));
	}
	return reading.good;
}
