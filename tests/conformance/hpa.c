/* hpa.c - runs the cases of the table `hpa`: one decision, or one step of it, by the functions that
 * the controller calls. */

#include "hpa_case.h"

#include "kube/quantity.h"

/* --- comparing --- */

static void expect_doc(struct hpa_case *kase, const struct doc *expect, const char *field,
                       struct doc *got)
{
	g_autoptr(doc) owned = got;

	if (doc_get(expect, field)) {
		kase->good &= conformance_equal(kase->diff, field, doc_get(expect, field), owned);
	}
}

static void expect_int(struct hpa_case *kase, const struct doc *expect, const char *field,
                       int64_t got)
{
	expect_doc(kase, expect, field, doc_new_int(got));
}

/* @has: whether there is such a number at all. */
static void expect_quantity(struct hpa_case *kase, const struct doc *expect, const char *field,
                            bool has, int64_t got)
{
	const struct doc *wanted = doc_get(expect, field);
	g_autofree char *text = has ? quantity_to_string(got, QUANTITY_DECIMAL) : g_strdup("none");

	if (wanted && (!has || hpa_case_quantity(kase, wanted) != got)) {
		kase->good = conformance_differs(kase->diff, field, doc_text(wanted), text);
	}
}

static const char *failure_kind(enum hpa_failure failure)
{
	switch (failure) {
	case HPA_FAILURE_NONE:
		return "none";
	case HPA_FAILURE_UNAVAILABLE:
		return "Unavailable";
	case HPA_FAILURE_NO_METRICS:
		return "NoMetrics";
	case HPA_FAILURE_NO_PODS:
		return "NoPods";
	case HPA_FAILURE_NO_READY_METRICS:
		return "NoReadyMetrics";
	case HPA_FAILURE_NO_MATCHING_PODS:
		return "NoMatchingPods";
	case HPA_FAILURE_MISSING_REQUEST:
		return "MissingRequest";
	case HPA_FAILURE_CONTAINER_NOT_FOUND:
		return "ContainerNotFound";
	case HPA_FAILURE_INVALID_TARGET:
	case HPA_FAILURE_UNKNOWN_TYPE:
		break;
	}
	return "of another kind";
}

/* Compares whether and how a step failed; true when there is a result to look at. */
static bool expect_failure(struct hpa_case *kase, const struct doc *expect,
                           enum hpa_failure failure, const char *message)
{
	const struct doc *kind = doc_get(expect, "errorKind");
	const bool wanted = doc_bool(doc_get(expect, "error"), false);

	if (wanted != (failure != HPA_FAILURE_NONE)) {
		kase->good = conformance_differs(kase->diff, "error", wanted ? "true" : "none",
		                                 message ? message : failure_kind(failure));
	}
	if (kind && g_strcmp0(doc_string(kind), failure_kind(failure)) != 0) {
		kase->good = conformance_differs(kase->diff, "errorKind", doc_text(kind),
		                                 failure_kind(failure));
	}
	return failure == HPA_FAILURE_NONE && !wanted;
}

/* --- stages --- */

