/* probes.c - a lane per pod: every probe with its result, the containers' lives, and what followed.
 *
 * The lane's bar shows the pod's state: waiting, running, Ready, in back-off; a line below it shows
 * when it was an endpoint. Three rows of points above the bar are the probes by type: filled when
 * they succeeded, crossed when they failed. */

#include "plots/pictures.h"

enum { MOST_LANES = 24, MOST_POINTS = 600 };

struct lane {
	const struct run_pod *pod;
	double y;
};

static void bar(struct sheet *sheet, const struct frame *frame, sim_time from, sim_time to,
                double y, double height, const char *style)
{
	from = MAX(from, frame->from);
	to = MIN(to, frame->to);
	if (from < to) {
		sheet_add(sheet, "set object rectangle from %.6g,%.4g to %.6g,%.4g %s\n",
		          frame_x(frame, from), y, frame_x(frame, to), y + height, style);
	}
}

static void bars(struct sheet *sheet, const struct frame *frame, const GArray *spans, double y,
                 double height, const char *style)
{
	for (unsigned i = 0; i < spans->len; i++) {
		const struct span *span = &g_array_index(spans, struct span, i);

		bar(sheet, frame, span->from, span->to, y, height, style);
	}
}

static void lane_states(struct sheet *sheet, const struct frame *frame, const struct lane *lane)
{
	const struct run_pod *pod = lane->pod;

	bar(sheet, frame, pod->created_at, pod->gone_at, lane->y, 0.22,
	    "fc rgb '#eeeeee' fs solid border lc rgb '#aaaaaa' behind");
	bars(sheet, frame, pod->running, lane->y, 0.22,
	     "fc rgb '#F6D8A8' fs solid noborder behind");
	bars(sheet, frame, pod->backoff, lane->y, 0.22,
	     "fc rgb '#D55E00' fs pattern 4 border lc rgb '#D55E00' behind");
	bars(sheet, frame, pod->ready, lane->y, 0.22, "fc rgb '#009E73' fs solid noborder behind");
	bars(sheet, frame, pod->serving, lane->y - 0.1, 0.08,
	     "fc rgb '#0072B2' fs solid noborder behind");
}

/* Points of one probe type with one kind of result, for all lanes. */
static void probe_data(struct sheet *sheet, const struct frame *frame, const GArray *lanes,
                       enum probe_type type, bool success)
{
	sheet_add(sheet, "$%s%d << EOD\nNaN NaN\n", success ? "good" : "bad", (int)type);
	for (unsigned i = 0; i < lanes->len; i++) {
		const struct lane *lane = &g_array_index(lanes, struct lane, i);
		double y = lane->y + 0.32 + 0.14 * (double)type;

		for (unsigned j = 0; j < lane->pod->probes->len; j++) {
			const struct run_probes *p =
			    &g_array_index(lane->pod->probes, struct run_probes, j);
			sim_time gap = p->count > 1 ? (p->last - p->first) / (p->count - 1) : 0;
			uint32_t stride = 1 + p->count / MOST_POINTS;

			if (p->type != type || (p->result == PROBE_SUCCESS) != success) {
				continue;
			}
			for (uint32_t k = 0; k < p->count; k += stride) {
				sim_time at = p->first + (sim_time)k * gap;

				if (at >= frame->from) {
					sheet_add(sheet, "%.6g %.4g\n", frame_x(frame, at), y);
				}
			}
		}
	}
	sheet_add(sheet, "EOD\n");
}

static void kill_data(struct sheet *sheet, const struct frame *frame, const GArray *lanes)
{
	sheet_add(sheet, "$kills << EOD\nNaN NaN\n");
	for (unsigned i = 0; i < lanes->len; i++) {
		const struct lane *lane = &g_array_index(lanes, struct lane, i);

		for (unsigned j = 0; j < lane->pod->restarts->len; j++) {
			const struct run_restart *r =
			    &g_array_index(lane->pod->restarts, struct run_restart, j);
			sim_time at = r->killed_at != SIM_NEVER ? r->killed_at : r->finished_at;

			if (at != SIM_NEVER && at >= frame->from) {
				sheet_add(sheet, "%.6g %.4g\n", frame_x(frame, at), lane->y + 0.11);
			}
		}
	}
	sheet_add(sheet, "EOD\n");
}

