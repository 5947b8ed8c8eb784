/* back_off.c - CrashLoopBackOff. */

#include "rules/back_off.h"

#define ERROR_PERIOD (10 * SIM_SECOND) /* backOffPeriod of pkg/kubelet/kubelet.go */

bool back_off_allows(struct back_off *entry, const struct back_off_limits *limits,
                     sim_time finished_at, sim_time now, sim_time *until)
{
	if (finished_at == SIM_NEVER) {
		return true;
	}
	bool fresh = entry->exists && finished_at - entry->last_update <= BACK_OFF_RESET;

	if (fresh && now - finished_at < entry->duration) {
		if (until) {
			*until = finished_at + entry->duration;
		}
		return false;
	}
	sim_time twice = entry->duration * 2;

	entry->duration = !fresh                    ? limits->initial
	                  : twice < limits->maximum ? twice
	                                            : limits->maximum;
	entry->exists = true;
	entry->last_update = now;
	return true;
}

void back_off_collect(struct back_off *entry, sim_time period, sim_time now)
{
	if (!entry->exists || period <= 0) {
		return;
	}
	sim_time rest = now % period;
	sim_time last = now - (rest < 0 ? rest + period : rest);

	if (last - entry->last_update > BACK_OFF_RESET) {
		*entry = (struct back_off){0};
	}
}

sim_time back_off_retry(sim_time now, sim_time until, bool at_end, sim_time cap, double u)
{
	sim_time wait = at_end ? until - now : ERROR_PERIOD;

	if (at_end && cap > 0 && wait > cap) {
		wait = cap;
	}
	return now + wait + (sim_time)((double)wait * u / 2);
}
