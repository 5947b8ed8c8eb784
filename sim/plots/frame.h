/* frame.h - what all pictures over time share: the stretch of time shown, the scale of its axis,
 * marks for what people and the HPA did, and how pods are told apart (colours that the colour-blind
 * can tell, a point shape of their own for print in grey). */

#pragma once

#include "plots/gnuplot.h"
#include "record/run.h"

enum { FRAME_MANY_PODS = 12 }; /* beyond so many, pods are drawn as a crowd */

struct frame {
	sim_time from, to;
	double unit;           /* seconds per unit of the axis */
	const char *unit_name; /* "s", "min", "h" */
	GPtrArray *pods;       /* struct run_pod *, those that live in the frame and were bound */
};

/* A quiet time before the first action or load is cut short. */
void frame_init(struct frame *frame, const struct run *run);
void frame_clear(struct frame *frame);

/* Narrows @frame to the time of @run's loads and a little around; pods stay as they are. */
void frame_zoom_to_loads(struct frame *frame, const struct run *run);

/* @at in units of the axis. */
double frame_x(const struct frame *frame, sim_time at);

/* Axis, range, and (with @marks) a labelled line for each action and rescale. */
void frame_axis(const struct frame *frame, struct sheet *sheet, const struct run *run, bool marks);

/* "#0072B2" of pod number @index, and gnuplot's point type. */
const char *frame_colour(size_t index);
int frame_point(size_t index);

/* "zx5k7 (v2)": the distinctive part of a pod's name and its image's tag or revision; caller frees.
 */
char *frame_pod_label(const struct run_pod *pod);
