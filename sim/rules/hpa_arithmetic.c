/* hpa_arithmetic.c - ratios of usage to target, tolerance, and conversions that saturate. */

#include "rules/hpa.h"
#include "rules/hpa_private.h"

#include <math.h>

int32_t hpa_int32_of(double value)
{
	if (isnan(value)) {
		return 0;
	}
	if (value >= 2147483647.0) {
		return INT32_MAX;
	}
	return value <= -2147483648.0 ? INT32_MIN : (int32_t)value;
}

int64_t hpa_int64_of(double value)
{
	if (isnan(value)) {
		return 0;
	}
	if (value >= 9223372036854775807.0) {
		return INT64_MAX;
	}
	return value <= -9223372036854775808.0 ? INT64_MIN : (int64_t)value;
}

int32_t hpa_int32_of_wide(int64_t value)
{
	return (int32_t)CLAMP(value, INT32_MIN, INT32_MAX);
}

int64_t hpa_add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	if (!__builtin_add_overflow(a, b, &sum)) {
		return sum;
	}
	return a < 0 ? INT64_MIN : INT64_MAX;
}

/* @usage as a whole percentage of @request (not 0), truncated toward zero. */
static int32_t percent_of(int64_t usage, int64_t request)
{
	int64_t hundredfold;

	if (!__builtin_mul_overflow(usage, INT64_C(100), &hundredfold)) {
		return hpa_int32_of_wide(hundredfold / request);
	}
	/* Beyond int64 the percentage alone still fits: whole parts first, then what is left of
	 * them. */
	int64_t whole = usage / request, percent;

	if (__builtin_mul_overflow(whole, INT64_C(100), &percent)) {
		return usage < 0 ? INT32_MIN : INT32_MAX;
	}
	return hpa_int32_of_wide(hpa_add_saturating(
	    percent, (int64_t)((double)(usage % request) / (double)request * 100)));
}

bool hpa_utilization_ratio(const GArray *values, const struct pod *const *pods,
                           const int64_t *requests, size_t n_pods, int32_t target_utilization,
                           struct hpa_ratio *ratio)
{
	g_autoptr(GHashTable) request_of = g_hash_table_new(g_str_hash, g_str_equal);

	*ratio = (struct hpa_ratio){0};
	for (size_t i = 0; i < n_pods; i++) {
		g_hash_table_insert(request_of, pods[i]->object.meta.name, (gpointer)&requests[i]);
	}
	for (guint i = 0; i < values->len; i++) {
		const struct hpa_pod_value *value = &g_array_index(values, struct hpa_pod_value, i);
		const int64_t *request =
		    value->removed ? NULL : g_hash_table_lookup(request_of, value->pod);

		if (request) {
			ratio->usage = hpa_add_saturating(ratio->usage, value->value);
			ratio->request = hpa_add_saturating(ratio->request, *request);
			ratio->count++;
		}
	}
	if (ratio->request == 0) {
		return false;
	}
	ratio->utilization = percent_of(ratio->usage, ratio->request);
	ratio->average = ratio->usage / (int64_t)ratio->count;
	ratio->ratio = (double)ratio->utilization / (double)target_utilization;
	return true;
}

void hpa_average_ratio(const GArray *values, int64_t target_average, struct hpa_ratio *ratio)
{
	*ratio = (struct hpa_ratio){0};
	for (guint i = 0; i < values->len; i++) {
		const struct hpa_pod_value *value = &g_array_index(values, struct hpa_pod_value, i);

		if (!value->removed) {
			ratio->usage = hpa_add_saturating(ratio->usage, value->value);
			ratio->count++;
		}
	}
	g_assert(ratio->count > 0);
	ratio->average = ratio->usage / (int64_t)ratio->count;
	ratio->ratio = (double)ratio->average / (double)target_average;
}

bool hpa_within_tolerance(const struct hpa_input *input, double ratio)
{
	const struct hpa *hpa = input->hpa;
	const bool own = hpa->has_behavior && input->release->hpa_configurable_tolerance;
	const double fallback = input->settings->tolerance;
	const double up = own && hpa->scale_up.has_tolerance ? hpa->scale_up.tolerance : fallback;
	const double down =
	    own && hpa->scale_down.has_tolerance ? hpa->scale_down.tolerance : fallback;

	if (!input->release->hpa_tolerance_by_bounds) {
		return fabs(1.0 - ratio) <= fallback;
	}
	return (1.0 - down) <= ratio && ratio <= (1.0 + up);
}
