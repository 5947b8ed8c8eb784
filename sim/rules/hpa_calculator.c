/* hpa_calculator.c - one metric's proposal: how many replicas would bring it to its target.
 *
 * Source: replica_calculator.go. */

#include "rules/hpa.h"
#include "rules/hpa_private.h"

#include <math.h>
#include <string.h>

#define NO_PODS "no pods returned by selector while calculating replica count"

void hpa_proposal_clear(struct hpa_proposal *proposal)
{
	g_free(proposal->message);
	g_free(proposal->error);
	g_free(proposal->metric_name);
	hpa_pod_groups_clear(&proposal->groups);
	*proposal = (struct hpa_proposal){0};
}

/* --- metrics that are counted pod by pod --- */

struct calculation { /* of a Resource, ContainerResource or Pods metric */
	const struct hpa_input *input;
	const struct pod *const *pods; /* the selected ones */
	size_t n_pods;
	GArray *values;
	int64_t *requests; /* as pods; NULL: the target is an average */
	struct hpa_proposal *proposal;
};

static bool calculate_ratio(const struct calculation *c, struct hpa_ratio *ratio)
{
	if (c->requests) {
		return hpa_utilization_ratio(c->values, c->pods, c->requests, c->n_pods,
		                             (int32_t)c->proposal->target, ratio);
	}
	hpa_average_ratio(c->values, c->proposal->target, ratio);
	return true;
}

static void remove_values(GArray *values, const GPtrArray *pods)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < pods->len; i++) {
		g_hash_table_add(names, g_ptr_array_index(pods, i));
	}
	for (guint i = 0; i < values->len; i++) {
		struct hpa_pod_value *value = &g_array_index(values, struct hpa_pod_value, i);

		value->removed |= g_hash_table_contains(names, value->pod);
	}
}

static int32_t count_values(const GArray *values)
{
	int32_t n = 0;

	for (guint i = 0; i < values->len; i++) {
		n += !g_array_index(values, struct hpa_pod_value, i).removed;
	}
	return n;
}

static void add_value(GArray *values, const char *pod, int64_t milli)
{
	const struct hpa_pod_value value = {.pod = pod, .value = milli};

	g_array_append_val(values, value);
}

static int64_t request_of(const struct calculation *c, const char *pod)
{
	for (size_t i = 0; i < c->n_pods; i++) {
		if (g_str_equal(c->pods[i]->object.meta.name, pod)) {
			return c->requests[i];
		}
	}
	return 0;
}

/* @request * @percent / 100 in integers, saturating. */
static int64_t share_of(int64_t request, int64_t percent)
{
	int64_t product;

	if (__builtin_mul_overflow(request, percent, &product)) {
		product = INT64_MAX;
	}
	return product / 100;
}

/* What missing pods are taken to use, so that they damp the change: all they may on the way down,
 * nothing on the way up. */
static void fill_in_missing(struct calculation *c)
{
	struct hpa_proposal *proposal = c->proposal;
	const GPtrArray *missing = proposal->groups.missing;
	const double ratio = proposal->first.ratio;
	const bool down = ratio < 1.0;
	const bool at_target = !down && !(ratio > 1.0);

	if (at_target && (c->requests || c->input->release->hpa_keeps_missing_at_target)) {
		return;
	}
	proposal->missing_fill = down && !c->requests ? proposal->target : 0;
	for (guint i = 0; i < missing->len; i++) {
		const char *pod = g_ptr_array_index(missing, i);
		int64_t fill = proposal->missing_fill;

		if (down && c->requests) {
			const int64_t percent = c->input->release->hpa_missing_at_full_target
			                            ? MAX(100, proposal->target)
			                            : 100;

			fill = share_of(request_of(c, pod), percent);
		}
		add_value(c->values, pod, fill);
	}
}

/* Second calculation, with missing and unready pods in it. */
static void calculate_again(struct calculation *c, bool with_unready)
{
	struct hpa_proposal *proposal = c->proposal;
	const int32_t current = c->input->scale.replicas;
	const double before = proposal->first.ratio;

	fill_in_missing(c);
	for (guint i = 0; with_unready && i < proposal->groups.unready->len; i++) {
		add_value(c->values, g_ptr_array_index(proposal->groups.unready, i), 0);
	}
	proposal->has_again = calculate_ratio(c, &proposal->again);
	g_assert(proposal->has_again); /* the first calculation had a request already */

	const double ratio = proposal->again.ratio;

	proposal->replicas = current;
	proposal->factor = count_values(c->values);
	if (hpa_within_tolerance(c->input, ratio)) {
		proposal->path = HPA_PATH_AGAIN_WITHIN;
		return;
	}
	if ((before < 1.0 && ratio > 1.0) || (before > 1.0 && ratio < 1.0)) {
		proposal->path = HPA_PATH_AGAIN_FLIPPED;
		return;
	}
	const int32_t replicas = hpa_int32_of(ceil(ratio * (double)proposal->factor));

	if ((ratio < 1.0 && replicas > current) || (ratio > 1.0 && replicas < current)) {
		proposal->path = HPA_PATH_AGAIN_WRONG_WAY;
		return;
	}
	proposal->path = HPA_PATH_AGAIN;
	proposal->replicas = replicas;
}

