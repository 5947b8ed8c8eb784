/* requests.c - who got the traffic: requests a second and open connections per pod. */

#include "plots/pictures.h"

#include <math.h>

static void series_data(struct sheet *sheet, const struct series *series, const struct frame *frame,
                        const char *name)
{
	sheet_add(sheet, "$%s << EOD\n", name);
	for (size_t i = 0; i < series->n; i++) {
		sim_time at = series->start + (sim_time)i * series->width + series->width / 2;

		if (at >= frame->from) {
			sheet_add(sheet, "%.6g %.6g\n", frame_x(frame, at), series->values[i]);
		}
	}
	sheet_add(sheet, "NaN NaN\nEOD\n");
}

static void panel(struct sheet *sheet, const struct frame *frame, char letter, bool titles)
{
	sheet_add(sheet, "plot");
	for (unsigned i = 0; i < frame->pods->len; i++) {
		g_autofree char *label = frame_pod_label(frame->pods->pdata[i]);
		bool crowd = frame->pods->len > FRAME_MANY_PODS;

		sheet_add(sheet, "%s $%c%u with linespoints lw %s pt %d ps 0.6 pi 8 lc rgb '%s'",
		          i ? "," : "", letter, i, crowd ? "0.8" : "2", frame_point(i),
		          frame_colour(i));
		if (titles && !crowd) {
			sheet_add(sheet, " title '%s'", label);
		} else {
			sheet_add(sheet, " notitle");
		}
	}
	sheet_add(sheet, "\n");
}

bool picture_requests(struct sheet *sheet, const struct run *run, const struct frame *whole)
{
	struct frame zoomed = *whole;
	const struct frame *frame = &zoomed;

	if (run->loads->len == 0 || frame->pods->len == 0) {
		return false;
	}
	g_autofree char *title =
	    g_strdup_printf("%s: requests and connections per pod", run->scenario->name);

	frame_zoom_to_loads(&zoomed, run);
	sheet_begin(sheet, "requests", title, 760);
	frame_axis(frame, sheet, run, true);
	for (unsigned i = 0; i < frame->pods->len; i++) {
		const struct run_pod *pod = frame->pods->pdata[i];
		g_autofree char *requests = g_strdup_printf("q%u", i);
		g_autofree char *connections = g_strdup_printf("k%u", i);

		series_data(sheet, &pod->request_rate, frame, requests);
		series_data(sheet, &pod->connections, frame, connections);
	}
	sheet_add(
	    sheet,
	    "set multiplot\nset size 1,0.56\nset origin 0,0.44\nset xlabel ''\nset yrange [0:*]\n"
	    "set ylabel 'requests a second'\n");
	panel(sheet, frame, 'q', true);
	sheet_add(sheet,
	          "unset label\nunset title\nset tmargin 1\nset size 1,0.44\nset origin 0,0\n"
	          "set xlabel 'simulated time (%s)'\nset ylabel 'open connections'\n",
	          frame->unit_name);
	panel(sheet, frame, 'k', false);
	sheet_add(sheet, "unset multiplot\n");
	sheet_end(sheet);
	return true;
}
