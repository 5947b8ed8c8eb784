/* proxy_sync.h - when kube-proxy writes its rules.
 *
 * A change asks for a sync. Since 1.34 an idle proxy starts at once; after a sync ends the next may
 * start minSyncPeriod later, and all requests in between become that one. Up to 1.33 a bucket of
 * two tokens, refilled one per minSyncPeriod, lets two changes in quick succession both be served
 * at once; without a token the sync waits until minSyncPeriod after the end of the last. Without a
 * change all rules are written anew when fullSyncPeriod has passed since the last end.
 *
 * This is the arithmetic alone: it says when the next sync is to start, the caller keeps the clock
 * and reports starts and ends.
 * Source: Kubernetes, pkg/proxy/runner/bounded_frequency_runner.go (1.34),
 * pkg/util/async/bounded_frequency_runner.go (1.33). */

#pragma once

#include "engine/time.h"

#include <stdbool.h>

#define PROXY_MIN_SYNC_PERIOD SIM_SECOND    /* iptables, nftables; ipvs: none */
#define PROXY_FULL_SYNC_PERIOD SIM_HOUR     /* iptables, nftables */
#define PROXY_SYNC_PERIOD (30 * SIM_SECOND) /* ipvs: also the full one */

struct proxy_sync {
	bool single_token;                /* 1.34 */
	sim_time min_period, full_period; /* full_period SIM_NEVER: none */
	/* state */
	bool running;
	bool requested;             /* during the present sync */
	sim_time ended;             /* end of the last sync; SIM_NEVER: there was none */
	sim_time credit, credit_at; /* tokens x min_period, as of credit_at */
	sim_time due;               /* start of the next sync; SIM_NEVER: none asked for */
};

/* An idle proxy at @now. */
void proxy_sync_init(struct proxy_sync *sync, bool single_token, sim_time min_period,
                     sim_time full_period, sim_time now);

/* Each returns when the next sync is to start (>= @now), SIM_NEVER when that is not known yet: */
/* something changed; */
sim_time proxy_sync_request(struct proxy_sync *sync, sim_time now);
/* a sync starts, which must be due (always SIM_NEVER: its end decides); */
sim_time proxy_sync_start(struct proxy_sync *sync, sim_time now);
/* the sync has ended. */
sim_time proxy_sync_end(struct proxy_sync *sync, sim_time now);