static void run_recommendation(struct hpa_case *kase, const struct doc *expect)
{
	struct hpa_proposal proposal;

	KNOWN(kase, expect, "expect", "replicas", "utilization", "averageValue", "value", "error",
	      "errorKind");
	if (kase->hpa->n_metrics != 1) {
		kase->good = conformance_differs(kase->diff, "metrics", "one", "another number");
		return;
	}
	hpa_recommend(&kase->input, 0, &proposal);
	if (expect_failure(kase, expect, proposal.failure, proposal.message)) {
		const struct metric_status *status = &proposal.status;

		expect_int(kase, expect, "replicas", proposal.replicas);
		expect_doc(kase, expect, "utilization",
		           status->has_utilization ? doc_new_int(status->utilization)
		                                   : doc_new_null());
		expect_quantity(kase, expect, "averageValue", status->has_average_value,
		                status->average_value);
		expect_quantity(kase, expect, "value", status->has_value, status->value);
	}
	hpa_proposal_clear(&proposal);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

static void expect_names(struct hpa_case *kase, const struct doc *expect, const char *field,
                         const GPtrArray *got)
{
	const struct doc *list = doc_get(expect, field);
	g_autoptr(GPtrArray) wanted = g_ptr_array_new();
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (size_t i = 0; i < doc_length(list); i++) {
		g_ptr_array_add(wanted, (gpointer)doc_text(doc_at(list, i)));
	}
	for (guint i = 0; i < got->len; i++) {
		g_ptr_array_add(names, g_ptr_array_index(got, i));
	}
	g_ptr_array_sort(wanted, compare_names);
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(wanted, NULL);
	g_ptr_array_add(names, NULL);
	g_autofree char *left = g_strjoinv(" ", (char **)wanted->pdata);
	g_autofree char *right = g_strjoinv(" ", (char **)names->pdata);

	if (list && !g_str_equal(left, right)) {
		kase->good = conformance_differs(kase->diff, field, left, right);
	}
}

static void run_pod_groups(struct hpa_case *kase, const struct doc *input, const struct doc *expect)
{
	const char *resource = doc_text(doc_get(input, "resource"));
	const char *failing_pod;
	struct hpa_pod_groups groups;

	KNOWN(kase, input, "input", "resource");
	KNOWN(kase, expect, "expect", "readyCount", "unready", "missing", "ignored");
	const struct hpa_metric_answer answer = hpa_case_resource_answer(kase, resource);
	g_autoptr(GArray) values = hpa_pod_values(&answer, NULL, &kase->release, &failing_pod);

	hpa_group_pods(kase->input.pods, kase->input.n_pods, values, resource, &kase->settings,
	               kase->input.now, &groups);
	expect_int(kase, expect, "readyCount", (int64_t)groups.ready_count);
	expect_names(kase, expect, "unready", groups.unready);
	expect_names(kase, expect, "missing", groups.missing);
	expect_names(kase, expect, "ignored", groups.ignored);
	hpa_pod_groups_clear(&groups);
}

static void expect_requests(struct hpa_case *kase, const struct doc *wanted,
                            const int64_t *requests)
{
	if (doc_length(wanted) != kase->input.n_pods) {
		kase->good =
		    conformance_differs(kase->diff, "requests", "as many as pods", "others");
	}
	for (size_t i = 0; i < kase->input.n_pods; i++) {
		expect_quantity(kase, wanted, kase->input.pods[i]->object.meta.name, true,
		                requests[i]);
		if (!doc_get(wanted, kase->input.pods[i]->object.meta.name)) {
			kase->good = conformance_differs(kase->diff, "requests", "none of this pod",
			                                 kase->input.pods[i]->object.meta.name);
		}
	}
}

static void run_pod_requests(struct hpa_case *kase, const struct doc *input,
                             const struct doc *expect)
{
	g_autofree int64_t *requests = g_new0(int64_t, kase->input.n_pods + 1);
	g_autofree char *message = NULL;
	enum hpa_failure failure;

	KNOWN(kase, input, "input", "resource", "container");
	KNOWN(kase, expect, "expect", "requests", "error", "errorKind");
	hpa_pod_requests(kase->input.pods, kase->input.n_pods, doc_text(doc_get(input, "resource")),
	                 doc_text(doc_get(input, "container")), &kase->release, requests, &failure,
	                 &message);
	if (expect_failure(kase, expect, failure, message)) {
		expect_requests(kase, doc_get(expect, "requests"), requests);
	}
}

static void run_usage_ratio(struct hpa_case *kase, const struct doc *input,
                            const struct doc *expect)
{
	const struct doc *usage = doc_get(input, "usage"), *requests = doc_get(input, "requests");
	const struct doc *target = doc_get(input, "targetUtilization");
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct hpa_pod_value));
	g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func((GDestroyNotify)object_unref);
	g_autofree int64_t *asked = g_new0(int64_t, doc_length(requests) + 1);
	struct hpa_ratio ratio;
	bool found = true;

	KNOWN(kase, input, "input", "usage", "requests", "targetUtilization", "targetAverageValue");
	KNOWN(kase, expect, "expect", "ratio", "utilization", "averageValue", "error", "errorKind");
	for (size_t i = 0; i < doc_length(usage); i++) {
		const struct hpa_pod_value value = {
		    .pod = doc_key_at(usage, i),
		    .value = hpa_case_quantity(kase, doc_value_at(usage, i)),
		};

		g_array_append_val(values, value);
	}
	for (size_t i = 0; i < doc_length(requests); i++) {
		g_ptr_array_add(pods, hpa_case_bare_pod(kase, doc_key_at(requests, i)));
		asked[i] = hpa_case_quantity(kase, doc_value_at(requests, i));
	}
	if (target) {
		found = hpa_utilization_ratio(values, (const struct pod *const *)pods->pdata, asked,
		                              pods->len, (int32_t)hpa_case_int(kase, target, 0),
		                              &ratio);
	} else {
		hpa_average_ratio(
		    values, hpa_case_quantity(kase, doc_get(input, "targetAverageValue")), &ratio);
	}
	if (expect_failure(kase, expect, found ? HPA_FAILURE_NONE : HPA_FAILURE_NO_MATCHING_PODS,
	                   NULL)) {
		expect_doc(kase, expect, "ratio", doc_new_float(ratio.ratio));
		expect_int(kase, expect, "utilization", ratio.utilization);
		expect_quantity(kase, expect, "averageValue", true, ratio.average);
	}
}

