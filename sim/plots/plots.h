/* plots.h - the pictures of a run.
 *
 * cpu: CPU per pod, the main picture. replicas: ready against desired, and endpoints. latency:
 * percentiles and requests a second. hpa: the metric against its target. requests: requests and
 * open connections per pod. probes: a lane per pod with every probe and what followed. Each as SVG
 * and PNG. */

#pragma once

#include "record/run.h"

/* Draws all pictures of @run that have something to show into @folder. *@names (may be NULL) gets
 * their names in order, a NULL-terminated array that the caller frees. */
bool plots_draw(const struct run *run, const char *folder, GStrv *names, GError **error);

/* CPU per pod of both runs side by side, on one scale, as `cpu-compare`, and their latencies as
 * `latency-compare`. */
bool plots_draw_comparison(const struct run *before, const struct run *after, const char *folder,
                           GStrv *names, GError **error);
