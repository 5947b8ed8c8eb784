/* measure.c - the values of quantities in a Run. */

#include "report/measure_private.h"

#include "report/tables.h"
#include "report/text.h"

#include <math.h>
#include <string.h>

G_DEFINE_QUARK(podsim - measure - error, measure_error)

void measure_clear(struct measure *measure)
{
	g_clear_pointer(&measure->values, g_array_unref);
	g_clear_pointer(&measure->text, g_free);
	g_clear_pointer(&measure->detail, g_free);
}

const char *measure_argument(const struct expect_term *term, const char *key)
{
	for (unsigned i = 0; term->keys && term->keys[i]; i++) {
		if (g_str_equal(term->keys[i], key)) {
			return term->values[i];
		}
	}
	return NULL;
}

char *measure_text(enum expect_unit unit, double value)
{
	switch (unit) {
	case EXPECT_SECONDS:
		return text_latency(value);
	case EXPECT_CORES:
		return text_cores(value);
	case EXPECT_BYTES:
		return text_bytes(value);
	case EXPECT_PERCENT:
		return g_strdup_printf("%.1f %%", value * 100);
	case EXPECT_NUMBER:
	case EXPECT_TEXT:
		break;
	}
	return value == floor(value) ? g_strdup_printf("%.0f", value)
	                             : g_strdup_printf("%.2f", value);
}

/* --- what a term is about --- */

bool measure_unknown(GError **error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);

	va_end(arguments);
	g_set_error_literal(error, MEASURE_ERROR, MEASURE_ERROR_UNKNOWN, message);
	return false;
}

bool measure_object(const char *text, enum object_kind *kind, char **namespace, char **name)
{
	g_auto(GStrv) parts = g_strsplit(text ? text : "", "/", 4);
	const unsigned n = g_strv_length(parts);

	*namespace = *name = NULL;
	if (n < 2 || n > 3 || !object_kind_from_word(parts[n - 2], kind)) {
		return false;
	}
	*name = g_strdup(parts[n - 1]);
	*namespace = n == 3 ? g_strdup(parts[0]) : NULL;
	return true;
}

bool measure_fits(const char *wanted, const char *namespace)
{
	return !wanted || g_strcmp0(wanted, namespace) == 0;
}

GPtrArray *measure_pods(const struct run *run, const struct expect_term *term, GError **error)
{
	g_autofree char *namespace = NULL, *name = NULL;
	const char *revision = measure_argument(term, "revision");
	enum object_kind kind = KIND_POD;
	g_autoptr(GPtrArray) pods = g_ptr_array_new();

	if (!measure_object(term->object, &kind, &namespace, &name)) {
		measure_unknown(error, "'%s' is no object", term->object ? term->object : "");
		return NULL;
	}
	for (unsigned i = 0; i < run->pods->len; i++) {
		struct run_pod *pod = run->pods->pdata[i];
		const char *own = kind == KIND_DEPLOYMENT ? pod->deployment : pod->name;

		if (g_strcmp0(own, name) == 0 && measure_fits(namespace, pod->namespace) &&
		    (!revision || g_ascii_strtoll(revision, NULL, 10) == pod->revision)) {
			g_ptr_array_add(pods, pod);
		}
	}
	g_autoptr(GPtrArray) folded = measure_folded(run, term);

	if (!pods->len && !folded->len) {
		measure_unknown(error, "%s%s%s matches no pod of the run", term->object,
		                revision ? ", revision=" : "", revision ? revision : "");
		return NULL;
	}
	return g_steal_pointer(&pods);
}

static void push(struct measure *measure, double value)
{
	g_array_append_val(measure->values, value);
}

/* --- loads --- */

static double load_latency(const struct run_load *load, const char *which)
{
	const struct histogram *latency = load->latency;

	if (!latency || !histogram_count(latency)) {
		return NAN;
	}
	if (g_str_equal(which, "mean")) {
		return histogram_mean(latency) / 1e9;
	}
	if (g_str_equal(which, "max")) {
		return sim_time_to_seconds(histogram_max(latency));
	}
	return histogram_quantile(latency, g_ascii_strtod(which + 1, NULL) / 100) / 1e9;
}

