/* back_off.h - how long a container that keeps ending has to wait: CrashLoopBackOff.
 *
 * One entry per container of a pod. At each attempt to start, the newest ended container that the
 * sync saw counts: a crash waits from its own finish; a kill by a probe is measured against the
 * container before the one killed, because the sync began while that one ran.
 * Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff,
 * staging/src/k8s.io/client-go/util/flowcontrol/backoff.go. */

#pragma once

#include "engine/time.h"

#include <stdbool.h>

struct back_off { /* zeroed: no entry */
	bool exists;
	sim_time duration;
	sim_time last_update; /* the last start that it let pass */
};

struct back_off_limits {
	sim_time initial; /* 10 s */
	sim_time maximum; /* 300 s */
};

/* After so long without a restart the entry starts anew. */
#define BACK_OFF_RESET (600 * SIM_SECOND)
#define BACK_OFF_INITIAL (10 * SIM_SECOND)
#define BACK_OFF_MAXIMUM (300 * SIM_SECOND)

/* Whether a container may start at @now; @finished_at is the finish of the newest ended container,
 * SIM_NEVER when there is none. When it may, the entry is moved on; when not, *@until (may be NULL)
 * is the end of the wait. */
bool back_off_allows(struct back_off *entry, const struct back_off_limits *limits,
                     sim_time finished_at, sim_time now, sim_time *until);

/* Housekeeping, which comes every @period (0: never): drops an entry that some housekeeping up to
 * @now found not updated for longer than BACK_OFF_RESET. */
void back_off_collect(struct back_off *entry, sim_time period, sim_time now);

/* When a start that was refused at @now and may happen at @until is tried again.
 * @at_end (1.35): at the end of the wait, of which at most @cap (0: all of it) is waited at once,
 * stretched by 1 + @u / 2; before: 10 s stretched alike. @u in [0, 1); 0: no jitter. */
sim_time back_off_retry(sim_time now, sim_time until, bool at_end, sim_time cap, double u);
