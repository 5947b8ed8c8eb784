/* termination.c - grace periods. */

#include "rules/termination.h"

int64_t termination_grace(const struct pod *pod, const struct probe *failed)
{
	if (pod_is_terminating(pod)) {
		return pod->object.meta.deletion_grace_seconds;
	}
	if (failed && failed->termination_grace_period_seconds >= 0) {
		return failed->termination_grace_period_seconds;
	}
	return pod->spec->termination_grace_period_seconds;
}

int64_t termination_stop_timeout(int64_t grace, sim_time spent)
{
	return MAX(grace - spent / SIM_SECOND, TERMINATION_MINIMUM_GRACE);
}
