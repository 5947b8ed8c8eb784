/* run_thin.h - lists of one pod, Service or Deployment that would grow with simulated time: restarts, runs of probes, spans, steps.
 *
 * A list of more than THIN_MAX items keeps its first and its last THIN_EDGE whole. In between two items become one, which stands
 * for both: so the further a run gets, the coarser is its middle, and no list grows on. What is counted stays exact, by sums in the
 * item that stays. Only items alike are put together (restarts of one container and cause, probes of one answer), and none across
 * a cut: an instant that something is measured at or from, which therefore stays exact too. */

#pragma once

#include "record/run.h"

enum {
	THIN_MAX = 2000, /* items of a list */
	THIN_EDGE = 500, /* at its beginning, and at its end */
};

/* The instants (sim_time), in order, that figures of @scenario begin or end at: the measure window, loads, actions, `expect`. The
 * caller unrefs. */
GArray *thin_cuts(const struct scenario *scenario);

/* Each: nothing as long as @list has THIN_MAX items or fewer. An open restart or span, and the last run of each kind of probe,
 * stay as they are. @cuts as above. */
void thin_restarts(GArray *list, const GArray *cuts);
void thin_probes(GArray *list, const GArray *cuts);
void thin_spans(GArray *list, const GArray *cuts);
void thin_steps(GArray *list, const GArray *cuts);

/* How many items of @list others stand for; 0: it is whole. */
uint64_t thinned_restarts(const GArray *list);
uint64_t thinned_probes(const GArray *list);
uint64_t thinned_spans(const GArray *list);
uint64_t thinned_steps(const GArray *list);
/* The same of all lists of one, and of the whole run. */
uint64_t thinned_pod(const struct run_pod *pod);
uint64_t thinned_service(const struct run_service *service);
uint64_t thinned_deployment(const struct run_deployment *deployment);
uint64_t thinned_items(const struct run *run);

/* When the last of the restarts that @restart stands for started. */
sim_time restart_last(const struct run_restart *restart);
/* The least and the most that a step has until the next one. */
void step_range(const struct step *step, double *least, double *most);
/* For how long of the time until the next one, at @end, a step is 0. */
sim_time step_zero(const struct step *step, sim_time end);
