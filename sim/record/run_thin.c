/* run_thin.c - puts items of long lists together. */

#include "record/run_thin.h"

#include <string.h>

/* --- cuts --- */

static int by_value(const void *a, const void *b)
{
	const sim_time one = *(const sim_time *)a, other = *(const sim_time *)b;

	return (one > other) - (one < other);
}

static void add_cut(GArray *cuts, sim_time at)
{
	if (at != SIM_NEVER) {
		g_array_append_val(cuts, at);
	}
}

GArray *thin_cuts(const struct scenario *scenario)
{
	GArray *cuts = g_array_new(FALSE, FALSE, sizeof(sim_time));
	sim_time from, to;

	scenario_measure_window(scenario, &from, &to);
	add_cut(cuts, from);
	add_cut(cuts, to);
	for (size_t i = 0; i < scenario->n_loads; i++) {
		const struct load *load = &scenario->loads[i];

		add_cut(cuts, load->from);
		add_cut(cuts, MIN(load->from + load->duration, scenario->to));
	}
	for (size_t i = 0; i < scenario->n_timeline; i++) {
		add_cut(cuts, scenario->timeline[i].at);
	}
	for (size_t i = 0; i < scenario->n_expectations; i++) {
		add_cut(cuts, scenario->expectations[i].from);
		add_cut(cuts, scenario->expectations[i].to);
	}
	g_array_sort(cuts, by_value);
	return cuts;
}

/* Whether a cut lies in [@from, @to]. */
static bool is_cut(const GArray *cuts, sim_time from, sim_time to)
{
	for (unsigned i = 0; i < cuts->len; i++) {
		const sim_time at = g_array_index(cuts, sim_time, i);

		if (at >= from) {
			return at <= to;
		}
	}
	return false;
}

/* --- items that may stand for several --- */

sim_time restart_last(const struct run_restart *restart)
{
	return restart->more ? restart->last : restart->at;
}

void step_range(const struct step *step, double *least, double *most)
{
	*least = step->more ? step->least : step->value;
	*most = step->more ? step->most : step->value;
}

sim_time step_zero(const struct step *step, sim_time end)
{
	return step->more ? step->zero : step->value == 0 ? end - step->at : 0;
}

/* --- the middle of a list --- */

struct kind_of_item {
	/* Whether @a and the later @b may become one; then @join does it. */
	bool (*fits)(const GArray *list, unsigned a, unsigned b, const GArray *cuts);
	void (*join)(GArray *list, unsigned a, unsigned b);
	bool neighbours; /* only what follows one another can be joined */
};

/* The item that waits for @i, in @waiting (unsigned), which is then no longer there; or none. */
static bool take_partner(GArray *list, GArray *waiting, unsigned i, const struct kind_of_item *kind,
                         const GArray *cuts, unsigned *partner)
{
	for (unsigned k = 0; k < waiting->len; k++) {
		*partner = g_array_index(waiting, unsigned, k);
		if (kind->fits(list, *partner, i, cuts)) {
			g_array_remove_index_fast(waiting, k);
			return true;
		}
	}
	return false;
}

/* Joins pairs of the middle of a list that is too long; the array's places of what went are closed.
 */
static void thin(GArray *list, const struct kind_of_item *kind, const GArray *cuts)
{
	if (list->len <= THIN_MAX) {
		return;
	}
	const unsigned end = list->len - THIN_EDGE;
	g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(unsigned));
	g_autofree bool *gone = g_new0(bool, list->len);
	const size_t size = g_array_get_element_size(list);
	unsigned kept = THIN_EDGE;

	for (unsigned i = THIN_EDGE; i < end; i++) {
		unsigned partner;

		if (take_partner(list, waiting, i, kind, cuts, &partner)) {
			kind->join(list, partner, i);
			gone[i] = true;
			continue;
		}
		if (kind->neighbours) {
			g_array_set_size(waiting, 0);
		}
		g_array_append_val(waiting, i);
	}
	for (unsigned i = THIN_EDGE; i < list->len; i++) {
		if (!gone[i]) {
			memmove(list->data + kept * size, list->data + i * size, size);
			kept++;
		}
	}
	/* what moved is no longer there, and is not to be freed */
	memset(list->data + kept * size, 0, (list->len - kept) * size);
	g_array_set_size(list, kept);
}

/* --- restarts --- */

static struct run_restart *restart_of(const GArray *list, unsigned i)
{
	return &g_array_index(list, struct run_restart, i);
}

static bool restarts_fit(const GArray *list, unsigned a, unsigned b, const GArray *cuts)
{
	const struct run_restart *one = restart_of(list, a), *other = restart_of(list, b);

	return one->at != SIM_NEVER && other->at != SIM_NEVER && one->cause == other->cause &&
	       one->exit_code == other->exit_code && one->reason == other->reason &&
	       g_strcmp0(one->container, other->container) == 0 &&
	       !is_cut(cuts, MIN(one->killed_at, one->finished_at), restart_last(other));
}

static void join_restarts(GArray *list, unsigned a, unsigned b)
{
	struct run_restart *one = restart_of(list, a), *other = restart_of(list, b);

	one->last = restart_last(other);
	one->more += 1 + other->more;
	g_free(other->container);
}

void thin_restarts(GArray *list, const GArray *cuts)
{
	static const struct kind_of_item kind = {restarts_fit, join_restarts, false};

	thin(list, &kind, cuts);
}

uint64_t thinned_restarts(const GArray *list)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < list->len; i++) {
		n += restart_of(list, i)->more;
	}
	return n;
}

/* --- probes --- */

