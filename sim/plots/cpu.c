/* cpu.c - CPU per pod over time: idle replicas must jump to the eye.
 *
 * A pod is a solid line while it is Ready and a thin dashed one while it is not; restarts are
 * marked on the line. */

#include "plots/pictures.h"

#include <math.h>

/* Samples of 15 s are what metrics-server shows; shorter bins are averaged to that. */
static size_t bins_per_point(const struct series *series)
{
	return series->width > 0 && series->width < 15 * SIM_SECOND
	           ? (size_t)(15 * SIM_SECOND / series->width)
	           : 1;
}

static double point_of(const struct series *series, size_t first, size_t n)
{
	double sum = 0;
	size_t defined = 0;

	for (size_t i = first; i < first + n && i < series->n; i++) {
		if (!isnan(series->values[i])) {
			sum += series->values[i];
			defined++;
		}
	}
	return defined ? sum / (double)defined : NAN;
}

double cpu_top(const struct frame *frame)
{
	double top = 0;

	for (unsigned i = 0; i < frame->pods->len; i++) {
		const struct series *cpu = &((const struct run_pod *)frame->pods->pdata[i])->cpu;
		size_t step = bins_per_point(cpu);

		for (size_t j = 0; j < cpu->n; j += step) {
			double value = point_of(cpu, j, step);

			if (cpu->start + (sim_time)j * cpu->width >= frame->from &&
			    value * 1000 > top) {
				top = value * 1000;
			}
		}
	}
	return top;
}

/* Columns: time, millicores while Ready, millicores while not. A change of readiness joins both
 * lines. */
static void pod_data(struct sheet *sheet, const struct run_pod *pod, const struct frame *frame,
                     const char *name)
{
	const struct series *cpu = &pod->cpu;
	size_t step = bins_per_point(cpu);
	bool before = false;

	sheet_add(sheet, "$%s << EOD\n", name);
	for (size_t j = 0; j < cpu->n; j += step) {
		double value = point_of(cpu, j, step) * 1000;
		sim_time at =
		    cpu->start + (sim_time)j * cpu->width + (sim_time)step * cpu->width / 2;
		bool ready = spans_contain(pod->ready, at);

		if (at < frame->from) {
			before = ready;
			continue;
		}
		if (isnan(value)) {
			sheet_add(sheet, "%.6g NaN NaN\n", frame_x(frame, at));
			continue;
		}
		sheet_add(sheet, "%.6g ", frame_x(frame, at));
		sheet_add(sheet, ready || before ? "%.6g " : "NaN ", value);
		sheet_add(sheet, !ready || !before ? "%.6g\n" : "NaN\n", value);
		before = ready;
	}
	sheet_add(sheet, "%.6g NaN NaN\nEOD\n", frame_x(frame, frame->to));
}

/* Marks at the foot of the picture, where they hide no line. */
static void restart_data(struct sheet *sheet, const struct run_pod *pod, const struct frame *frame,
                         double y, const char *name)
{
	sheet_add(sheet, "$%sr << EOD\n", name);
	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *restart =
		    &g_array_index(pod->restarts, struct run_restart, i);

		if (restart->finished_at != SIM_NEVER && restart->finished_at >= frame->from) {
			sheet_add(sheet, "%.6g %.6g\n", frame_x(frame, restart->finished_at), y);
		}
	}
	sheet_add(sheet, "NaN NaN\nEOD\n");
}

static void plot_pod(struct sheet *sheet, const struct run_pod *pod, size_t index, const char *name,
                     bool crowd)
{
	g_autofree char *label = frame_pod_label(pod);
	const char *colour =
	    crowd ? (pod->ready->len ? "#0072B2" : "#D55E00") : frame_colour(index);
	bool ever_ready = pod->ready->len > 0;
	g_autofree char *quoted = sheet_quote(label);
	g_autofree char *title =
	    crowd ? g_strdup("notitle") : g_strdup_printf("title \"%s\"", quoted);

	sheet_add(sheet, "%s $%s using 1:2 with linespoints lc rgb '%s' lw %s pt %d ps 0.7 pi 6 %s",
	          index ? "," : "", name, colour, crowd ? "0.8" : "2.5", frame_point(index),
	          ever_ready ? title : "notitle");
	sheet_add(sheet,
	          ", $%s using 1:3 with linespoints lc rgb '%s' lw 2 dt 2 pt %d ps 0.7 pi 6 %s",
	          name, colour, frame_point(index), ever_ready ? "notitle" : title);
	if (!crowd) {
		sheet_add(sheet, ", $%sr using 1:2 with points pt 11 ps 1.3 lc rgb '%s' notitle",
		          name, colour);
	}
}

void cpu_panel(struct sheet *sheet, const struct run *run, const struct frame *frame, double top,
               const char *prefix)
{
	bool crowd = frame->pods->len > FRAME_MANY_PODS;

	sheet_add(sheet, "set yrange [0:%.6g]\nset ylabel 'CPU per pod (millicores)'\n", top);
	for (unsigned i = 0; i < frame->pods->len; i++) {
		g_autofree char *name = g_strdup_printf("%s%u", prefix, i);

		pod_data(sheet, frame->pods->pdata[i], frame, name);
		restart_data(sheet, frame->pods->pdata[i], frame, top * 0.025, name);
	}
	sheet_add(sheet, "plot");
	for (unsigned i = 0; i < frame->pods->len; i++) {
		g_autofree char *name = g_strdup_printf("%s%u", prefix, i);

		plot_pod(sheet, frame->pods->pdata[i], i, name, crowd);
	}
	sheet_add(sheet,
	          ", NaN with lines lc rgb '#444444' lw 2.5 title 'Ready'"
	          ", NaN with lines lc rgb '#444444' lw 1.4 dt 2 title 'not Ready'"
	          ", NaN with points pt 11 ps 1.5 lc rgb '#444444' title 'container killed'\n");
}

bool picture_cpu(struct sheet *sheet, const struct run *run, const struct frame *frame)
{
	double top = cpu_top(frame);

	if (frame->pods->len == 0 || top <= 0) {
		return false;
	}
	g_autofree char *title = g_strdup_printf("%s: CPU per pod", run->scenario->name);

	sheet_begin(sheet, "cpu", title, 640);
	frame_axis(frame, sheet, run, true);
	cpu_panel(sheet, run, frame, top * 1.08, "p");
	sheet_end(sheet);
	return true;
}
