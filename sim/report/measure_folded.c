/* measure_folded.c - what quantities of a Deployment have from pods that are told in sums only. */

#include "report/measure_private.h"

#include <math.h>

GPtrArray *measure_folded(const struct run *run, const struct expect_term *term)
{
	g_autofree char *namespace = NULL, *name = NULL;
	const char *revision = measure_argument(term, "revision");
	enum object_kind kind = KIND_POD;
	GPtrArray *list = g_ptr_array_new();

	if (!run->folded->len || !measure_object(term->object, &kind, &namespace, &name)) {
		return list;
	}
	for (unsigned i = 0; kind == KIND_DEPLOYMENT && i < run->folded->len; i++) {
		const struct run_folded *folded = run->folded->pdata[i];

		if (g_strcmp0(folded->deployment, name) == 0 &&
		    measure_fits(namespace, folded->namespace) &&
		    (!revision || g_ascii_strtoll(revision, NULL, 10) == folded->revision)) {
			g_ptr_array_add(list, (gpointer)folded);
		}
	}
	return list;
}

const struct run_figure *measure_folded_figure(const struct run_folded *folded, const char *name)
{
	return g_str_equal(name, "timeToReady")   ? &folded->time_to_ready
	       : g_str_equal(name, "cpu.mean")    ? &folded->cpu_mean
	       : g_str_equal(name, "cpu.max")     ? &folded->cpu_max
	       : g_str_equal(name, "memory.mean") ? &folded->memory_mean
	                                          : &folded->memory_max;
}

void measure_folded_values(const struct run *run, const struct expect_term *term,
                           struct measure *measure)
{
	g_autoptr(GPtrArray) list = measure_folded(run, term);

	for (unsigned i = 0; i < list->len; i++) {
		const struct run_folded *folded = list->pdata[i];
		const struct run_figure *figure = measure_folded_figure(folded, term->name);
		const double never = NAN;

		if (figure->n) {
			g_array_append_val(measure->values, figure->least);
			g_array_append_val(measure->values, figure->most);
		}
		if (g_str_equal(term->name, "timeToReady") && folded->never_ready) {
			g_array_append_val(measure->values, never);
		}
	}
}

static bool is_container(const struct run_folded_container *one, const struct expect_term *term)
{
	const char *container = measure_argument(term, "container");

	return !container || g_strcmp0(container, one->name) == 0;
}

double measure_folded_probes(const struct run_folded *folded, const struct expect_term *term)
{
	static const char *const results[] = {"success", "failure", "error"};
	const char *type = measure_argument(term, "type");
	const char *result = measure_argument(term, "result");
	double n = 0;

	for (unsigned i = 0; i < folded->containers->len; i++) {
		const struct run_folded_container *one =
		    &g_array_index(folded->containers, struct run_folded_container, i);

		for (int t = 0; is_container(one, term) && t < PROBE_TYPES; t++) {
			if (type && !g_str_equal(type, probe_type_name((enum probe_type)t))) {
				continue;
			}
			for (int r = 0; r < 3; r++) {
				n += !result || g_str_equal(result, results[r])
				         ? (double)one->probes[t][r]
				         : 0;
			}
		}
	}
	return n;
}

double measure_folded_restarts(const struct run *run, const struct expect_term *term, sim_time at,
                               GArray *times)
{
	g_autoptr(GPtrArray) list = measure_folded(run, term);
	double n = 0;

	for (unsigned i = 0; i < list->len; i++) {
		const struct run_folded *folded = list->pdata[i];

		for (unsigned k = 0; k < folded->containers->len; k++) {
			const struct run_folded_container *one =
			    &g_array_index(folded->containers, struct run_folded_container, k);

			if (one->restarts && one->last_restart <= at && is_container(one, term)) {
				n += (double)one->restarts;
			}
			if (one->restarts && times) {
				g_array_append_val(times, one->last_restart);
			}
		}
	}
	return n;
}

double measure_folded_events(const struct run *run, const struct expect_term *term)
{
	const char *reason = measure_argument(term, "reason");
	const char *type = measure_argument(term, "type");
	g_autoptr(GPtrArray) list = measure_folded(run, term);
	double n = 0;

	for (unsigned i = 0; i < list->len; i++) {
		const GArray *events = ((const struct run_folded *)list->pdata[i])->events;

		for (unsigned k = 0; k < events->len; k++) {
			const struct run_folded_event *one =
			    &g_array_index(events, struct run_folded_event, k);

			if ((!reason || g_strcmp0(one->reason, reason) == 0) &&
			    (!type || g_str_equal(type, one->warning ? "Warning" : "Normal"))) {
				n += (double)one->count;
			}
		}
	}
	return n;
}
