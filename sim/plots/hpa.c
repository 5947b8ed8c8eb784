/* hpa.c - the metric that an HPA follows, its target, and what it decided. */

#include "plots/pictures.h"

static void hpa_data(struct sheet *sheet, const struct run_hpa *hpa, const struct frame *frame,
                     unsigned index)
{
	sheet_add(sheet, "$m%u << EOD\n", index);
	for (size_t i = 0; i < hpa->n_metric; i++) {
		if (hpa->metric[i].at >= frame->from) {
			sheet_add(sheet, "%.6g %.6g %.6g\n", frame_x(frame, hpa->metric[i].at),
			          hpa->metric[i].current, hpa->metric[i].target);
		}
	}
	sheet_add(sheet, "NaN NaN NaN\nEOD\n$h%u << EOD\n", index);
	for (unsigned i = 0; i < hpa->decisions->len; i++) {
		const struct run_decision *d =
		    &g_array_index(hpa->decisions, struct run_decision, i);

		if (d->last >= frame->from) {
			sheet_add(sheet, "%.6g %d\n%.6g %d\n", frame_x(frame, d->at), d->desired,
			          frame_x(frame, d->last), d->desired);
		}
	}
	sheet_add(sheet, "NaN NaN\nEOD\n");
}

bool picture_hpa(struct sheet *sheet, const struct run *run, const struct frame *frame)
{
	size_t points = 0;

	for (unsigned i = 0; i < run->hpas->len; i++) {
		points += ((const struct run_hpa *)run->hpas->pdata[i])->n_metric;
	}
	if (points == 0) {
		return false;
	}
	g_autofree char *title =
	    g_strdup_printf("%s: the HPA's metric and target", run->scenario->name);

	sheet_begin(sheet, "hpa", title, 560);
	frame_axis(frame, sheet, run, true);
	for (unsigned i = 0; i < run->hpas->len; i++) {
		hpa_data(sheet, run->hpas->pdata[i], frame, i);
	}
	sheet_add(sheet, "set rmargin 34\nset key at screen 0.99, graph 1 right top\nset yrange "
	                 "[0:*]\nset y2range [0:*]\n"
	                 "set border 11\nset y2tics nomirror out\nset ylabel 'metric, in the unit "
	                 "of its target'\n"
	                 "set y2label 'replicas decided'\nplot");
	for (unsigned i = 0; i < run->hpas->len; i++) {
		const struct run_hpa *hpa = run->hpas->pdata[i];

		sheet_add(sheet,
		          "%s $m%u using 1:2 with linespoints lw 2.5 pt 7 ps 0.5 lc rgb '%s' title "
		          "'metric, %s', $m%u using 1:3 "
		          "with lines lw 2 dt 2 lc rgb '#000000' title 'target', $h%u using 1:2 "
		          "axes x1y2 with steps lw 2 lc rgb "
		          "'%s' title 'replicas decided'",
		          i ? "," : "", i, frame_colour(2 * i), hpa->name, i, i,
		          frame_colour(2 * i + 1));
	}
	sheet_add(sheet, "\n");
	sheet_end(sheet);
	return true;
}
