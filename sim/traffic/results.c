/* results.c - what became of a load's requests: totals, latencies, and both per step of time. */

#include "traffic/internal.h"

#define BINS 512
#define FIRST_WIDTH SIM_SECOND
#define TOTAL_STEPS 1024
#define BIN_STEPS 128

void results_prepare(struct clients *c)
{
	c->results = (struct load_results){
	    .latency = histogram_new(TOTAL_STEPS),
	    .bin_width = FIRST_WIDTH,
	    .bins = g_new0(struct load_bin, BINS),
	};
}

void results_clear(struct clients *c)
{
	for (size_t i = 0; i < BINS; i++) {
		histogram_free(c->results.bins[i].latency);
	}
	g_free(c->results.bins);
	histogram_free(c->results.latency);
}

static void merge_bins(struct load_bin *to, struct load_bin *from)
{
	to->sent += from->sent;
	to->done += from->done;
	to->failures += from->failures;
	if (!to->latency) {
		to->latency = g_steal_pointer(&from->latency);
	} else if (from->latency) {
		histogram_merge(to->latency, from->latency);
	}
	histogram_free(from->latency);
	*from = (struct load_bin){0};
}

/* Steps twice as long: two neighbours become one. */
static void double_width(struct clients *c)
{
	struct load_results *r = &c->results;

	for (size_t i = 0; i < BINS / 2; i++) {
		if (i > 0) {
			r->bins[i] = r->bins[2 * i];
			r->bins[2 * i] = (struct load_bin){0};
		}
		merge_bins(&r->bins[i], &r->bins[2 * i + 1]);
	}
	r->bin_width *= 2;
	r->n_bins = (r->n_bins + 1) / 2;
	c->sent_window.bin = NULL;
	c->done_window.bin = NULL;
}

/* The bin that @at lies in. Most instants lie in the same one as the instant before. */
static struct load_bin *bin_at(struct clients *c, struct bin_window *window, sim_time at)
{
	struct load_results *r = &c->results;

	if (G_LIKELY(window->bin && at >= window->from && at < window->to)) {
		return window->bin;
	}
	while ((at - c->start) / r->bin_width >= BINS) {
		double_width(c);
	}
	const size_t i = (size_t)((at - c->start) / r->bin_width);

	r->n_bins = MAX(r->n_bins, i + 1);
	window->from = c->start + (sim_time)i * r->bin_width;
	window->to = window->from + r->bin_width;
	window->bin = &r->bins[i];
	return window->bin;
}

void results_sent(struct clients *c, sim_time at)
{
	c->results.sent++;
	bin_at(c, &c->sent_window, at)->sent++;
}

void results_done(struct clients *c, enum request_outcome outcome, sim_time at, sim_time latency)
{
	struct load_results *r = &c->results;
	struct load_bin *bin = bin_at(c, &c->done_window, at);
	const bool answered =
	    outcome == REQUEST_OK || outcome == REQUEST_STATUS_4XX || outcome == REQUEST_STATUS_5XX;

	r->done++;
	r->outcomes[outcome]++;
	bin->done++;
	if (outcome != REQUEST_OK) {
		r->failures++;
		bin->failures++;
	}
	if (answered) {
		if (G_UNLIKELY(!bin->latency)) {
			bin->latency = histogram_new(BIN_STEPS);
		}
		histogram_add(bin->latency, latency);
		histogram_add(r->latency, latency);
	}
}
