/* replicas.c - what was asked for, what ran, what was Ready, and what was in the endpoints. */

#include "plots/pictures.h"
#include "record/run_thin.h"

/* Steps as data: each value from its time to the next. */
static void steps_data(struct sheet *sheet, const GArray *steps, const struct frame *frame,
                       const char *name)
{
	double value = steps_at(steps, frame->from, 0);

	sheet_add(sheet, "$%s << EOD\n%.6g %.6g\n", name, frame_x(frame, frame->from), value);
	for (unsigned i = 0; i < steps->len; i++) {
		const struct step *step = &g_array_index(steps, struct step, i);

		double least, most;

		if (step->at <= frame->from) {
			continue;
		}
		value = step->value;
		if (step->more) { /* as an upright line: all that it was until the next one */
			step_range(step, &least, &most);
			sheet_add(sheet, "%.6g %.6g\n%.6g %.6g\n", frame_x(frame, step->at), least,
			          frame_x(frame, step->at), most);
		}
		sheet_add(sheet, "%.6g %.6g\n", frame_x(frame, step->at), value);
	}
	sheet_add(sheet, "%.6g %.6g\nEOD\n", frame_x(frame, frame->to), value);
}

static double highest(const GArray *steps)
{
	double top = 0;

	for (unsigned i = 0; i < steps->len; i++) {
		double least, most;

		step_range(&g_array_index(steps, struct step, i), &least, &most);
		top = MAX(top, most);
	}
	return top;
}

bool picture_replicas(struct sheet *sheet, const struct run *run, const struct frame *frame)
{
	double top = 1;

	if (run->deployments->len == 0) {
		return false;
	}
	g_autofree char *title = g_strdup_printf("%s: replicas and endpoints", run->scenario->name);

	sheet_begin(sheet, "replicas", title, 560);
	frame_axis(frame, sheet, run, true);
	for (unsigned i = 0; i < run->deployments->len; i++) {
		const struct run_deployment *d = run->deployments->pdata[i];
		g_autofree char *name = g_strdup_printf("d%u", i);
		g_autofree char *current = g_strdup_printf("c%u", i);
		g_autofree char *ready = g_strdup_printf("r%u", i);

		steps_data(sheet, d->desired, frame, name);
		steps_data(sheet, d->current, frame, current);
		steps_data(sheet, d->ready, frame, ready);
		top = MAX(top, MAX(highest(d->desired), highest(d->current)));
	}
	for (unsigned i = 0; i < run->services->len; i++) {
		const struct run_service *s = run->services->pdata[i];
		g_autofree char *name = g_strdup_printf("s%u", i);

		steps_data(sheet, s->endpoints, frame, name);
		top = MAX(top, highest(s->endpoints));
	}
	sheet_add(sheet, "set yrange [0:%.6g]\nset ylabel 'pods'\nset ytics %d\nplot", top + 0.6,
	          top > 20 ? 5 : 1);
	for (unsigned i = 0; i < run->deployments->len; i++) {
		const struct run_deployment *d = run->deployments->pdata[i];

		sheet_add(sheet,
		          "%s $d%u with steps lw 2.5 dt 2 lc rgb '#000000' title 'desired, %s'",
		          i ? "," : "", i, d->name);
		sheet_add(sheet,
		          ", $c%u with steps lw 1.5 dt 3 lc rgb '#888888' title 'pods (any state)'",
		          i);
		sheet_add(sheet, ", $r%u with steps lw 3 lc rgb '%s' title 'Ready'", i,
		          frame_colour(2 * i));
	}
	for (unsigned i = 0; i < run->services->len; i++) {
		const struct run_service *s = run->services->pdata[i];

		sheet_add(sheet,
		          ", $s%u with fillsteps fs transparent solid 0.18 noborder lc rgb '%s' "
		          "title 'endpoints of %s'",
		          i, frame_colour(2 * i + 1), s->name);
	}
	sheet_add(sheet, "\n");
	sheet_end(sheet);
	return true;
}