static void calculate(struct calculation *c)
{
	struct hpa_proposal *proposal = c->proposal;

	proposal->has_first = calculate_ratio(c, &proposal->first);
	if (!proposal->has_first) {
		hpa_tell_failure(c->input, HPA_FAILURE_NO_MATCHING_PODS, false,
		                 "no metrics returned matched known pods", proposal);
		return;
	}
	const double ratio = proposal->first.ratio;
	const bool with_unready = proposal->groups.unready->len > 0 && ratio > 1.0;

	proposal->status.present = true;
	proposal->status.has_average_value = true;
	proposal->status.average_value = proposal->first.average;
	if (c->requests) {
		proposal->status.has_utilization = true;
		proposal->status.utilization = proposal->first.utilization;
	}
	if (with_unready || proposal->groups.missing->len > 0) {
		calculate_again(c, with_unready);
	} else if (hpa_within_tolerance(c->input, ratio)) {
		proposal->path = HPA_PATH_WITHIN_TOLERANCE;
		proposal->replicas = c->input->scale.replicas;
	} else {
		proposal->path = HPA_PATH_PLAIN;
		proposal->factor = (int32_t)proposal->groups.ready_count;
		proposal->replicas = hpa_int32_of(ceil(ratio * (double)proposal->factor));
	}
}

/* The values that the answer gives, or NULL with the failure told. */
static GArray *fetch_values(const struct hpa_input *input, const struct hpa_metric_answer *answer,
                            struct hpa_proposal *proposal)
{
	const struct metric_spec *spec = proposal->spec;
	const char *api = spec->type == METRIC_PODS ? "custom" : "resource";
	g_autofree char *text = NULL;
	const char *failing_pod = NULL;

	if (answer->failure) {
		text = g_strdup_printf("unable to fetch metrics from %s metrics API: %s", api,
		                       answer->failure);
		hpa_tell_failure(input, HPA_FAILURE_UNAVAILABLE, true, text, proposal);
		return NULL;
	}
	if (answer->n_pods == 0) {
		text = g_strdup_printf("no metrics returned from %s metrics API", api);
		hpa_tell_failure(input, HPA_FAILURE_NO_METRICS, true, text, proposal);
		return NULL;
	}
	GArray *values =
	    hpa_pod_values(answer, spec->type == METRIC_CONTAINER_RESOURCE ? spec->container : NULL,
	                   input->release, &failing_pod);

	if (!values) {
		text = g_strdup_printf(
		    "failed to get container metrics: container %s not present in "
		    "metrics for pod %s/%s",
		    spec->container, input->hpa->object.meta.namespace, failing_pod);
		hpa_tell_failure(input, HPA_FAILURE_NO_METRICS, true, text, proposal);
	}
	return values;
}

/* Requests of the selected pods when the target is a utilization; false with the failure told. */
static bool fetch_requests(struct calculation *c)
{
	const struct metric_spec *spec = c->proposal->spec;
	enum hpa_failure failure;
	g_autofree char *text = NULL;

	if (spec->type == METRIC_PODS || spec->target.has_average_value) {
		return true;
	}
	c->requests = g_new0(int64_t, c->n_pods);
	if (!hpa_pod_requests(c->pods, c->n_pods, spec->name,
	                      spec->type == METRIC_CONTAINER_RESOURCE ? spec->container : NULL,
	                      c->input->release, c->requests, &failure, &text)) {
		hpa_tell_failure(c->input, failure, false, text, c->proposal);
		return false;
	}
	return true;
}

