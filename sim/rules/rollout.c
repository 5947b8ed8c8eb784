/* rollout.c - the steps of a rolling update and of Recreate. */

#include "rules/rollout.h"

#include "rules/rollout_scaling.h"

#include <string.h>

/* --- sets and plans --- */

void rollout_sets_init(struct rollout_sets *sets)
{
	sets->items = g_array_new(FALSE, TRUE, sizeof(struct rollout_set));
	sets->updated = -1;
}

void rollout_sets_clear(struct rollout_sets *sets)
{
	g_clear_pointer(&sets->items, g_array_unref);
}

void rollout_plan_init(struct rollout_plan *plan)
{
	plan->creates = false;
	plan->created_replicas = 0;
	plan->scalings = g_array_new(FALSE, FALSE, sizeof(struct rollout_scaling));
	plan->text = g_string_new(NULL);
}

void rollout_plan_clear(struct rollout_plan *plan)
{
	g_clear_pointer(&plan->scalings, g_array_unref);
	if (plan->text) {
		g_string_free(plan->text, TRUE);
		plan->text = NULL;
	}
}

bool rollout_plan_scales(const struct rollout_plan *plan)
{
	for (unsigned i = 0; i < plan->scalings->len; i++) {
		const struct rollout_scaling *scaling =
		    &g_array_index(plan->scalings, struct rollout_scaling, i);

		if (scaling->from != scaling->to) {
			return true;
		}
	}
	return plan->creates;
}

struct rollout_set *rollout_sets_at(const struct rollout_sets *sets, unsigned index)
{
	return &g_array_index(sets->items, struct rollout_set, index);
}

int32_t rollout_sets_replicas(const struct rollout_sets *sets)
{
	int32_t sum = 0;

	for (unsigned i = 0; i < sets->items->len; i++) {
		sum += rollout_sets_at(sets, i)->replicas;
	}
	return sum;
}

void rollout_set_size(struct rollout_sets *sets, unsigned index, int32_t size, bool up,
                      struct rollout_plan *plan)
{
	struct rollout_set *set = rollout_sets_at(sets, index);
	const struct rollout_scaling scaling = {index, set->replicas, size, up};

	g_array_append_val(plan->scalings, scaling);
	set->replicas = size;
}

/* Gives @set the size @size, as a step that goes where the number goes. */
static void resize(struct rollout_sets *sets, unsigned index, int32_t size,
                   struct rollout_plan *plan)
{
	const struct rollout_set *set = rollout_sets_at(sets, index);

	g_string_append_printf(plan->text, "%s%s %d -> %d", plan->scalings->len ? ", " : "",
	                       set->name, set->replicas, size);
	rollout_set_size(sets, index, size, size > set->replicas, plan);
}

static int compare_age(const void *a, const void *b, void *data)
{
	const struct rollout_sets *sets = data;
	const struct rollout_set *left = rollout_sets_at(sets, *(const unsigned *)a);
	const struct rollout_set *right = rollout_sets_at(sets, *(const unsigned *)b);

	if (left->created != right->created) {
		return left->created < right->created ? -1 : 1;
	}
	return strcmp(left->name, right->name);
}

/* Indices of the old ReplicaSets that should have pods, from the oldest to the newest. */
static GArray *old_by_age(const struct rollout_sets *sets)
{
	GArray *old = g_array_new(FALSE, FALSE, sizeof(unsigned));

	for (unsigned i = 0; i < sets->items->len; i++) {
		if ((int)i != sets->updated && rollout_sets_at(sets, i)->replicas > 0) {
			g_array_append_val(old, i);
		}
	}
	g_array_sort_with_data(old, compare_age, (void *)sets);
	return old;
}

/* --- the numbers --- */

bool rollout_percentage_parse(const char *text, struct int_or_percent *value)
{
	char *end;
	gint64 number = g_ascii_strtoll(text, &end, 10);

	if (end == text || g_ascii_isspace(text[0]) || !g_str_equal(end, "%") ||
	    number < INT32_MIN || number > INT32_MAX) {
		return false;
	}
	value->kind = VALUE_PERCENT;
	value->value = (int32_t)number;
	return true;
}

static int32_t resolve(struct int_or_percent value, int32_t total, bool round_up)
{
	if (value.kind == VALUE_UNSET) {
		return 0;
	}
	if (value.kind == VALUE_NUMBER) {
		return value.value;
	}
	int64_t hundredths = (int64_t)value.value * total;
	int64_t whole = hundredths / 100;

	if (hundredths % 100 > 0 && round_up) {
		whole++;
	} else if (hundredths % 100 < 0 && !round_up) {
		whole--;
	}
	return (int32_t)CLAMP(whole, INT32_MIN, INT32_MAX);
}