static uint64_t load_failures(const struct run_load *load, const char *cause)
{
	for (int i = 0; cause && i < REQUEST_OUTCOMES; i++) {
		if (g_str_equal(request_outcome_name((enum request_outcome)i), cause)) {
			return load->outcomes[i];
		}
	}
	return load->failures;
}

static bool measure_load(const struct run *run, const struct expect_term *term,
                         struct measure *measure, GError **error)
{
	const struct run_load *load = run_find_load(run, term->object);
	double value = NAN;

	if (!load) {
		return measure_unknown(error, "there is no load '%s'", term->object);
	}
	const double failures = (double)load_failures(load, measure_argument(term, "cause"));

	if (g_str_equal(term->name, "requests")) {
		value = (double)load->requests;
	} else if (g_str_equal(term->name, "failures")) {
		value = failures;
	} else if (g_str_equal(term->name, "failureRate")) {
		value = load->requests ? failures / (double)load->requests : NAN;
	} else if (g_str_equal(term->name, "rps")) {
		value = load->rps;
	} else if (g_str_has_prefix(term->name, "latency.")) {
		value = load_latency(load, term->name + strlen("latency."));
	}
	push(measure, value);
	return true;
}

/* --- pods over the measure window or the whole run --- */

static double pod_figure(const struct run_pod *pod, const char *name)
{
	if (g_str_equal(name, "cpu.mean")) {
		return pod->cpu_mean;
	}
	if (g_str_equal(name, "cpu.max")) {
		return pod->cpu_max;
	}
	if (g_str_equal(name, "memory.mean")) {
		return pod->memory_mean;
	}
	return pod->memory_max;
}

/* Of pods that ran in the measure window: one value each. */
static bool measure_usage(const struct run *run, const GPtrArray *pods,
                          const struct expect_term *term, struct measure *measure, GError **error)
{
	for (unsigned i = 0; i < pods->len; i++) {
		const double value = pod_figure(pods->pdata[i], term->name);

		if (!isnan(value)) {
			push(measure, value);
		}
	}
	measure_folded_values(run, term, measure);
	return measure->values->len ||
	       measure_unknown(error, "no pod of %s ran in the measure window", term->object);
}

/* (max - min) / mean, or the standard deviation over the mean, of the pods' mean CPU. */
static bool measure_spread(const struct run *run, const GPtrArray *pods,
                           const struct expect_term *term, struct measure *measure, GError **error)
{
	g_autoptr(GPtrArray) folded = measure_folded(run, term);
	double low = INFINITY, high = -INFINITY, sum = 0, squares = 0;
	double n = 0;

	for (unsigned i = 0; i < pods->len; i++) {
		const double value = ((const struct run_pod *)pods->pdata[i])->cpu_mean;

		if (!isnan(value)) {
			low = MIN(low, value);
			high = MAX(high, value);
			sum += value;
			squares += value * value;
			n++;
		}
	}
	for (unsigned i = 0; i < folded->len; i++) {
		const struct run_figure *figure =
		    &((const struct run_folded *)folded->pdata[i])->cpu_mean;

		low = figure->n ? MIN(low, figure->least) : low;
		high = figure->n ? MAX(high, figure->most) : high;
		sum += figure->sum;
		squares += figure->squares;
		n += (double)figure->n;
	}
	if (n <= 0 || sum <= 0) {
		return measure_unknown(error, "no pod of %s ran in the measure window",
		                       term->object);
	}
	const double mean = sum / n, variance = MAX(0, squares / n - mean * mean);

	push(measure,
	     g_str_equal(term->name, "cpu.cv") ? sqrt(variance) / mean : (high - low) / mean);
	return true;
}

static double sum_probes(const struct run_pod *pod, const struct expect_term *term)
{
	static const char *const results[] = {"success", "failure", "error"};
	const char *type = measure_argument(term, "type");
	const char *result = measure_argument(term, "result");
	const char *container = measure_argument(term, "container");
	double n = 0;

	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *probes = &g_array_index(pod->probes, struct run_probes, i);

		if ((!type || g_str_equal(type, probe_type_name(probes->type))) &&
		    (!result || g_str_equal(result, results[probes->result])) &&
		    (!container || g_strcmp0(container, probes->container) == 0)) {
			n += probes->count;
		}
	}
	return n;
}