static void run_limits(struct hpa_case *kase, const struct doc *input, const struct doc *expect)
{
	const struct doc *proposal = doc_get(input, "proposal");
	struct hpa_normalization n = {0};

	KNOWN(kase, input, "input", "proposal");
	KNOWN(kase, expect, "expect", "replicas", "reason", "scaleUpLimit", "scaleDownLimit");
	if (proposal) {
		hpa_limit(&kase->input, (int32_t)hpa_case_int(kase, proposal, 0), &n);
		expect_int(kase, expect, "replicas", n.replicas);
		expect_doc(kase, expect, "reason", doc_new_string(n.limited_reason));
	}
	if (doc_get(expect, "scaleUpLimit")) {
		expect_int(kase, expect, "scaleUpLimit",
		           hpa_policies_limit(&kase->input, true, &n));
	}
	if (doc_get(expect, "scaleDownLimit")) {
		expect_int(kase, expect, "scaleDownLimit",
		           hpa_policies_limit(&kase->input, false, &n));
	}
	g_free(n.policies);
}

static void run_stabilization(struct hpa_case *kase, const struct doc *input,
                              const struct doc *expect)
{
	struct hpa_normalization n = {0};
	struct doc *slots = doc_new_list();

	KNOWN(kase, input, "input", "proposal");
	KNOWN(kase, expect, "expect", "replicas", "recommendations", "recommendationCount");
	hpa_stabilize(&kase->input, (int32_t)hpa_case_int(kase, doc_get(input, "proposal"), 0), &n);
	expect_int(kase, expect, "replicas", n.stabilized);
	expect_int(kase, expect, "recommendationCount", (int64_t)kase->history.n_recommendations);
	for (size_t i = 0; i < kase->history.n_recommendations; i++) {
		doc_append(slots, doc_new_int(kase->history.recommendations[i].replicas));
	}
	expect_doc(kase, expect, "recommendations", slots);
}

static struct doc *scale_events_doc(const struct hpa_scale_event *events, size_t n)
{
	struct doc *list = doc_new_list();

	for (size_t i = 0; i < n; i++) {
		struct doc *map = doc_new_map();

		doc_set_int(map, "change", events[i].change);
		doc_set_bool(map, "outdated", events[i].outdated);
		doc_append(list, map);
	}
	return list;
}

static void run_scale_events(struct hpa_case *kase, const struct doc *input,
                             const struct doc *expect)
{
	struct hpa_history *history = &kase->history;
	const int32_t from = (int32_t)hpa_case_int(kase, doc_get(input, "from"), 0);
	const int32_t to = (int32_t)hpa_case_int(kase, doc_get(input, "to"), 0);
	const int32_t period =
	    (int32_t)(hpa_case_time(kase, doc_get(input, "period"), 0) / SIM_SECOND);
	const bool up = to > from;

	KNOWN(kase, input, "input", "from", "to", "period");
	KNOWN(kase, expect, "expect", "changeInPeriod", "scaleUps", "scaleDowns");
	expect_int(kase, expect, "changeInPeriod",
	           hpa_change_in_period(up ? history->scale_ups : history->scale_downs,
	                                up ? history->n_scale_ups : history->n_scale_downs, period,
	                                kase->input.now));
	hpa_store_scale_event(kase->hpa, from, to, kase->input.now, history);
	expect_doc(kase, expect, "scaleUps",
	           scale_events_doc(history->scale_ups, history->n_scale_ups));
	expect_doc(kase, expect, "scaleDowns",
	           scale_events_doc(history->scale_downs, history->n_scale_downs));
}

