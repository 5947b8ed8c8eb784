/* proxy_sync.c - when kube-proxy writes its rules. */

#include "rules/proxy_sync.h"

#include <glib.h>

#define BURST 2 /* tokens, up to 1.33 */

static void refill(struct proxy_sync *sync, sim_time now)
{
	sync->credit = MIN(BURST * sync->min_period, sync->credit + (now - sync->credit_at));
	sync->credit_at = now;
}

/* When a sync may start at the earliest, asked at @now. */
static sim_time earliest(struct proxy_sync *sync, sim_time now)
{
	sim_time rested = sync->ended == SIM_NEVER ? now : sync->ended + sync->min_period;

	if (!sync->single_token) {
		refill(sync, now);
		if (sync->credit >= sync->min_period) {
			return now;
		}
	}
	return MAX(now, rested);
}

void proxy_sync_init(struct proxy_sync *sync, bool single_token, sim_time min_period,
                     sim_time full_period, sim_time now)
{
	*sync = (struct proxy_sync){
	    .single_token = single_token,
	    .min_period = min_period,
	    .full_period = full_period,
	    .ended = SIM_NEVER,
	    .credit = BURST * min_period,
	    .credit_at = now,
	    .due = full_period == SIM_NEVER ? SIM_NEVER : now + full_period,
	};
}

sim_time proxy_sync_request(struct proxy_sync *sync, sim_time now)
{
	if (sync->running) {
		sync->requested = true;
		return SIM_NEVER;
	}
	sync->due = MIN(sync->due, earliest(sync, now));
	return sync->due;
}

sim_time proxy_sync_start(struct proxy_sync *sync, sim_time now)
{
	g_assert(!sync->running && sync->due <= now);
	refill(sync, now);
	sync->credit = MAX(0, sync->credit - sync->min_period);
	sync->running = true;
	sync->requested = false;
	sync->due = SIM_NEVER;
	return SIM_NEVER;
}

sim_time proxy_sync_end(struct proxy_sync *sync, sim_time now)
{
	sync->running = false;
	sync->ended = now;
	sync->due = sync->full_period == SIM_NEVER ? SIM_NEVER : now + sync->full_period;
	return sync->requested ? proxy_sync_request(sync, now) : sync->due;
}
