/* results.c - what became of a load's requests: totals, latencies, and both per step of time. */

#include "traffic/internal.h"

#include "engine/histogram_packed.h"

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
		g_free(c->results.bins[i].packed);
	}
	histogram_free(c->unpacked);
	g_free(c->results.bins);
	histogram_free(c->results.latency);
}

/* The latencies of @bin, to be counted in: empty ones where it has none. */
static struct histogram *open_latency(struct load_bin *bin)
{
	if (!bin->latency) {
		bin->latency = histogram_new(BIN_STEPS);
	}
	if (bin->packed) {
		histogram_merge_packed(bin->latency, bin->packed);
		g_clear_pointer(&bin->packed, g_free);
	}
	return bin->latency;
}

/* Time has gone on beyond @bin; NULL is fine. */
static void close_latency(struct load_bin *bin)
{
	if (bin && bin->latency) {
		g_assert(!bin->packed);
		bin->packed = histogram_pack(bin->latency);
		g_clear_pointer(&bin->latency, histogram_free);
	}
}

static void merge_bins(struct load_bin *to, struct load_bin *from)
{
	to->sent += from->sent;
	to->done += from->done;
	to->failures += from->failures;
	if (!to->packed) {
		to->packed = g_steal_pointer(&from->packed);
	} else if (from->packed) {
		histogram_merge_packed(open_latency(to), from->packed);
		close_latency(to);
	}
	g_free(from->packed);
	*from = (struct load_bin){0};
}

/* Steps twice as long: two neighbours become one. */
static void double_width(struct clients *c)
{
	struct load_results *r = &c->results;

	close_latency(c->done_window.bin);
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

	if (window == &c->done_window) {
		close_latency(window->bin);
	}
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
			open_latency(bin);
		}
		histogram_add(bin->latency, latency);
		histogram_add(r->latency, latency);
	}
}

const struct histogram *clients_bin_latency(struct clients *c, size_t i)
{
	const struct load_bin *bin = &c->results.bins[i];

	if (!bin->packed) {
		return bin->latency;
	}
	if (!c->unpacked) {
		c->unpacked = histogram_new(BIN_STEPS);
	}
	histogram_clear(c->unpacked);
	histogram_merge_packed(c->unpacked, bin->packed);
	return c->unpacked;
}