void rollout_fenceposts(struct int_or_percent surge, struct int_or_percent unavailable,
                        int32_t replicas, int32_t *max_surge, int32_t *max_unavailable)
{
	*max_surge = resolve(surge, replicas, true);
	*max_unavailable = resolve(unavailable, replicas, false);
	if (*max_surge == 0 && *max_unavailable == 0) {
		/* Validation refuses two literal zeros; by rounding they would stop the rollout. */
		*max_unavailable = 1;
	}
}

int32_t rollout_max_surge(const struct rollout_deployment *deployment)
{
	int32_t surge, unavailable;

	if (deployment->recreate) {
		return 0;
	}
	rollout_fenceposts(deployment->max_surge, deployment->max_unavailable, deployment->replicas,
	                   &surge, &unavailable);
	return surge;
}

int32_t rollout_max_unavailable(const struct rollout_deployment *deployment)
{
	int32_t surge, unavailable;

	if (deployment->recreate || deployment->replicas == 0) {
		return 0;
	}
	rollout_fenceposts(deployment->max_surge, deployment->max_unavailable, deployment->replicas,
	                   &surge, &unavailable);
	return MIN(unavailable, deployment->replicas);
}

int32_t rollout_min_available(const struct rollout_deployment *deployment)
{
	return deployment->recreate ? 0
	                            : deployment->replicas - rollout_max_unavailable(deployment);
}

int32_t rollout_new_size(const struct rollout_deployment *deployment, int32_t replicas, int32_t all)
{
	if (deployment->recreate) {
		return deployment->replicas;
	}
	int32_t limit = deployment->replicas + rollout_max_surge(deployment);

	if (all >= limit) {
		return replicas;
	}
	return replicas + MIN(limit - all, deployment->replicas - replicas);
}

/* --- the rolling update --- */

bool rollout_reconcile_new(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                           struct rollout_plan *plan)
{
	unsigned index = (unsigned)sets->updated;
	int32_t now = rollout_sets_at(sets, index)->replicas;
	int32_t all = rollout_sets_replicas(sets);
	int32_t wanted = deployment->replicas;

	if (now == wanted) {
		return false;
	}
	if (now > wanted) {
		g_string_append_printf(plan->text, "more than %d: ", wanted);
		resize(sets, index, wanted, plan);
		return true;
	}
	int32_t size = rollout_new_size(deployment, now, all);
	int32_t surge = rollout_max_surge(deployment);

	if (size == now) {
		return false;
	}
	g_string_append_printf(plan->text, "room min(%d + %d - %d, %d - %d) = %d: ", wanted, surge,
	                       all, wanted, now, size - now);
	resize(sets, index, size, plan);
	return true;
}

int32_t rollout_cleanup_unhealthy(struct rollout_sets *sets, int32_t budget,
                                  struct rollout_plan *plan)
{
	g_autoptr(GArray) old = old_by_age(sets);
	int32_t taken = 0;

	for (unsigned i = 0; i < old->len && taken < budget; i++) {
		unsigned index = g_array_index(old, unsigned, i);
		const struct rollout_set *set = rollout_sets_at(sets, index);
		int32_t unhealthy = set->replicas - set->available;

		if (unhealthy < 0) {
			return -1;
		}
		if (unhealthy > 0) {
			int32_t share = MIN(budget - taken, unhealthy);

			resize(sets, index, set->replicas - share, plan);
			taken += share;
		}
	}
	return taken;
}

int32_t rollout_scale_down_old(const struct rollout_deployment *deployment,
                               struct rollout_sets *sets, int32_t available,
                               struct rollout_plan *plan)
{
	g_autoptr(GArray) old = old_by_age(sets);
	int32_t room = available - rollout_min_available(deployment);
	int32_t taken = 0;

	for (unsigned i = 0; i < old->len && taken < room; i++) {
		unsigned index = g_array_index(old, unsigned, i);
		int32_t replicas = rollout_sets_at(sets, index)->replicas;
		int32_t share = MIN(replicas, room - taken);

		resize(sets, index, replicas - share, plan);
		taken += share;
	}
	return taken;
}

