/* plots.c - which pictures there are, and the two runs side by side. */

#include "plots/plots.h"

#include "plots/pictures.h"

#include <math.h>

struct picture {
	const char *name;
	bool (*draw)(struct sheet *sheet, const struct run *run, const struct frame *frame);
};

static const struct picture pictures[] = {
    {"cpu", picture_cpu},       {"replicas", picture_replicas}, {"latency", picture_latency},
    {"probes", picture_probes}, {"requests", picture_requests}, {"hpa", picture_hpa},
};

static bool draw_all(struct sheet *sheet, GPtrArray *drawn, GStrv *names, GError **error)
{
	bool good = sheet_draw(sheet, error);

	sheet_free(sheet);
	g_ptr_array_add(drawn, NULL);
	GStrv list = (GStrv)g_ptr_array_free(drawn, FALSE);

	if (good && names) {
		*names = list;
	} else {
		g_strfreev(list);
	}
	return good;
}

bool plots_draw(const struct run *run, const char *folder, GStrv *names, GError **error)
{
	struct sheet *sheet = sheet_new(folder);
	GPtrArray *drawn = g_ptr_array_new();
	struct frame frame;

	frame_init(&frame, run);
	for (size_t i = 0; i < G_N_ELEMENTS(pictures); i++) {
		if (pictures[i].draw(sheet, run, &frame)) {
			g_ptr_array_add(drawn, g_strdup(pictures[i].name));
		}
	}
	frame_clear(&frame);
	return draw_all(sheet, drawn, names, error);
}

/* --- two runs --- */

static void compare_cpu(struct sheet *sheet, const struct run *const runs[2],
                        const struct frame frames[2])
{
	double top = 1.08 * MAX(cpu_top(&frames[0]), cpu_top(&frames[1]));
	static const char *const prefixes[2] = {"a", "b"};

	sheet_begin(sheet, "cpu-compare", "CPU per pod, before and after", 620);
	sheet_add(sheet, "unset title\nset multiplot title 'CPU per pod' font ',17'\n");
	for (int side = 0; side < 2; side++) {
		g_autofree char *name = sheet_quote(runs[side]->scenario->name);

		frame_axis(&frames[side], sheet, runs[side], false);
		sheet_add(
		    sheet,
		    "set size 0.5,0.94\nset origin %s,0\nset title \"%s\" font ',14' "
		    "noenhanced\nset lmargin 9\n"
		    "set rmargin 2\nset tmargin 3\nset bmargin 9\n"
		    "set key outside bottom center horizontal Left reverse samplen 2 font ',10'\n",
		    side ? "0.5" : "0", name);
		cpu_panel(sheet, runs[side], &frames[side], top, prefixes[side]);
	}
	sheet_add(sheet, "unset multiplot\n");
	sheet_end(sheet);
}

/* Response time over time since the start of each run's load. */
static bool compare_latency(struct sheet *sheet, const struct run *const runs[2])
{
	if (runs[0]->loads->len == 0 || runs[1]->loads->len == 0) {
		return false;
	}
	sheet_begin(sheet, "latency-compare", "Response time, before and after", 520);
	for (int side = 0; side < 2; side++) {
		const struct run_load *load = runs[side]->loads->pdata[runs[side]->loads->len - 1];

		sheet_add(sheet, "$s%d << EOD\n", side);
		for (size_t i = 0; i < load->n_steps; i++) {
			sheet_add(sheet, "%.6g %.6g %.6g\n",
			          sim_time_to_seconds((sim_time)i * load->bin_width +
			                              load->bin_width / 2),
			          load->steps[i].p50 * 1000, load->steps[i].p95 * 1000);
		}
		sheet_add(sheet, "NaN NaN NaN\nEOD\n");
	}
	sheet_add(
	    sheet,
	    "set rmargin 34\nset key outside right top vertical Left reverse\nset yrange [0:*]\n"
	    "set xlabel 'time since the start of the load (s)'\nset ylabel 'response time "
	    "(ms)'\nplot");
	for (int side = 0; side < 2; side++) {
		g_autofree char *name = sheet_quote(runs[side]->scenario->name);

		sheet_add(sheet,
		          "%s $s%d using 1:3 with linespoints lw 2.5 pt %d ps 0.6 lc rgb '%s' "
		          "title 'p95, %s', $s%d using 1:2 with "
		          "lines lw 1.6 dt 2 lc rgb '%s' title 'p50, %s'",
		          side ? "," : "", side, frame_point((size_t)side),
		          side ? "#0072B2" : "#D55E00", name, side, side ? "#0072B2" : "#D55E00",
		          name);
	}
	sheet_add(sheet, "\n");
	sheet_end(sheet);
	return true;
}

bool plots_draw_comparison(const struct run *before, const struct run *after, const char *folder,
                           GStrv *names, GError **error)
{
	const struct run *const runs[2] = {before, after};
	struct frame frames[2];
	struct sheet *sheet = sheet_new(folder);
	GPtrArray *drawn = g_ptr_array_new();

	for (int side = 0; side < 2; side++) {
		frame_init(&frames[side], runs[side]);
	}
	if (frames[0].pods->len && frames[1].pods->len) {
		compare_cpu(sheet, runs, frames);
		g_ptr_array_add(drawn, g_strdup("cpu-compare"));
	}
	if (compare_latency(sheet, runs)) {
		g_ptr_array_add(drawn, g_strdup("latency-compare"));
	}
	for (int side = 0; side < 2; side++) {
		frame_clear(&frames[side]);
	}
	return draw_all(sheet, drawn, names, error);
}
