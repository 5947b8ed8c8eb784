/* pictures.h - one function a picture; each adds itself to the sheet, or returns false when there
 * is nothing to show. */

#pragma once

#include "plots/frame.h"
#include "plots/gnuplot.h"

bool picture_cpu(struct sheet *sheet, const struct run *run, const struct frame *frame);
bool picture_replicas(struct sheet *sheet, const struct run *run, const struct frame *frame);
bool picture_latency(struct sheet *sheet, const struct run *run, const struct frame *frame);
bool picture_hpa(struct sheet *sheet, const struct run *run, const struct frame *frame);
bool picture_requests(struct sheet *sheet, const struct run *run, const struct frame *frame);
bool picture_probes(struct sheet *sheet, const struct run *run, const struct frame *frame);

/* The lines of CPU per pod alone: data and plot command, for the panel of one run. @top: upper end
 * of the axis in millicores. */
void cpu_panel(struct sheet *sheet, const struct run *run, const struct frame *frame, double top,
               const char *prefix);
/* The highest CPU of any pod in the frame, in millicores. */
double cpu_top(const struct frame *frame);