static void recommend_by_pods(const struct hpa_input *input, const struct hpa_metric_answer *answer,
                              const GPtrArray *selected, struct hpa_proposal *proposal)
{
	const struct metric_spec *spec = proposal->spec;
	g_autoptr(GArray) values = fetch_values(input, answer, proposal);

	if (!values) {
		return;
	}
	if (selected->len == 0) {
		hpa_tell_failure(input, HPA_FAILURE_NO_PODS, false, NO_PODS, proposal);
		return;
	}
	struct calculation c = {
	    .input = input,
	    .pods = (const struct pod *const *)selected->pdata,
	    .n_pods = selected->len,
	    .values = values,
	    .proposal = proposal,
	};

	hpa_group_pods(c.pods, c.n_pods, values, spec->type == METRIC_PODS ? NULL : spec->name,
	               input->settings, input->now, &proposal->groups);
	remove_values(values, proposal->groups.ignored);
	remove_values(values, proposal->groups.unready);
	if (count_values(values) == 0) {
		hpa_tell_failure(
		    input, HPA_FAILURE_NO_READY_METRICS, false,
		    "did not receive metrics for targeted pods (pods might be unready)", proposal);
	} else if (fetch_requests(&c)) {
		calculate(&c);
	}
	g_free(c.requests);
}

/* --- metrics that are one number --- */

/* The sum of the values that the answer gives; false with the failure told. */
static bool fetch_total(const struct hpa_input *input, const struct hpa_metric_answer *answer,
                        struct hpa_proposal *proposal, int64_t *total)
{
	const bool external = proposal->spec->type == METRIC_EXTERNAL;
	const char *api = external ? "external" : "custom";
	g_autofree char *text = NULL;

	*total = 0;
	if (answer->failure) {
		text = g_strdup_printf("unable to fetch metrics from %s metrics API: %s", api,
		                       answer->failure);
		hpa_tell_failure(input, HPA_FAILURE_UNAVAILABLE, true, text, proposal);
		return false;
	}
	if (answer->n_values == 0) {
		text = g_strdup_printf("no metrics returned from %s metrics API", api);
		hpa_tell_failure(input, HPA_FAILURE_NO_METRICS, true, text, proposal);
		return false;
	}
	for (size_t i = 0; i < answer->n_values; i++) {
		*total = hpa_add_saturating(*total, answer->values[i]);
	}
	return true;
}

static int32_t count_running_ready(const GPtrArray *selected)
{
	int32_t n = 0;

	for (guint i = 0; i < selected->len; i++) {
		const struct pod *pod = g_ptr_array_index(selected, i);

		n += pod->phase == POD_RUNNING && conditions_are_true(&pod->conditions, "Ready");
	}
	return n;
}

static void recommend_by_value(const struct hpa_input *input,
                               const struct hpa_metric_answer *answer, const GPtrArray *selected,
                               struct hpa_proposal *proposal)
{
	const int32_t current = input->scale.replicas;
	int64_t usage;

	proposal->target = proposal->spec->target.value;
	if (!fetch_total(input, answer, proposal, &usage)) {
		return;
	}
	const double ratio = (double)usage / (double)proposal->target;

	proposal->has_first = true;
	proposal->first = (struct hpa_ratio){.usage = usage, .ratio = ratio};
	proposal->status =
	    (struct metric_status){.present = true, .has_value = true, .value = usage};
	if (current == 0) {
		proposal->path = HPA_PATH_FROM_ZERO;
		proposal->replicas = hpa_int32_of(ceil(ratio));
		return;
	}
	if (hpa_within_tolerance(input, ratio)) {
		proposal->path = HPA_PATH_WITHIN_TOLERANCE;
		proposal->replicas = current;
		return;
	}
	if (selected->len == 0) {
		proposal->status.present = false;
		hpa_tell_failure(input, HPA_FAILURE_NO_PODS, false,
		                 "unable to calculate ready pods: " NO_PODS, proposal);
		return;
	}
	proposal->path = HPA_PATH_PLAIN;
	proposal->factor = count_running_ready(selected);
	proposal->replicas = hpa_int32_of(ceil(ratio * (double)proposal->factor));
}

/* The per-pod average as it is reported. */
static int64_t reported_average(const struct hpa_input *input, int64_t usage)
{
	const int32_t replicas = input->scale.status_replicas;

	if (replicas == 0) {
		return input->release->hpa_zero_average_is_total ? usage : INT64_MIN;
	}
	if ((double)usage >= 9223372036854775807.0) {
		return INT64_MAX; /* the sum was cut off: a share of it says nothing */
	}
	return hpa_int64_of(ceil((double)usage / (double)replicas));
}

static void recommend_by_average(const struct hpa_input *input,
                                 const struct hpa_metric_answer *answer,
                                 struct hpa_proposal *proposal)
{
	const int32_t replicas = input->scale.status_replicas;
	const double target = (double)proposal->spec->target.average_value;
	int64_t usage;

	proposal->target = proposal->spec->target.average_value;
	if (!fetch_total(input, answer, proposal, &usage)) {
		return;
	}
	const double ratio = (double)usage / (target * (double)replicas);
	const int64_t average = reported_average(input, usage);

