/* rollout_scaling.c - a change of spec.replicas, shared out over the ReplicaSets. */

#include "rules/rollout_scaling.h"

#include <string.h>

bool rollout_is_scaling_event(const struct rollout_deployment *deployment,
                              const struct rollout_sets *sets)
{
	for (unsigned i = 0; i < sets->items->len; i++) {
		const struct rollout_set *set = rollout_sets_at(sets, i);

		if (set->replicas > 0 && set->desired_annotation != NO_ANNOTATION &&
		    set->desired_annotation != deployment->replicas) {
			return true;
		}
	}
	return false;
}

/* What the share of a ReplicaSet is measured against: the pods allowed when it was last sized. */
static int32_t base_of_share(const struct rollout_deployment *deployment, int32_t max_annotation)
{
	return max_annotation > 0 ? max_annotation : deployment->status_replicas;
}

int32_t rollout_fraction(const struct rollout_deployment *deployment, int32_t replicas,
                         int32_t max_annotation)
{
	int32_t allowed = deployment->replicas + rollout_max_surge(deployment);
	int32_t base = base_of_share(deployment, max_annotation);

	if (deployment->replicas == 0) {
		return -replicas;
	}
	if (base == 0) {
		return 0;
	}
	/* Half away from zero; sizes are never negative. */
	int64_t size = (2 * (int64_t)replicas * allowed + base) / (2 * (int64_t)base);

	return (int32_t)CLAMP(size, 0, INT32_MAX) - replicas;
}

/* The only ReplicaSet with pods; without any the new one, else the youngest. -1: several. */
static int active_or_latest(const struct rollout_sets *sets)
{
	int active = -1, latest = sets->updated;

	for (unsigned i = 0; i < sets->items->len; i++) {
		const struct rollout_set *set = rollout_sets_at(sets, i);

		if (set->replicas > 0) {
			if (active >= 0) {
				return -1;
			}
			active = (int)i;
		}
		if (sets->updated < 0) {
			const struct rollout_set *so_far =
			    latest < 0 ? NULL : rollout_sets_at(sets, (unsigned)latest);

			if (!so_far || set->created > so_far->created ||
			    (set->created == so_far->created &&
			     strcmp(set->name, so_far->name) > 0)) {
				latest = (int)i;
			}
		}
	}
	return active >= 0 ? active : latest;
}

/* Whether the new ReplicaSet has all its pods, sized for the present number, and available. */
static bool is_saturated(const struct rollout_deployment *deployment,
                         const struct rollout_sets *sets)
{
	if (sets->updated < 0) {
		return false;
	}
	const struct rollout_set *set = rollout_sets_at(sets, (unsigned)sets->updated);

	return set->replicas == deployment->replicas &&
	       set->desired_annotation == deployment->replicas &&
	       set->available == deployment->replicas;
}

struct order {
	const struct rollout_sets *sets;
	bool newer_first;
};

/* Larger first; among equals the newer or the older. */
static int compare_size(const void *a, const void *b, void *data)
{
	const struct order *order = data;
	const struct rollout_set *left = rollout_sets_at(order->sets, *(const unsigned *)a);
	const struct rollout_set *right = rollout_sets_at(order->sets, *(const unsigned *)b);
	int age;

	if (left->replicas != right->replicas) {
		return left->replicas > right->replicas ? -1 : 1;
	}
	if (left->created != right->created) {
		age = left->created < right->created ? -1 : 1;
	} else {
		age = strcmp(left->name, right->name);
	}
	return order->newer_first ? -age : age;
}

static GArray *active_by_size(const struct rollout_sets *sets, bool newer_first)
{
	GArray *active = g_array_new(FALSE, FALSE, sizeof(unsigned));
	struct order order = {sets, newer_first};

	for (unsigned i = 0; i < sets->items->len; i++) {
		if (rollout_sets_at(sets, i)->replicas > 0) {
			g_array_append_val(active, i);
		}
	}
	g_array_sort_with_data(active, compare_size, &order);
	return active;
}

/* What @set gets of the pods that are still to be added or removed. */
static int32_t share_of(const struct rollout_deployment *deployment, const struct rollout_set *set,
                        int32_t add, int32_t used, struct rollout_plan *plan)
{
	int32_t base = base_of_share(deployment, set->max_annotation);
	int32_t share = rollout_fraction(deployment, set->replicas, set->max_annotation);

	if (add == used) {
		return 0;
	}
	if (deployment->replicas > 0 && base > 0) {
		g_string_append_printf(plan->text, "; %s: round(%d x %d / %d) - %d = %d", set->name,
		                       set->replicas,
		                       deployment->replicas + rollout_max_surge(deployment), base,
		                       set->replicas, share);
	}
	return add > 0 ? MIN(share, add - used) : MAX(share, add - used);
}

static void scale_in_proportion(const struct rollout_deployment *deployment,
                                struct rollout_sets *sets, struct rollout_plan *plan)
{
	int32_t surge = rollout_max_surge(deployment);
	int32_t allowed = deployment->replicas > 0 ? deployment->replicas + surge : 0;
	int32_t all = rollout_sets_replicas(sets);
	int32_t add = allowed - all, used = 0;
	g_autoptr(GArray) active = active_by_size(sets, add > 0);
	g_autofree int32_t *sizes = g_new0(int32_t, active->len);

	g_string_append_printf(plan->text, "%d replicas: %d - %d = %d to share",
	                       deployment->replicas, allowed, all, add);
	for (unsigned i = 0; i < active->len; i++) {
		const struct rollout_set *set =
		    rollout_sets_at(sets, g_array_index(active, unsigned, i));
		int32_t share = share_of(deployment, set, add, used, plan);

		sizes[i] = set->replicas + share;
		used += share;
	}
	if (active->len > 0) {
		sizes[0] = MAX(sizes[0] + add - used, 0);
	}
	for (unsigned i = 0; i < active->len; i++) {
		unsigned index = g_array_index(active, unsigned, i);
		const struct rollout_set *set = rollout_sets_at(sets, index);

		if (sizes[i] != set->replicas) {
			g_string_append_printf(plan->text, "; %s %d -> %d", set->name,
			                       set->replicas, sizes[i]);
		}
		rollout_set_size(sets, index, sizes[i], add > 0, plan);
	}
}

void rollout_scale(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                   struct rollout_plan *plan)
{
	int only = active_or_latest(sets);

	if (only >= 0) {
		const struct rollout_set *set = rollout_sets_at(sets, (unsigned)only);

		/* Of the right size already it keeps its old annotations, as upstream. */
		if (set->replicas != deployment->replicas) {
			g_string_append_printf(plan->text, "%d replicas: %s %d -> %d",
			                       deployment->replicas, set->name, set->replicas,
			                       deployment->replicas);
			rollout_set_size(sets, (unsigned)only, deployment->replicas,
			                 deployment->replicas > set->replicas, plan);
		}
		return;
	}
	if (is_saturated(deployment, sets)) {
		for (unsigned i = 0; i < sets->items->len; i++) {
			const struct rollout_set *set = rollout_sets_at(sets, i);

			if ((int)i != sets->updated && set->replicas > 0) {
				g_string_append_printf(
				    plan->text, "%sthe new ReplicaSet is saturated: %s %d -> 0",
				    plan->text->len ? ", " : "", set->name, set->replicas);
				rollout_set_size(sets, i, 0, false, plan);
			}
		}
	} else if (sets->items->len > 0 && !deployment->recreate) {
		scale_in_proportion(deployment, sets, plan);
	}
}