static struct doc *rules_doc(const struct scaling_rules *rules)
{
	static const char *const selects[] = {"Max", "Min", "Disabled"};
	struct doc *map = doc_new_map();
	struct doc *policies = doc_new_list();

	if (rules->stabilization_window_seconds < 0) {
		doc_set_string(map, "stabilizationWindowSeconds", "none");
	} else {
		doc_set_int(map, "stabilizationWindowSeconds", rules->stabilization_window_seconds);
	}
	doc_set_string(map, "selectPolicy", selects[rules->select]);
	for (size_t i = 0; i < rules->n_policies; i++) {
		struct doc *policy = doc_new_map();

		doc_set_string(policy, "type", rules->policies[i].percent ? "Percent" : "Pods");
		doc_set_int(policy, "value", rules->policies[i].value);
		doc_set_int(policy, "periodSeconds", rules->policies[i].period_seconds);
		doc_append(policies, policy);
	}
	doc_set(map, "policies", policies);
	return map;
}

static void run_behavior_defaults(struct hpa_case *kase, const struct doc *expect)
{
	KNOWN(kase, expect, "expect", "scaleUp", "scaleDown");
	expect_doc(kase, expect, "scaleUp", rules_doc(&kase->hpa->scale_up));
	expect_doc(kase, expect, "scaleDown", rules_doc(&kase->hpa->scale_down));
}

/* --- a whole decision --- */

static const char *action_of(int32_t current, int32_t replicas)
{
	return replicas > current ? "scale_up" : replicas < current ? "scale_down" : "none";
}

static struct doc *metric_actions(const struct hpa_decision *decision)
{
	struct doc *map = doc_new_map();

	for (size_t i = 0; i < decision->n_proposals; i++) {
		const struct hpa_proposal *proposal = &decision->proposals[i];
		const char *action =
		    proposal->failure != HPA_FAILURE_NONE
			? "error"
			: action_of(decision->current_replicas, proposal->replicas);

		doc_set_string(map, proposal->spec->type_text, action);
	}
	return map;
}

static struct doc *conditions_doc(const struct conditions *conditions)
{
	struct doc *list = doc_new_list();

	for (size_t i = 0; i < conditions->n; i++) {
		struct doc *map = doc_new_map();

		doc_set_string(map, "type", conditions->items[i].type);
		doc_set_string(map, "status", condition_status_name(conditions->items[i].status));
		doc_set_string(map, "reason", conditions->items[i].reason);
		doc_append(list, map);
	}
	return list;
}

static struct doc *normal_events(const struct hpa_decision *decision)
{
	struct doc *list = doc_new_list();

	for (size_t i = 0; i < decision->n_events; i++) {
		if (!decision->events[i].warning) {
			doc_append(list, doc_new_string(decision->events[i].reason));
		}
	}
	return list;
}

static struct doc *cpu_utilization(const struct hpa_case *kase, const struct hpa_decision *decision)
{
	for (size_t i = 0; i < decision->n_metrics; i++) {
		if (decision->metrics[i].has_utilization &&
		    g_strcmp0(kase->hpa->metrics[i].name, "cpu") == 0) {
			return doc_new_int(decision->metrics[i].utilization);
		}
	}
	return doc_new_null();
}

static void decide(struct hpa_case *kase, struct hpa_decision *decision)
{
	const bool fails = kase->update_fails || kase->update_conflicts >= HPA_SCALE_WRITE_TRIES;

	hpa_decide(&kase->input, decision);
	hpa_conclude(&kase->input, fails ? "fake error" : NULL, decision);
}

/* A case gives of the status what matters; what it does not give (messages, current metrics) is
 * completed with what the decision says. If that changes nothing else, a second decision has
 * nothing to write. */