	proposal->has_first = true;
	proposal->first = (struct hpa_ratio){.usage = usage, .ratio = ratio, .average = average};
	proposal->status = (struct metric_status){
	    .present = true, .has_average_value = true, .average_value = average};
	if (hpa_within_tolerance(input, ratio)) {
		proposal->path = HPA_PATH_AVERAGE_WITHIN;
		proposal->replicas = replicas;
	} else {
		proposal->path = HPA_PATH_AVERAGE;
		proposal->replicas = hpa_int32_of(ceil((double)usage / target));
	}
}

/* --- by type --- */

static void recommend_resource(const struct hpa_input *input,
                               const struct hpa_metric_answer *answer, const GPtrArray *selected,
                               struct hpa_proposal *proposal)
{
	const struct metric_target *target = &proposal->spec->target;

	if (target->has_average_value) {
		proposal->target = target->average_value;
	} else if (target->has_utilization) {
		proposal->target = target->average_utilization;
	} else {
		hpa_tell_failure(input, HPA_FAILURE_INVALID_TARGET, false,
		                 "invalid resource metric source: neither an average utilization "
		                 "target nor an average value (usage) target was set",
		                 proposal);
		return;
	}
	recommend_by_pods(input, answer, selected, proposal);
}

static void recommend_pods(const struct hpa_input *input, const struct hpa_metric_answer *answer,
                           const GPtrArray *selected, struct hpa_proposal *proposal)
{
	const struct metric_target *target = &proposal->spec->target;

	proposal->target = target->average_value;
	if (!target->has_average_value && !answer->failure && answer->n_pods > 0) {
		/* The API server's validation keeps this from the controller. */
		hpa_tell_failure(input, HPA_FAILURE_INVALID_TARGET, false,
		                 "invalid pods metric source: no average value target was set",
		                 proposal);
		return;
	}
	recommend_by_pods(input, answer, selected, proposal);
}

static void recommend_object(const struct hpa_input *input, const struct hpa_metric_answer *answer,
                             const GPtrArray *selected, struct hpa_proposal *proposal)
{
	const struct metric_target *target = &proposal->spec->target;

	if (target->type == TARGET_VALUE && target->has_value) {
		recommend_by_value(input, answer, selected, proposal);
	} else if (target->type == TARGET_AVERAGE_VALUE && target->has_average_value) {
		recommend_by_average(input, answer, proposal);
	} else {
		hpa_tell_failure(
		    input, HPA_FAILURE_INVALID_TARGET, false,
		    "invalid object metric source: neither a value target nor an average "
		    "value target was set",
		    proposal);
	}
}

static void recommend_external(const struct hpa_input *input,
                               const struct hpa_metric_answer *answer, const GPtrArray *selected,
                               struct hpa_proposal *proposal)
{
	const struct metric_target *target = &proposal->spec->target;

	if (target->has_average_value) {
		recommend_by_average(input, answer, proposal);
	} else if (target->has_value) {
		recommend_by_value(input, answer, selected, proposal);
	} else {
		hpa_tell_failure(
		    input, HPA_FAILURE_INVALID_TARGET, false,
		    "invalid external metric source: neither a value target nor an average "
		    "value target was set",
		    proposal);
	}
}

void hpa_recommend_for(const struct hpa_input *input, size_t index, const GPtrArray *selected,
                       struct hpa_proposal *proposal)
{
	const struct metric_spec *spec = &input->hpa->metrics[index];
	const struct hpa_metric_answer *answer = &input->answers[index];
	g_autofree char *text = NULL;

	*proposal = (struct hpa_proposal){.spec = spec, .metric_name = hpa_metric_name(spec)};
	switch (spec->type) {
	case METRIC_RESOURCE:
	case METRIC_CONTAINER_RESOURCE:
		recommend_resource(input, answer, selected, proposal);
		break;
	case METRIC_PODS:
		recommend_pods(input, answer, selected, proposal);
		break;
	case METRIC_OBJECT:
		recommend_object(input, answer, selected, proposal);
		break;
	case METRIC_EXTERNAL:
		recommend_external(input, answer, selected, proposal);
		break;
	case METRIC_UNKNOWN:
		text = g_strdup_printf("unknown metric source type \"%s\"", spec->type_text);
		hpa_tell_failure(input, HPA_FAILURE_UNKNOWN_TYPE, false, text, proposal);
		break;
	}
}

void hpa_recommend(const struct hpa_input *input, size_t index, struct hpa_proposal *proposal)
{
	struct label_selector *selector = label_selector_parse(input->scale.selector, NULL);
	g_autoptr(GPtrArray) selected = hpa_selected_pods(input, selector);

	hpa_recommend_for(input, index, selected, proposal);
	label_selector_free(selector);
}
