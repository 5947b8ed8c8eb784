/* compare.c - two Runs side by side. */

#include "report/compare.h"

#include "report/summary.h"
#include "report/tables.h"
#include "report/text.h"

#include <math.h>
#include <string.h>

/* --- figures of one run --- */

struct pods_figures { /* of pods that ran in the measure window */
	unsigned serving, idle;
	double cpu, low, high, idle_cpu, peak, memory;
};

/* Whether @pod answered, or would have been sent, requests in the measure window. */
static bool serves(const struct run *run, const struct run_pod *pod)
{
	const GArray *spans = pod->serving->len ? pod->serving : pod->in_endpoints;

	return spans_length(spans, run->measure_from, run->measure_to) > 0;
}

static struct pods_figures figures_of(const struct run *run)
{
	struct pods_figures f = {.low = INFINITY, .high = -INFINITY, .peak = NAN};

	for (unsigned i = 0; i < run->pods->len; i++) {
		const struct run_pod *pod = run->pods->pdata[i];

		if (isnan(pod->cpu_mean)) {
			continue;
		}
		if (!serves(run, pod)) {
			f.idle++;
			f.idle_cpu += pod->cpu_mean;
			continue;
		}
		f.serving++;
		f.cpu += pod->cpu_mean;
		f.memory += pod->memory_mean;
		f.low = MIN(f.low, pod->cpu_mean);
		f.high = MAX(f.high, pod->cpu_mean);
		f.peak = fmax(f.peak, pod->cpu_max);
	}
	return f;
}

static double mean_of(double sum, unsigned n)
{
	return n ? sum / n : NAN;
}

static double replicas(const struct run *run,
                       double (*of)(const struct run *, const struct run_deployment *))
{
	double sum = 0;

	for (unsigned i = 0; i < run->deployments->len; i++) {
		sum += of(run, run->deployments->pdata[i]);
	}
	return sum;
}

static double latency_of(const struct run_load *load, double quantile)
{
	if (!load || !load->latency || !histogram_count(load->latency)) {
		return NAN;
	}
	return quantile < 0 ? histogram_mean(load->latency) / 1e9
	                    : histogram_quantile(load->latency, quantile) / 1e9;
}

/* --- the table --- */

static void comparison_free(void *data)
{
	struct comparison *comparison = data;

	g_free(comparison->name);
	g_free(comparison);
}

static void add(GPtrArray *out, const char *name, const char *unit, double before, double after)
{
	struct comparison *one = g_new0(struct comparison, 1);

	one->name = g_strdup(name);
	one->unit = unit;
	one->before = before;
	one->after = after;
	one->change = after - before;
	one->percent = before != 0 ? one->change / before : NAN;
	g_ptr_array_add(out, one);
}

static void add_replicas(GPtrArray *out, const struct run *before, const struct run *after)
{
	const double paid[] = {replicas(before, replicas_paid), replicas(after, replicas_paid)};
	const double serving[] = {replicas(before, replicas_serving),
	                          replicas(after, replicas_serving)};

	add(out, "replicas paid for", "replicas", paid[0], paid[1]);
	add(out, "replicas serving", "replicas", serving[0], serving[1]);
	add(out, "share of replicas wasted", "share",
	    paid[0] > 0 ? MAX(0, 1 - serving[0] / paid[0]) : NAN,
	    paid[1] > 0 ? MAX(0, 1 - serving[1] / paid[1]) : NAN);
}

static void add_pods(GPtrArray *out, const struct run *before, const struct run *after)
{
	const struct pods_figures b = figures_of(before), a = figures_of(after);

	add(out, "CPU per serving pod", "cores", mean_of(b.cpu, b.serving),
	    mean_of(a.cpu, a.serving));
	add(out, "highest 15 s CPU of a serving pod", "cores", b.peak, a.peak);
	add(out, "CPU spread of serving pods, (max - min) / mean", "share",
	    b.serving ? (b.high - b.low) / mean_of(b.cpu, b.serving) : NAN,
	    a.serving ? (a.high - a.low) / mean_of(a.cpu, a.serving) : NAN);
	add(out, "CPU per pod that does not serve", "cores", mean_of(b.idle_cpu, b.idle),
	    mean_of(a.idle_cpu, a.idle));
	add(out, "CPU of all pods", "cores", b.cpu + b.idle_cpu, a.cpu + a.idle_cpu);
	add(out, "memory per serving pod", "bytes", mean_of(b.memory, b.serving),
	    mean_of(a.memory, a.serving));
}

