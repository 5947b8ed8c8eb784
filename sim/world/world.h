/* world.h - the simulated world: built from a Scenario, run, and left behind as a Run. */

#pragma once

#include "record/run.h"
#include "scenario/scenario.h"

/* Runs @scenario from its `from` to its `to`. NULL and @error when an action of the timeline is
 * refused or the run is stuck. */
struct run *world_run(const struct scenario *scenario, GError **error);