static struct run_probes *probes_of(const GArray *list, unsigned i)
{
	return &g_array_index(list, struct run_probes, i);
}

static bool same_probe(const struct run_probes *one, const struct run_probes *other)
{
	return one->type == other->type && g_strcmp0(one->container, other->container) == 0;
}

/* The next outcome may be counted in the last run of its probe. */
static bool is_last_of_probe(const GArray *list, unsigned place)
{
	for (unsigned i = list->len; i-- > place + 1;) {
		if (same_probe(probes_of(list, i), probes_of(list, place))) {
			return false;
		}
	}
	return true;
}

static bool results_fit(const GArray *list, unsigned a, unsigned b, const GArray *cuts)
{
	const struct run_probes *one = probes_of(list, a), *other = probes_of(list, b);

	return one->result == other->result && same_probe(one, other) && !is_last_of_probe(list, b);
}

static bool probes_fit(const GArray *list, unsigned a, unsigned b, const GArray *cuts)
{
	const struct run_probes *one = probes_of(list, a), *other = probes_of(list, b);

	return one->status == other->status && one->handler == other->handler &&
	       one->port == other->port && g_strcmp0(one->message, other->message) == 0 &&
	       results_fit(list, a, b, cuts);
}

static void join_probes(GArray *list, unsigned a, unsigned b)
{
	struct run_probes *one = probes_of(list, a), *other = probes_of(list, b);

	one->last = MAX(one->last, other->last);
	one->count += other->count;
	one->more += 1 + other->more;
	one->longest = MAX(one->longest, other->longest);
	one->run = other->run;
	one->threshold = other->threshold;
	g_free(other->container);
	g_free(other->message);
}

void thin_probes(GArray *list, const GArray *cuts)
{
	static const struct kind_of_item alike = {probes_fit, join_probes, false};
	static const struct kind_of_item any = {results_fit, join_probes, false};

	thin(list, &alike, cuts);
	thin(list, &any, cuts); /* where hardly two answers are the same */
}

uint64_t thinned_probes(const GArray *list)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < list->len; i++) {
		n += probes_of(list, i)->more;
	}
	return n;
}

/* --- spans --- */

static struct span *span_of(const GArray *list, unsigned i)
{
	return &g_array_index(list, struct span, i);
}

static bool spans_fit(const GArray *list, unsigned a, unsigned b, const GArray *cuts)
{
	const sim_time to = span_of(list, b)->to;

	return to != SIM_NEVER && !is_cut(cuts, span_of(list, a)->from, to);
}

static void join_spans(GArray *list, unsigned a, unsigned b)
{
	struct span *one = span_of(list, a);
	const struct span *other = span_of(list, b);

	one->gaps += other->from - one->to + other->gaps;
	one->to = other->to;
	one->more += 1 + other->more;
}

void thin_spans(GArray *list, const GArray *cuts)
{
	static const struct kind_of_item kind = {spans_fit, join_spans, true};

	thin(list, &kind, cuts);
}

uint64_t thinned_spans(const GArray *list)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < list->len; i++) {
		n += span_of(list, i)->more;
	}
	return n;
}

/* --- steps --- */

static struct step *step_of(const GArray *list, unsigned i)
{
	return &g_array_index(list, struct step, i);
}

static bool steps_fit(const GArray *list, unsigned a, unsigned b, const GArray *cuts)
{
	return !is_cut(cuts, step_of(list, a)->at, step_of(list, b + 1)->at - 1);
}

static void join_steps(GArray *list, unsigned a, unsigned b)
{
	struct step *one = step_of(list, a);
	const sim_time begin = step_of(list, b)->at, end = step_of(list, b + 1)->at;
	const sim_time zero = step_zero(one, begin) + step_zero(step_of(list, b), end);
	double least, most, other_least, other_most;

	step_range(one, &least, &most);
	step_range(step_of(list, b), &other_least, &other_most);
	one->least = MIN(least, other_least);
	one->most = MAX(most, other_most);
	one->zero = zero;
	one->more += 1 + step_of(list, b)->more;
}

void thin_steps(GArray *list, const GArray *cuts)
{
	static const struct kind_of_item kind = {steps_fit, join_steps, true};

	thin(list, &kind, cuts);
}

uint64_t thinned_steps(const GArray *list)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < list->len; i++) {
		n += step_of(list, i)->more;
	}
	return n;
}

/* --- all --- */

uint64_t thinned_pod(const struct run_pod *pod)
{
	return thinned_restarts(pod->restarts) + thinned_probes(pod->probes) +
	       thinned_spans(pod->ready) + thinned_spans(pod->running) +
	       thinned_spans(pod->backoff) + thinned_spans(pod->serving) +
	       thinned_spans(pod->in_endpoints);
}

uint64_t thinned_service(const struct run_service *service)
{
	return thinned_steps(service->endpoints) + thinned_steps(service->programmed);
}

uint64_t thinned_deployment(const struct run_deployment *deployment)
{
	return thinned_steps(deployment->desired) + thinned_steps(deployment->current) +
	       thinned_steps(deployment->ready) + thinned_steps(deployment->available) +
	       thinned_steps(deployment->updated);
}

uint64_t thinned_items(const struct run *run)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < run->pods->len; i++) {
		n += thinned_pod(run->pods->pdata[i]);
	}
	for (unsigned i = 0; i < run->services->len; i++) {
		n += thinned_service(run->services->pdata[i]);
	}
	for (unsigned i = 0; i < run->deployments->len; i++) {
		n += thinned_deployment(run->deployments->pdata[i]);
	}
	return n;
}