static bool measure_sums(const struct run *run, const GPtrArray *pods,
                         const struct expect_term *term, struct measure *measure, GError **error)
{
	g_autoptr(GPtrArray) folded = measure_folded(run, term);
	double requests = 0, failures = 0, probes = 0;

	if (measure_argument(term, "cause")) {
		return measure_unknown(error, "failures of pods have no cause; those of a load do");
	}
	for (unsigned i = 0; i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];

		requests += (double)pod->requests;
		failures += (double)pod->failures;
		probes += sum_probes(pod, term);
	}
	for (unsigned i = 0; i < folded->len; i++) {
		const struct run_folded *sums = folded->pdata[i];

		requests += (double)sums->requests;
		failures += (double)sums->failures;
		probes += measure_folded_probes(sums, term);
	}
	push(measure, g_str_equal(term->name, "requests")   ? requests
	              : g_str_equal(term->name, "failures") ? failures
	              : g_str_equal(term->name, "probes")   ? probes
	              : requests > 0                        ? failures / requests
	                                                    : NAN);
	return true;
}

static bool measure_of_pods(const struct run *run, const struct expect_term *term,
                            struct measure *measure, GError **error)
{
	g_autoptr(GPtrArray) pods = measure_pods(run, term, error);

	if (!pods) {
		return false;
	}
	if (g_str_equal(term->name, "cpu.spread") || g_str_equal(term->name, "cpu.cv")) {
		return measure_spread(run, pods, term, measure, error);
	}
	if (g_str_has_prefix(term->name, "cpu.") || g_str_has_prefix(term->name, "memory.")) {
		return measure_usage(run, pods, term, measure, error);
	}
	if (!g_str_equal(term->name, "timeToReady")) {
		return measure_sums(run, pods, term, measure, error);
	}
	for (unsigned i = 0; i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];

		push(measure, pod->ready_at == SIM_NEVER
		                  ? NAN
		                  : sim_time_to_seconds(pod->ready_at - pod->created_at));
	}
	measure_folded_values(run, term, measure);
	return true;
}

/* --- Deployments, events --- */

static bool measure_replica_seconds(const struct run *run, const struct expect_term *term,
                                    struct measure *measure, GError **error)
{
	const struct run_deployment *deployment = measure_deployment(run, term, error);

	if (!deployment) {
		return false;
	}
	push(measure, g_str_has_suffix(term->name, ".serving") ? deployment->serving
	              : g_str_has_suffix(term->name, ".wasted")
	                  ? deployment->paid - deployment->serving
	                  : deployment->paid);
	return true;
}

static bool measure_quantity(const struct run *run, const struct expect_term *term,
                             const struct expect_quantity *quantity, sim_time at,
                             struct measure *measure, GError **error)
{
	if (quantity->changes) {
		return measure_at(run, term, MIN(at, run->to), measure, error);
	}
	if (g_str_equal(term->name, "events")) {
		return measure_events(run, term, measure, error);
	}
	if (g_str_has_prefix(term->name, "replicaSeconds")) {
		return measure_replica_seconds(run, term, measure, error);
	}
	if (term->object && !strchr(term->object, '/')) {
		return measure_load(run, term, measure, error);
	}
	return measure_of_pods(run, term, measure, error);
}

bool measure_term(const struct run *run, const struct expect_term *term, sim_time at,
                  struct measure *measure, GError **error)
{
	const struct expect_quantity *quantity = expect_quantity_find(term->name);

	*measure = (struct measure){0};
	if (!quantity) {
		return measure_unknown(error, "there is no quantity '%s'", term->name);
	}
	measure->unit = quantity->unit;
	measure->values = g_array_new(FALSE, FALSE, sizeof(double));
	if (!measure_quantity(run, term, quantity, at, measure, error)) {
		measure_clear(measure);
		return false;
	}
	return true;
}
