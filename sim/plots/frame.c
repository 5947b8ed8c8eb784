/* frame.c - the common ground of pictures over time. */

#include "plots/frame.h"

#include <string.h>

void frame_init(struct frame *frame, const struct run *run)
{
	sim_time first = run->to;

	for (unsigned i = 0; i < run->notes->len; i++) {
		const struct run_note *note = run->notes->pdata[i];

		if (note->kind == NOTE_ACTION) {
			first = MIN(first, note->at);
		}
	}
	for (unsigned i = 0; i < run->loads->len; i++) {
		first = MIN(first, ((const struct run_load *)run->loads->pdata[i])->from);
	}
	frame->to = run->to;
	frame->from = run->from;
	/* The quiet before gets at most a twentieth of the picture. */
	if (first < run->to && first - run->from > (run->to - first) / 19) {
		frame->from = first - (run->to - first) / 19;
	}
	sim_time length = frame->to - frame->from;

	frame->unit = length > 4 * SIM_HOUR ? 3600 : length > 400 * SIM_SECOND ? 60 : 1;
	frame->unit_name = frame->unit == 1 ? "s" : frame->unit == 60 ? "min" : "h";
	frame->pods = g_ptr_array_new();
	for (unsigned i = 0; i < run->pods->len; i++) {
		struct run_pod *pod = run->pods->pdata[i];

		if (pod->node && pod->gone_at > frame->from && pod->created_at < frame->to) {
			g_ptr_array_add(frame->pods, pod);
		}
	}
}

void frame_clear(struct frame *frame)
{
	g_ptr_array_unref(frame->pods);
}

void frame_zoom_to_loads(struct frame *frame, const struct run *run)
{
	sim_time from = frame->to, to = frame->from;

	for (unsigned i = 0; i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];

		from = MIN(from, load->from);
		to = MAX(to, load->to);
	}
	if (from < to) {
		frame->from = MAX(frame->from, from - (to - from) / 12);
		frame->to = MIN(frame->to, to + (to - from) / 12);
	}
}

double frame_x(const struct frame *frame, sim_time at)
{
	return sim_time_to_seconds(at) / frame->unit;
}

const char *frame_colour(size_t index)
{
	/* Okabe and Ito's palette, darkest first. */
	static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
	                                      "#E69F00", "#56B4E9", "#000000", "#8C6D31"};

	return colours[index % G_N_ELEMENTS(colours)];
}

int frame_point(size_t index)
{
	static const int points[] = {7, 5, 9, 13, 6, 4, 8, 12};

	/* Moves on by one each time that the colours begin anew. */
	return points[(index + index / 8) % G_N_ELEMENTS(points)];
}

char *frame_pod_label(const struct run_pod *pod)
{
	const char *dash = strrchr(pod->name, '-');
	const char *image =
	    pod->spec && pod->spec->n_containers ? pod->spec->containers[0].image : NULL;
	const char *tag = image ? strrchr(image, ':') : NULL;

	if (pod->revision > 0) {
		return g_strdup_printf("%s (rev. %d%s%s)", dash ? dash + 1 : pod->name,
		                       (int)pod->revision, tag ? ", " : "", tag ? tag + 1 : "");
	}
	return g_strdup(dash ? dash + 1 : pod->name);
}

/* --- marks --- */

struct mark {
	sim_time at;
	char *text;
};

static void mark_free(void *data)
{
	struct mark *mark = data;

	g_free(mark->text);
	g_free(mark);
}

static int compare_marks(const void *a, const void *b)
{
	const struct mark *left = *(const struct mark *const *)a,
			  *right = *(const struct mark *const *)b;

	return left->at < right->at ? -1 : left->at > right->at;
}

static void add_mark(GPtrArray *marks, sim_time at, char *text)
{
	struct mark *mark = g_new0(struct mark, 1);

	mark->at = at;
	mark->text = text;
	g_ptr_array_add(marks, mark);
}

static GPtrArray *collect_marks(const struct frame *frame, const struct run *run)
{
	GPtrArray *marks = g_ptr_array_new_with_free_func(mark_free);

	for (unsigned i = 0; i < run->notes->len; i++) {
		const struct run_note *note = run->notes->pdata[i];

		if (note->kind == NOTE_ACTION && note->at >= frame->from) {
			const char *slash = g_strrstr(note->text, "manifests/");

			add_mark(marks, note->at,
			         g_strdup(slash ? slash + strlen("manifests/") : note->text));
		}
	}
	for (unsigned i = 0; i < run->hpas->len; i++) {
		const struct run_hpa *hpa = run->hpas->pdata[i];

		for (unsigned j = 0; j < hpa->decisions->len; j++) {
			const struct run_decision *d =
			    &g_array_index(hpa->decisions, struct run_decision, j);

			if (d->rescaled && d->at >= frame->from) {
				add_mark(marks, d->at,
				         g_strdup_printf("HPA %d → %d", d->current, d->desired));
			}
		}
	}
	for (unsigned i = 0; i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];

		add_mark(marks, load->from, g_strdup_printf("load %s", load->name));
		if (load->to < run->to) {
			add_mark(marks, load->to, g_strdup_printf("load %s ends", load->name));
		}
	}
	g_ptr_array_sort(marks, compare_marks);
	return marks;
}

/* Marks closer than a label's height become one. */
static void join_near(GPtrArray *marks, sim_time nearest)
{
	for (unsigned i = 0; i + 1 < marks->len;) {
		struct mark *mark = marks->pdata[i], *next = marks->pdata[i + 1];

		if (next->at - mark->at < nearest) {
			char *joined = g_strdup_printf("%s; %s", mark->text, next->text);

			g_free(mark->text);
			mark->text = joined;
			g_ptr_array_remove_index(marks, i + 1);
		} else {
			i++;
		}
	}
}

void frame_axis(const struct frame *frame, struct sheet *sheet, const struct run *run, bool marks)
{
	sheet_add(sheet, "set xrange [%.6g:%.6g]\nset xlabel 'simulated time (%s)'\n",
	          frame_x(frame, frame->from), frame_x(frame, frame->to), frame->unit_name);
	sheet_add(sheet, "set lmargin 10\nset rmargin 30\nset key outside right top vertical Left "
	                 "reverse samplen 2.5\n");
	if (!marks) {
		return;
	}
	g_autoptr(GPtrArray) list = collect_marks(frame, run);

	for (unsigned i = list->len; i-- > 0;) {
		if (((const struct mark *)list->pdata[i])->at > frame->to) {
			g_ptr_array_remove_index(list, i);
		}
	}

	join_near(list, (frame->to - frame->from) / 30);
	sheet_add(sheet, "set tmargin 12\nset title offset 0,8.8\n");
	for (unsigned i = 0; i < list->len && i < 40; i++) {
		const struct mark *mark = list->pdata[i];
		double x = frame_x(frame, mark->at);
		g_autofree char *text = sheet_quote(mark->text);

		if (g_utf8_strlen(text, -1) > 40) {
			char *end = g_utf8_offset_to_pointer(text, 38);

			memcpy(end, "…", strlen("…") + 1);
		}
		sheet_add(sheet,
		          "set arrow from %.6g, graph 0 to %.6g, graph 1 nohead back lc rgb "
		          "'#888888' dt 3\n",
		          x, x);
		sheet_add(sheet,
		          "set label \"%s\" at %.6g, graph 1.02 left rotate by 28 noenhanced font "
		          "',10' textcolor rgb "
		          "'#444444'\n",
		          text, x);
	}
}
