/* budget.h - the kubelet's arithmetic on probes: how long until something is decided. Inside this
 * folder only.
 *
 * Ticks of a probe worker come every periodSeconds with a phase of its own, so the first that
 * counts falls up to one period after initialDelaySeconds, and up to a second before it, because
 * the kubelet cuts the start to whole seconds. Answers take between no time and timeoutSeconds; a
 * check that outlasts the period is followed by the next at once.
 * Source: pkg/kubelet/prober/worker.go, prober_manager.go. */

#pragma once

#include "check/set.h"

/* When the application serves @path, from its container's start: connections and what the route
 * needs. Without a model, or for paths that are not served: from 0 on. */
struct check_span serves_after(const struct application *application, const char *path);
/* Same for what @probe asks of @container; never when its path is not served. */
struct check_span probe_served_after(const struct check_set *set, const struct workload *workload,
                                     const struct container *container, const struct probe *probe);

/* From the container's start to the success of its startup probe. */
struct check_span time_to_started(const struct probe *startup, struct check_span served);
/* From the container's start to the verdict of a probe that never succeeds and is asked from
 * @since on. */
struct check_span time_to_first_verdict(const struct probe *probe, struct check_span since);
/* From the instant at which the application would fail to the failure being declared. */
struct check_span time_to_failure(const struct probe *probe);
/* From the container's start to its being Ready. */
struct check_span time_to_ready(const struct check_set *set, const struct workload *workload,
                                const struct container *container);
/* How long until every kube-proxy has heard that a pod is no longer Ready. */
sim_time time_to_spread(const struct check_set *set);
/* From the decision to kill to the end of the container. */
struct check_span time_to_stop(const struct check_set *set, const struct workload *workload,
                               const struct container *container, const struct probe *probe);
/* Whole seconds that a preStop hook takes as far as it can be read: sleep, or a command that
 * sleeps. -1: not known. */
int64_t hook_seconds(const struct handler *hook);

struct restart_course {         /* of a container that is killed by a probe again and again */
	sim_time first;         /* the first restart, from the first start */
	sim_time cycle;         /* from one start to the next while none is refused */
	unsigned by_10m;        /* restarts in the first ten minutes */
	sim_time first_refusal; /* CrashLoopBackOff; SIM_NEVER: not within a day */
};

/* The course when every container is killed by @probe, asked from its start, @stop after the
 * verdict. Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff. */
struct restart_course course_of_restarts(const struct probe *probe, sim_time stop,
                                         sim_time backoff_max);
/* "It is restarted every 130 s, 4 times in the first 10 min; CrashLoopBackOff shows ..." */
char *say_course(const struct restart_course *course);
sim_time backoff_maximum(const struct check_set *set);