bool rollout_reconcile_old(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                           struct rollout_plan *plan)
{
	const struct rollout_set *updated = rollout_sets_at(sets, (unsigned)sets->updated);
	int32_t all = rollout_sets_replicas(sets);
	int32_t minimum = rollout_min_available(deployment);
	int32_t unavailable = updated->replicas - updated->available;
	int32_t budget = all - minimum - unavailable;
	int32_t available = 0;

	if (all == updated->replicas) {
		return false;
	}
	for (unsigned i = 0; i < sets->items->len; i++) {
		available += rollout_sets_at(sets, i)->available;
	}
	if (plan->text->len > 0) {
		g_string_append(plan->text, "; ");
	}
	g_string_append_printf(plan->text, "budget %d - %d - %d = %d", all, minimum, unavailable,
	                       budget);
	if (budget <= 0) {
		return false;
	}
	g_string_append_printf(plan->text, ", available %d - %d = %d: ", available, minimum,
	                       available - minimum);
	int32_t cleaned = rollout_cleanup_unhealthy(sets, budget, plan);

	if (cleaned < 0) {
		return false;
	}
	return cleaned + rollout_scale_down_old(deployment, sets, available, plan) > 0;
}

/* Lets the plan create the new ReplicaSet and adds it to the sets. */
static void create_new(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                       const char *name, sim_time now, struct rollout_plan *plan)
{
	int32_t all = rollout_sets_replicas(sets);
	struct rollout_set set = {
	    .name = name,
	    .created = now,
	    .replicas = rollout_new_size(deployment, 0, all),
	    .desired_annotation = deployment->replicas,
	    .max_annotation = deployment->replicas + rollout_max_surge(deployment),
	};

	plan->creates = true;
	plan->created_replicas = set.replicas;
	if (deployment->recreate) {
		g_string_append_printf(plan->text, "new ReplicaSet %s with %d", name, set.replicas);
	} else {
		g_string_append_printf(plan->text,
		                       "new ReplicaSet %s with max(0, min(%d - %d, %d)) = %d", name,
		                       set.max_annotation, all, deployment->replicas, set.replicas);
	}
	g_array_append_val(sets->items, set);
	sets->updated = (int)sets->items->len - 1;
}

static void roll(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                 const char *new_name, sim_time now, struct rollout_plan *plan)
{
	if (sets->updated < 0) {
		create_new(deployment, sets, new_name, now, plan);
	}
	if (!rollout_reconcile_new(deployment, sets, plan)) {
		rollout_reconcile_old(deployment, sets, plan);
	}
}

static void recreate(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                     bool old_pods_run, const char *new_name, sim_time now,
                     struct rollout_plan *plan)
{
	g_autoptr(GArray) old = old_by_age(sets);
	bool reported = false;

	for (unsigned i = 0; i < old->len; i++) {
		resize(sets, g_array_index(old, unsigned, i), 0, plan);
	}
	if (old->len > 0) {
		return;
	}
	for (unsigned i = 0; i < sets->items->len; i++) {
		reported |=
		    (int)i != sets->updated && rollout_sets_at(sets, i)->status_replicas > 0;
	}
	if (reported || old_pods_run) {
		g_string_append(plan->text, "old pods still run");
		return;
	}
	if (sets->updated < 0) {
		create_new(deployment, sets, new_name, now, plan);
	} else if (rollout_sets_at(sets, (unsigned)sets->updated)->replicas !=
	           deployment->replicas) {
		resize(sets, (unsigned)sets->updated, deployment->replicas, plan);
	}
}

void rollout_sync(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                  bool old_pods_run, const char *new_name, sim_time now, struct rollout_plan *plan)
{
	if (deployment->paused || rollout_is_scaling_event(deployment, sets)) {
		rollout_scale(deployment, sets, plan);
	} else if (deployment->recreate) {
		recreate(deployment, sets, old_pods_run, new_name, now, plan);
	} else {
		roll(deployment, sets, new_name, now, plan);
	}
}

char *rollout_event_text(int form, const struct rollout_scaling *scaling, const char *name,
                         bool created)
{
	const char *word = scaling->up ? "up" : "down";

	if (form >= 2) {
		return g_strdup_printf("Scaled %s replica set %s from %d to %d", word, name,
		                       scaling->from, scaling->to);
	}
	if (form == 1 && !created) {
		return g_strdup_printf("Scaled %s replica set %s to %d from %d", word, name,
		                       scaling->to, scaling->from);
	}
	return g_strdup_printf("Scaled %s replica set %s to %d", word, name, scaling->to);
}
