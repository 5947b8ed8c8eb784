/* recorder_thin.c - lists of a run that would grow with simulated time, thinned as histories are:
 * every second item goes when there are very many, so that the further a run gets, the coarser is
 * what lies behind. */

#include "record/recorder_private.h"

enum {
	DECISIONS_MAX = 2000, /* of an HPA: eight hours in which no two are alike */
	NOTES_MAX = 4000,     /* of a run, and four for each pod that was there at once */
};

/* Of decisions that change nothing first, of all when that is not enough; the first and the last
 * stay. The one before counts for one that went. */
static void thin_decisions(struct run_hpa *hpa, bool all)
{
	struct run_decision *decisions = (struct run_decision *)(void *)hpa->decisions->data;
	const unsigned n = hpa->decisions->len;
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		struct run_decision *one = &decisions[i];

		if (i % 2 == 1 && i + 1 < n && (all || !one->rescaled)) {
			decisions[kept - 1].last = one->last;
			decisions[kept - 1].count += one->count;
			run_decision_clear(one);
			hpa->thinned++;
		} else {
			decisions[kept++] = *one;
		}
	}
	for (unsigned i = kept; i < n; i++) {
		decisions[i] = (struct run_decision){0}; /* its parts have moved, or are freed */
	}
	g_array_set_size(hpa->decisions, kept);
}

void recorder_thin_decisions(struct run_hpa *hpa)
{
	if (hpa->decisions->len <= DECISIONS_MAX) {
		return;
	}
	thin_decisions(hpa, false);
	if (hpa->decisions->len > DECISIONS_MAX * 3 / 4) {
		thin_decisions(hpa, true);
	}
}

void recorder_thin_notes(struct recorder *recorder)
{
	GPtrArray *notes = recorder->run->notes;
	g_autoptr(GHashTable) last = NULL; /* notes that equal ones are counted in */
	GHashTableIter all;
	gpointer note;
	unsigned kept = 0;

	if (notes->len <= NOTES_MAX + 4 * recorder->most_alive) {
		return;
	}
	last = g_hash_table_new(NULL, NULL);
	g_hash_table_iter_init(&all, recorder->notes);
	while (g_hash_table_iter_next(&all, NULL, &note)) {
		g_hash_table_add(last, note);
	}
	for (unsigned i = 0; i < notes->len; i++) {
		struct run_note *one = notes->pdata[i];

		if (i % 2 == 1 && one->kind != NOTE_ACTION && !g_hash_table_contains(last, one)) {
			run_note_free(one);
			recorder->run->notes_thinned++;
		} else {
			notes->pdata[kept++] = one;
		}
	}
	run_shorten(notes, kept);
}

void recorder_open(struct recorder *recorder, GArray *spans, sim_time at)
{
	spans_open(spans, at);
	thin_spans(spans, recorder->cuts);
}

void recorder_step(struct recorder *recorder, GArray *steps, sim_time at, double value)
{
	steps_set(steps, at, value);
	thin_steps(steps, recorder->cuts);
}
