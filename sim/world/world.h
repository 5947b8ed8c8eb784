/* world.h - the simulated world: built from a Scenario, run, and left behind as a Run. */

#pragma once

#include "record/run.h"
#include "scenario/scenario.h"

/* Runs @scenario from its `from` to its `to`. NULL and @error when an action of the timeline is
 * refused or the run is stuck. */
struct run *world_run(const struct scenario *scenario, GError **error);

/* Told now and then how far a run has come; for whoever waits for it. */
struct world_progress {
	void (*tell)(void *data, const struct scenario *scenario, sim_time now);
	void *data;
};

/* The same, with every request written to the CSV file @requests; NULL: none. A file that cannot be
 * written is an error. */
struct run *world_run_logged(const struct scenario *scenario, const char *requests, GError **error);

/* The same, telling @progress (NULL: nobody), which changes nothing of the run. */
struct run *world_run_watched(const struct scenario *scenario, const char *requests,
                              const struct world_progress *progress, GError **error);