static void plot_lanes(struct sheet *sheet)
{
	static const char *const colours[PROBE_TYPES] = {"#D55E00", "#0072B2", "#000000"};
	static const int good[PROBE_TYPES] = {7, 5, 9}, bad[PROBE_TYPES] = {2, 3, 1};

	sheet_add(sheet, "plot");
	for (int type = 0; type < PROBE_TYPES; type++) {
		sheet_add(
		    sheet,
		    "%s $good%d with points pt %d ps 0.6 lc rgb '%s' title '%s probe succeeded'",
		    type ? "," : "", type, good[type], colours[type],
		    probe_type_name((enum probe_type)type));
		sheet_add(
		    sheet,
		    ", $bad%d with points pt %d ps 0.8 lw 1.6 lc rgb '%s' title '%s probe failed'",
		    type, bad[type], colours[type], probe_type_name((enum probe_type)type));
	}
	sheet_add(
	    sheet,
	    ", $kills with points pt 11 ps 1.6 lc rgb '#000000' title 'container killed or ended'"
	    ", NaN with boxes fs solid noborder lc rgb '#eeeeee' title 'pod exists'"
	    ", NaN with boxes fs solid noborder lc rgb '#F6D8A8' title 'container runs'"
	    ", NaN with boxes fs solid noborder lc rgb '#009E73' title 'pod Ready'"
	    ", NaN with boxes fs pattern 4 lc rgb '#D55E00' title 'CrashLoopBackOff'"
	    ", NaN with boxes fs solid noborder lc rgb '#0072B2' title 'in the endpoints'\n");
}

bool picture_probes(struct sheet *sheet, const struct run *run, const struct frame *frame)
{
	g_autoptr(GArray) lanes = g_array_new(FALSE, FALSE, sizeof(struct lane));

	for (unsigned i = 0; i < run->pods->len && lanes->len < MOST_LANES; i++) {
		const struct run_pod *pod = run->pods->pdata[i];

		if (pod->gone_at > frame->from) {
			struct lane lane = {pod, 0};

			g_array_append_val(lanes, lane);
		}
	}
	if (lanes->len == 0) {
		return false;
	}
	bool all = run->pods->len <= MOST_LANES;
	g_autofree char *title = g_strdup_printf(
	    "%s: probes and what followed%s", run->scenario->name, all ? "" : " (first 24 pods)");

	sheet_begin(sheet, "probes", title, 240 + (int)lanes->len * 84);
	frame_axis(frame, sheet, run, true);
	sheet_add(sheet, "set lmargin 22\nunset grid\nset yrange [-0.2:%u]\nset ytics (",
	          lanes->len);
	for (unsigned i = 0; i < lanes->len; i++) {
		struct lane *lane = &g_array_index(lanes, struct lane, i);
		g_autofree char *label = frame_pod_label(lane->pod);

		lane->y = lanes->len - 1 - i;
		sheet_add(sheet, "%s\"%s\" %.4g", i ? "," : "", label, lane->y + 0.3);
	}
	sheet_add(sheet, ") noenhanced\n");
	for (unsigned i = 0; i < lanes->len; i++) {
		lane_states(sheet, frame, &g_array_index(lanes, struct lane, i));
	}
	for (int type = 0; type < PROBE_TYPES; type++) {
		probe_data(sheet, frame, lanes, (enum probe_type)type, true);
		probe_data(sheet, frame, lanes, (enum probe_type)type, false);
	}
	kill_data(sheet, frame, lanes);
	plot_lanes(sheet);
	sheet_end(sheet);
	return true;
}
