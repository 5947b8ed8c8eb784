/* rollout_steps.c - the rule `rollout`: whole rollouts, step by step, through the function that is
 * one sync of the Deployment controller. ReplicaSets reach their size at once here. */

#include "rollout_cases.h"

#include "rules/rollout_scaling.h"

enum { MOST_SYNCS = 1000 /* that a step may need before the case counts as endless */ };

struct rehearsal {
	struct rollout_deployment deployment;
	struct rollout_sets sets;
	const char *template; /* name of the ReplicaSet that is wanted */
};

static int find_set(const struct rollout_sets *sets, const char *name)
{
	for (unsigned i = 0; i < sets->items->len; i++) {
		if (g_str_equal(rollout_sets_at(sets, i)->name, name)) {
			return (int)i;
		}
	}
	return -1;
}

/* Gives the ReplicaSet the status that its new size brings, and the annotations of the sizing. */
static void settle(const struct rehearsal *rehearsal, unsigned index)
{
	struct rollout_set *set = rollout_sets_at(&rehearsal->sets, index);

	set->status_replicas = set->replicas;
	set->available = MIN(set->available, set->replicas);
	set->desired_annotation = rehearsal->deployment.replicas;
	set->max_annotation =
	    rehearsal->deployment.replicas + rollout_max_surge(&rehearsal->deployment);
}

static void add_event(struct doc *events, const struct rehearsal *rehearsal,
                      const struct rollout_scaling *scaling, bool created)
{
	g_autofree char *text = rollout_event_text(
	    2, scaling, rollout_sets_at(&rehearsal->sets, scaling->set)->name, created);

	if (scaling->from != scaling->to) {
		doc_append(events, doc_new_string(text));
	}
}

/* One sync and what follows from it. Whether anything changed. */
static bool sync_once(struct rehearsal *rehearsal, struct doc *events)
{
	struct rollout_plan plan;

	rehearsal->sets.updated = find_set(&rehearsal->sets, rehearsal->template);
	rehearsal->deployment.status_replicas = rollout_sets_replicas(&rehearsal->sets);
	rollout_plan_init(&plan);
	rollout_sync(&rehearsal->deployment, &rehearsal->sets, false, rehearsal->template,
	             (sim_time)rehearsal->sets.items->len, &plan);
	bool scales = rollout_plan_scales(&plan);

	if (plan.creates) {
		const struct rollout_scaling creation = {rehearsal->sets.items->len - 1, 0,
		                                         plan.created_replicas, true};

		add_event(events, rehearsal, &creation, true);
		settle(rehearsal, creation.set);
	}
	for (unsigned i = 0; i < plan.scalings->len; i++) {
		const struct rollout_scaling *scaling =
		    &g_array_index(plan.scalings, struct rollout_scaling, i);

		add_event(events, rehearsal, scaling, false);
		settle(rehearsal, scaling->set);
	}
	rollout_plan_clear(&plan);
	return scales;
}

static void take_step(struct reading *reading, const struct doc *step, struct rehearsal *rehearsal)
{
	const struct doc *available = doc_get(step, "available");

	reading->good &= conformance_known(step, reading->diff, "step", "template", "replicas",
	                                   "paused", "available", NULL);
	if (doc_get(step, "template")) {
		rehearsal->template = read_text(reading, step, "template");
	}
	rehearsal->deployment.replicas =
	    read_int(reading, step, "replicas", rehearsal->deployment.replicas);
	rehearsal->deployment.paused =
	    read_bool(reading, step, "paused", rehearsal->deployment.paused);
	for (size_t i = 0; i < doc_length(available); i++) {
		const char *name = doc_key_at(available, i);
		int set = find_set(&rehearsal->sets, name);

		if (set < 0) {
			reading_fails(reading, "available", "names of ReplicaSets", available);
		} else {
			rollout_sets_at(&rehearsal->sets, (unsigned)set)->available =
			    read_int(reading, available, name, REQUIRED);
		}
	}
}

static struct doc *state_of(const struct rehearsal *rehearsal, struct doc *events)
{
	struct doc *state = doc_new_map();
	int32_t available = 0;

	for (unsigned i = 0; i < rehearsal->sets.items->len; i++) {
		available += rollout_sets_at(&rehearsal->sets, i)->available;
	}
	doc_set(state, "replicas", sizes_of(&rehearsal->sets, 0, rehearsal->sets.items->len));
	doc_set_int(state, "availableReplicas", available);
	doc_set(state, "events", events);
	return state;
}

void rule_rollout(struct reading *reading, const struct doc *given, struct doc *got)
{
	const struct doc *owner = doc_get(given, "deployment"), *steps = doc_get(given, "steps");
	struct rehearsal rehearsal = {.template = read_text(reading, given, "template")};
	struct doc *after = doc_new_list();

	reading->good &= conformance_known(owner, reading->diff, "deployment", "replicas",
	                                   "strategy", "maxSurge", "maxUnavailable", NULL);
	if (!read_deployment(reading, owner, &rehearsal.deployment)) {
		reading_fails(reading, "deployment", "numbers or percentages", owner);
	}
	rollout_sets_init(&rehearsal.sets);
	read_sets(reading, doc_get(given, "replicaSets"), 0, 1, &rehearsal.sets);
	for (unsigned i = 0; i < rehearsal.sets.items->len; i++) {
		settle(&rehearsal, i);
	}
	for (size_t i = 0; i < doc_length(steps) && reading->good; i++) {
		struct doc *events = doc_new_list();
		int syncs = 0;

		take_step(reading, doc_at(steps, i), &rehearsal);
		while (sync_once(&rehearsal, events) && syncs < MOST_SYNCS) {
			syncs++;
		}
		if (syncs == MOST_SYNCS) {
			reading_fails(reading, "steps", "an end", events);
		}
		doc_append(after, state_of(&rehearsal, events));
	}
	doc_set(got, "afterStep", after);
	rollout_sets_clear(&rehearsal.sets);
}
