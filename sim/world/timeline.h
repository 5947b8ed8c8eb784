/* timeline.h - carries out what people did and what broke, at its time. */

#pragma once

#include "cluster/metrics_server.h"
#include "record/recorder.h"
#include "scenario/scenario.h"
#include "traffic/traffic.h"
#include "world/objects.h"

struct timeline;

struct timeline_targets { /* what actions act on */
	struct simulation *sim;
	struct store *store;
	struct objects *objects;
	struct servers *servers;
	struct metrics_server *metrics_server;
	struct recorder *recorder;
};

/* Schedules every action of @scenario. The first that is refused stops the simulation; see
 * timeline_failed. */
struct timeline *timeline_new(const struct scenario *scenario,
                              const struct timeline_targets *targets);
void timeline_free(struct timeline *timeline);

/* Whether an action was refused; then *@error gets why. */
bool timeline_failed(struct timeline *timeline, GError **error);
