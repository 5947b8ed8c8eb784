/* rollout_status.h - what a Deployment reports: its counts, its conditions, its deadline, and which
 * of its revisions are kept.
 *
 * Progress is a comparison of two statuses: only when it is seen does lastUpdateTime of the
 * condition Progressing move, and the deadline is counted from there. Nothing is ever rolled back:
 * an exceeded deadline is only a message.
 *
 * Source: Kubernetes 1.28 to 1.35, pkg/controller/deployment/sync.go (calculateStatus,
 * cleanupDeployment), progress.go, util/deployment_util.go. */

#pragma once

#include "engine/time.h"
#include "kube/workload.h"

struct rollout_status {
	int32_t replicas, updated, ready, available, unavailable;
};

/* Everything that should run is new, there and available; @observed: the status has seen the newest
 * generation. @replicas: spec.replicas. */
bool rollout_is_complete(int32_t replicas, const struct rollout_status *status, bool observed);

/* More updated, ready or available pods, or fewer old ones. */
bool rollout_is_progressing(const struct rollout_status *before,
                            const struct rollout_status *after);

/* Whether the deadline passed without progress. @progressing: the condition, NULL when there is
 * none. */
bool rollout_timed_out(int32_t progress_deadline_seconds, const struct condition *progressing,
                       sim_time now);

/* When to look again for a passed deadline; SIM_NEVER: there is nothing to wait for. A second late,
 * as the controller does. */
sim_time rollout_deadline_check(int32_t progress_deadline_seconds,
                                const struct condition *progressing, bool complete, sim_time now);

/* As SetDeploymentCondition: nothing happens when status and reason are the same. True if anything
 * changed. @reason is interned by this function. */
bool rollout_set_condition(struct conditions *conditions, const char *type,
                           enum condition_status status, const char *reason, const char *message,
                           sim_time now);

/* Available: @available pods against the least that must be. */
void rollout_set_available(struct conditions *conditions, int32_t available, int32_t min_available,
                           sim_time now);

struct rollout_progress { /* one judgement of progress */
	int32_t replicas; /* spec.replicas */
	int32_t progress_deadline_seconds;
	bool observed; /* the status will have seen the newest generation */
	struct rollout_status before, after;
	const char *deployment,
	    *new_replica_set; /* names for the messages; the second may be NULL */
};

/* Progressing, judged in the order complete, progress, timed out. */
void rollout_judge_progress(struct conditions *conditions, const struct rollout_progress *progress,
                            sim_time now);

/* Progressing of a Deployment that was paused or resumed. True if it changed. */
bool rollout_set_paused(struct conditions *conditions, int32_t progress_deadline_seconds,
                        bool paused, sim_time now);

struct rollout_revision { /* an old ReplicaSet as the clean-up sees it */
	const char *name;
	int64_t revision;
	sim_time created;
	int32_t replicas, status_replicas;
	bool deleting, observed; /* observed: status of the newest generation */
};

/* Indices of the @n old ReplicaSets that revisionHistoryLimit does not keep, from the lowest
 * revision. An array of unsigned; the caller's. */
GArray *rollout_revisions_to_delete(const struct rollout_revision *old, unsigned n, int32_t limit);
