/* rollout_status.c - progress, deadline, conditions, revisions. */

#include "rules/rollout_status.h"

#include <string.h>

bool rollout_is_complete(int32_t replicas, const struct rollout_status *status, bool observed)
{
	return status->updated == replicas && status->replicas == replicas &&
	       status->available == replicas && observed;
}

bool rollout_is_progressing(const struct rollout_status *before, const struct rollout_status *after)
{
	return after->updated > before->updated ||
	       after->replicas - after->updated < before->replicas - before->updated ||
	       after->ready > before->ready || after->available > before->available;
}

static bool has_reason(const struct condition *condition, const char *reason)
{
	return condition && condition->reason && g_str_equal(condition->reason, reason);
}

bool rollout_timed_out(int32_t progress_deadline_seconds, const struct condition *progressing,
                       sim_time now)
{
	if (progress_deadline_seconds == NO_LIMIT || !progressing ||
	    has_reason(progressing, "NewReplicaSetAvailable")) {
		return false;
	}
	if (has_reason(progressing, "ProgressDeadlineExceeded")) {
		return true;
	}
	return progressing->last_update_time + progress_deadline_seconds * SIM_SECOND < now;
}

sim_time rollout_deadline_check(int32_t progress_deadline_seconds,
                                const struct condition *progressing, bool complete, sim_time now)
{
	if (progress_deadline_seconds == NO_LIMIT || !progressing || complete ||
	    has_reason(progressing, "ProgressDeadlineExceeded")) {
		return SIM_NEVER;
	}
	sim_time rest =
	    progressing->last_update_time + progress_deadline_seconds * SIM_SECOND - now;

	return now + MAX(rest, 0) + SIM_SECOND;
}

bool rollout_set_condition(struct conditions *conditions, const char *type,
                           enum condition_status status, const char *reason, const char *message,
                           sim_time now)
{
	const struct condition *old = conditions_find(conditions, type);
	sim_time transition = old && old->status == status ? old->last_transition_time : now;

	if (old && old->status == status && has_reason(old, reason)) {
		return false;
	}
	conditions_remove(conditions, type);
	conditions_set(conditions, g_intern_string(type), status, g_intern_string(reason), message,
	               now);
	struct condition *fresh = conditions_find(conditions, type);

	fresh->last_transition_time = transition;
	fresh->last_update_time = now;
	return true;
}

void rollout_set_available(struct conditions *conditions, int32_t available, int32_t min_available,
                           sim_time now)
{
	if (available >= min_available) {
		rollout_set_condition(conditions, "Available", CONDITION_TRUE,
		                      "MinimumReplicasAvailable",
		                      "Deployment has minimum availability.", now);
	} else {
		rollout_set_condition(conditions, "Available", CONDITION_FALSE,
		                      "MinimumReplicasUnavailable",
		                      "Deployment does not have minimum availability.", now);
	}
}

static char *progress_message(const struct rollout_progress *progress, const char *what)
{
	return progress->new_replica_set
	           ? g_strdup_printf("ReplicaSet \"%s\" %s.", progress->new_replica_set, what)
	           : g_strdup_printf("Deployment \"%s\" %s.", progress->deployment, what);
}

/* Progress was seen: the condition is written anew even if only its time of update moves. */
static void set_progressing(struct conditions *conditions, const struct rollout_progress *progress,
                            sim_time now)
{
	g_autofree char *message = progress_message(progress, "is progressing");
	const struct condition *old = conditions_find(conditions, "Progressing");
	sim_time transition =
	    old && old->status == CONDITION_TRUE ? old->last_transition_time : now;

	conditions_remove(conditions, "Progressing");
	rollout_set_condition(conditions, "Progressing", CONDITION_TRUE, "ReplicaSetUpdated",
	                      message, now);
	conditions_find(conditions, "Progressing")->last_transition_time = transition;
}

void rollout_judge_progress(struct conditions *conditions, const struct rollout_progress *progress,
                            sim_time now)
{
	const struct condition *old = conditions_find(conditions, "Progressing");

	if (progress->progress_deadline_seconds == NO_LIMIT) {
		conditions_remove(conditions, "Progressing");
		return;
	}
	if (progress->after.replicas == progress->after.updated &&
	    has_reason(old, "NewReplicaSetAvailable")) {
		return; /* the rollout is over; what happens to its pods later is no progress */
	}
	if (rollout_is_complete(progress->replicas, &progress->after, progress->observed)) {
		g_autofree char *message =
		    progress_message(progress, "has successfully progressed");

		rollout_set_condition(conditions, "Progressing", CONDITION_TRUE,
		                      "NewReplicaSetAvailable", message, now);
	} else if (rollout_is_progressing(&progress->before, &progress->after)) {
		set_progressing(conditions, progress, now);
	} else if (rollout_timed_out(progress->progress_deadline_seconds, old, now)) {
		g_autofree char *message = progress_message(progress, "has timed out progressing");

		rollout_set_condition(conditions, "Progressing", CONDITION_FALSE,
		                      "ProgressDeadlineExceeded", message, now);
	}
}

bool rollout_set_paused(struct conditions *conditions, int32_t progress_deadline_seconds,
                        bool paused, sim_time now)
{
	const struct condition *old = conditions_find(conditions, "Progressing");
	bool said = has_reason(old, "DeploymentPaused");

	if (progress_deadline_seconds == NO_LIMIT || has_reason(old, "ProgressDeadlineExceeded") ||
	    paused == said) {
		return false;
	}
	return paused ? rollout_set_condition(conditions, "Progressing", CONDITION_UNKNOWN,
	                                      "DeploymentPaused", "Deployment is paused", now)
	              : rollout_set_condition(conditions, "Progressing", CONDITION_UNKNOWN,
	                                      "DeploymentResumed", "Deployment is resumed", now);
}

static int compare_revision(const void *a, const void *b, void *data)
{
	const struct rollout_revision *revisions = data;
	const struct rollout_revision *left = &revisions[*(const unsigned *)a];
	const struct rollout_revision *right = &revisions[*(const unsigned *)b];

	if (left->revision != right->revision) {
		return left->revision < right->revision ? -1 : 1;
	}
	if (left->created != right->created) {
		return left->created < right->created ? -1 : 1;
	}
	return strcmp(left->name, right->name);
}

GArray *rollout_revisions_to_delete(const struct rollout_revision *old, unsigned n, int32_t limit)
{
	GArray *chosen = g_array_new(FALSE, FALSE, sizeof(unsigned));
	g_autoptr(GArray) alive = g_array_new(FALSE, FALSE, sizeof(unsigned));

	if (limit == NO_LIMIT) {
		return chosen;
	}
	for (unsigned i = 0; i < n; i++) {
		if (!old[i].deleting) {
			g_array_append_val(alive, i);
		}
	}
	g_array_sort_with_data(alive, compare_revision, (void *)old);
	for (unsigned i = 0; (int64_t)i < (int64_t)alive->len - limit; i++) {
		unsigned index = g_array_index(alive, unsigned, i);
		const struct rollout_revision *revision = &old[index];

		if (revision->replicas == 0 && revision->status_replicas == 0 &&
		    revision->observed) {
			g_array_append_val(chosen, index);
		}
	}
	return chosen;
}