static void add_load(GPtrArray *out, const struct run_load *before, const struct run_load *after,
                     bool named)
{
	static const struct {
		const char *name;
		double quantile;
	} latencies[] = {{"mean latency", -1},
	                 {"P50 latency", 0.5},
	                 {"P90 latency", 0.9},
	                 {"P95 latency", 0.95},
	                 {"P99 latency", 0.99}};
	g_autofree char *suffix = named ? g_strdup_printf(" (%s)", after->name) : g_strdup("");
	g_autofree char *rps = g_strconcat("requests a second", suffix, NULL);
	g_autofree char *failures = g_strconcat("failed requests", suffix, NULL);

	add(out, rps, "1/s", before->rps, after->rps);
	for (size_t i = 0; i < G_N_ELEMENTS(latencies); i++) {
		g_autofree char *name = g_strconcat(latencies[i].name, suffix, NULL);

		add(out, name, "s", latency_of(before, latencies[i].quantile),
		    latency_of(after, latencies[i].quantile));
	}
	add(out, failures, "requests", (double)before->failures, (double)after->failures);
}

GPtrArray *compare_runs(const struct run *before, const struct run *after)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(comparison_free);

	add_replicas(out, before, after);
	add_pods(out, before, after);
	/* loads of one name belong together; else the first of each run */
	if (before->loads->len == 1 && after->loads->len == 1) {
		add_load(out, before->loads->pdata[0], after->loads->pdata[0], false);
		return out;
	}
	for (unsigned i = 0; i < after->loads->len; i++) {
		const struct run_load *load = after->loads->pdata[i];
		const struct run_load *same = run_find_load(before, load->name);

		if (same) {
			add_load(out, same, load, true);
		}
	}
	return out;
}

/* --- printing --- */

static char *value_text(const char *unit, double value)
{
	if (g_str_equal(unit, "cores")) {
		return text_cores(value);
	}
	if (g_str_equal(unit, "s")) {
		return text_latency(value);
	}
	if (g_str_equal(unit, "bytes")) {
		return text_bytes(value);
	}
	if (g_str_equal(unit, "share")) {
		return text_percent(value);
	}
	return text_number(value, g_str_equal(unit, "requests") ? 0
	                          : g_str_equal(unit, "1/s")    ? 1
	                                                        : 2);
}

static char *change_text(const struct comparison *one)
{
	if (isnan(one->change)) {
		return g_strdup("-");
	}
	g_autofree char *text = NULL;

	if (g_str_equal(one->unit, "share")) {
		text = g_strdup_printf("%.0f points", fabs(one->change) * 100);
	} else {
		text = value_text(one->unit, fabs(one->change));
	}
	return g_strdup_printf("%s%s", one->change < 0 ? "-" : "+", text);
}

void compare_print(const struct run *before, const struct run *after, GString *out, bool colour)
{
	g_autoptr(GPtrArray) figures = compare_runs(before, after);
	const char *const headers[] = {"", before->scenario->name, after->scenario->name, "CHANGE",
	                               "%"};
	struct columns *columns = columns_new(headers, "lrrrr", G_N_ELEMENTS(headers));

	for (unsigned i = 0; i < figures->len; i++) {
		const struct comparison *one = figures->pdata[i];
		char *cells[] = {
		    g_strdup(one->name),
		    value_text(one->unit, one->before),
		    value_text(one->unit, one->after),
		    change_text(one),
		    isnan(one->percent) || g_str_equal(one->unit, "share")
			? g_strdup("-")
			: g_strdup_printf("%+.0f %%", one->percent * 100),
		};

		columns_add(columns, cells);
	}
	text_heading(out, "Performance improvement", colour);
	columns_finish(columns, out, 0);
}

static struct doc *run_document(const struct run *run)
{
	struct doc *map = doc_new_map();

	doc_set(map, "scenario",
	        run->scenario->name ? doc_new_string(run->scenario->name) : doc_new_null());
	doc_set_int(map, "seed", (int64_t)run->seed);
	return map;
}

struct doc *compare_document(const struct run *before, const struct run *after)
{
	g_autoptr(GPtrArray) figures = compare_runs(before, after);
	struct doc *map = doc_new_map(), *list = doc_new_list();

	for (unsigned i = 0; i < figures->len; i++) {
		const struct comparison *one = figures->pdata[i];
		struct doc *item = doc_new_map();

		doc_set_string(item, "name", one->name);
		doc_set_string(item, "unit", one->unit);
		doc_set_figure(item, "before", one->before);
		doc_set_figure(item, "after", one->after);
		doc_set_figure(item, "change", one->change);
		doc_set_figure(item, "relativeChange", one->percent);
		doc_append(list, item);
	}
	doc_set_int(map, "schemaVersion", SUMMARY_SCHEMA_VERSION);
	doc_set(map, "before", run_document(before));
	doc_set(map, "after", run_document(after));
	doc_set(map, "figures", list);
	return map;
}
