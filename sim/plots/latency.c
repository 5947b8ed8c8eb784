/* latency.c - percentiles of the answers, and requests and failures a second, over time. */

#include "plots/pictures.h"

#include <math.h>

static void load_data(struct sheet *sheet, const struct run_load *load, const struct frame *frame,
                      unsigned index)
{
	sheet_add(sheet, "$l%u << EOD\n", index);
	for (size_t i = 0; i < load->n_steps; i++) {
		const struct load_step *s = (const struct load_step *)&load->steps[i];
		sim_time at = load->from + (sim_time)i * load->bin_width + load->bin_width / 2;

		sheet_add(sheet, "%.6g %.6g %.6g %.6g %.6g %.6g\n", frame_x(frame, at),
		          s->p50 * 1000, s->p95 * 1000, s->p99 * 1000, s->rps, s->failures);
	}
	sheet_add(sheet, "NaN NaN NaN NaN NaN NaN\nEOD\n");
}

bool picture_latency(struct sheet *sheet, const struct run *run, const struct frame *whole)
{
	struct frame zoomed = *whole;
	const struct frame *frame = &zoomed;

	if (run->loads->len == 0) {
		return false;
	}
	g_autofree char *title =
	    g_strdup_printf("%s: response time and throughput", run->scenario->name);

	frame_zoom_to_loads(&zoomed, run);
	sheet_begin(sheet, "latency", title, 760);
	frame_axis(frame, sheet, run, true);
	for (unsigned i = 0; i < run->loads->len; i++) {
		load_data(sheet, run->loads->pdata[i], frame, i);
	}
	sheet_add(sheet, "set multiplot\nset size 1,0.62\nset origin 0,0.38\nset xlabel ''\n"
	                 "set yrange [0:*]\nset ylabel 'response time (ms)'\nplot");
	for (unsigned i = 0; i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];
		static const char *const names[] = {"p50", "p95", "p99"};

		for (unsigned j = 0; j < 3; j++) {
			sheet_add(sheet,
			          "%s $l%u using 1:%u with linespoints lw %s pt %d ps 0.6 pi 4 lc "
			          "rgb '%s' title '%s, %s'",
			          i + j ? "," : "", i, j + 2, j == 1 ? "2.8" : "1.5",
			          frame_point(j), frame_colour(j), names[j], load->name);
		}
	}
	sheet_add(sheet,
	          "\nunset label\nunset title\nset tmargin 1\nset size 1,0.38\nset origin 0,0\n"
	          "set xlabel 'simulated time (%s)'\nset ylabel 'requests a second'\nplot",
	          frame->unit_name);
	for (unsigned i = 0; i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];

		sheet_add(sheet,
		          "%s $l%u using 1:5 with lines lw 2.5 lc rgb '#0072B2' title 'done, %s'",
		          i ? "," : "", i, load->name);
		sheet_add(
		    sheet,
		    ", $l%u using 1:6 with lines lw 2 dt 2 lc rgb '#D55E00' title 'failed, %s'", i,
		    load->name);
	}
	sheet_add(sheet, "\nunset multiplot\n");
	sheet_end(sheet);
	return true;
}