static void expect_status_unchanged(struct hpa_case *kase, const struct hpa_decision *decision,
                                    struct hpa_history *history)
{
	struct hpa *hpa = kase->hpa;
	struct hpa_decision again;

	for (size_t i = 0; i < hpa->status.conditions.n && i < decision->conditions.n; i++) {
		const struct condition *after = &decision->conditions.items[i];
		struct condition *before = &hpa->status.conditions.items[i];

		if (before->reason == after->reason && before->status == after->status) {
			ref_string_set(&before->message, after->message);
		}
	}
	g_free(hpa->status.metrics);
	hpa->status.metrics =
	    g_memdup2(decision->metrics, decision->n_metrics * sizeof(*decision->metrics));
	hpa->status.n_metrics = decision->n_metrics;
	kase->input.history = history;
	decide(kase, &again);
	if (again.status_changed) {
		kase->good = conformance_differs(kase->diff, "statusUnchanged", "true", "false");
	}
	hpa_decision_clear(&again);
}

static void run_decision(struct hpa_case *kase, const struct doc *expect)
{
	struct hpa_decision decision;
	struct hpa_history history;

	KNOWN(kase, expect, "expect", "replicas", "rescaled", "error", "utilization", "action",
	      "metricActions", "conditions", "events", "statusUnchanged");
	hpa_history_copy(&history, &kase->history);
	decide(kase, &decision);
	expect_int(kase, expect, "replicas", decision.status_desired);
	expect_doc(kase, expect, "rescaled", doc_new_bool(decision.rescaled));
	if (doc_bool(doc_get(expect, "error"), false) != (decision.error != NULL)) {
		kase->good =
		    conformance_differs(kase->diff, "error", decision.error ? "none" : "true",
		                        decision.error ? decision.error : "none");
	}
	expect_doc(kase, expect, "utilization", cpu_utilization(kase, &decision));
	expect_doc(kase, expect, "action",
	           doc_new_string(decision.rescaled
	                              ? action_of(decision.current_replicas, decision.replicas)
	                              : "none"));
	expect_doc(kase, expect, "metricActions", metric_actions(&decision));
	expect_doc(kase, expect, "conditions", conditions_doc(&decision.conditions));
	expect_doc(kase, expect, "events", normal_events(&decision));
	if (doc_bool(doc_get(expect, "statusUnchanged"), false)) {
		expect_status_unchanged(kase, &decision, &history);
	}
	hpa_decision_clear(&decision);
	hpa_history_clear(&history);
}

static void run_stage(struct hpa_case *kase, const char *stage)
{
	const struct doc *input = doc_get(kase->root, "input"),
			 *expect = doc_get(kase->root, "expect");

	if (g_str_equal(stage, "recommendation")) {
		run_recommendation(kase, expect);
	} else if (g_str_equal(stage, "decision")) {
		run_decision(kase, expect);
	} else if (g_str_equal(stage, "podGroups")) {
		run_pod_groups(kase, input, expect);
	} else if (g_str_equal(stage, "podRequests")) {
		run_pod_requests(kase, input, expect);
	} else if (g_str_equal(stage, "usageRatio")) {
		run_usage_ratio(kase, input, expect);
	} else if (g_str_equal(stage, "limits")) {
		run_limits(kase, input, expect);
	} else if (g_str_equal(stage, "stabilization")) {
		run_stabilization(kase, input, expect);
	} else if (g_str_equal(stage, "scaleEvents")) {
		run_scale_events(kase, input, expect);
	} else if (g_str_equal(stage, "behaviorDefaults")) {
		run_behavior_defaults(kase, expect);
	} else {
		kase->good = conformance_differs(kase->diff, "stage", "one of the table's", stage);
	}
}

bool conformance_hpa(const struct doc *root, GString *diff)
{
	const char *stage = doc_string(doc_get(root, "stage"));
	struct hpa_case kase;

	if (!stage || doc_length(doc_get(root, "expect")) == 0) {
		return conformance_differs(diff, "case", "stage and expect", "neither or one");
	}
	hpa_case_init(&kase, root, diff);
	if (kase.good) {
		run_stage(&kase, stage);
	}
	hpa_case_clear(&kase);
	return kase.good;
}
