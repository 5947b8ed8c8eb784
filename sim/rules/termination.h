/* termination.h - how much time a container has to end.
 *
 * Source: pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer and
 * setTerminationGracePeriod. */

#pragma once

#include "kube/pod.h"

/* What the runtime waits at least between SIGTERM and SIGKILL, in seconds. */
#define TERMINATION_MINIMUM_GRACE 2

/* Seconds of grace for a container of @pod. A deletion's own grace comes before everything; a kill
 * because of @failed (NULL: no probe) takes the probe's own, if it has one, else the pod's. */
int64_t termination_grace(const struct pod *pod, const struct probe *failed);

/* Seconds between SIGTERM and SIGKILL when hooks and waiting for other containers took @spent of
 * @grace. Only whole seconds are subtracted, and at least 2 s are left. */
int64_t termination_stop_timeout(int64_t grace, sim_time spent);
