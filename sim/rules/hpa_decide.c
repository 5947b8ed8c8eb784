/* hpa_decide.c - one reconciliation: which way through it, what the metrics say together, what the
 * status says afterwards.
 *
 * Source: horizontal.go, reconcileAutoscaler and computeReplicasForMetrics. */

#include "rules/hpa.h"
#include "rules/hpa_private.h"

#include <stdarg.h>
#include <string.h>

/* --- conditions and events --- */

static void set_condition(struct hpa_decision *decision, const struct hpa_input *input,
                          const char *type, bool status, const char *reason, const char *message)
{
	conditions_set(&decision->conditions, type, status ? CONDITION_TRUE : CONDITION_FALSE,
	               g_intern_string(reason), message, input->now);
}

static void set_known_condition(struct hpa_decision *decision, const struct hpa_input *input,
                                const char *type, bool status, const char *reason)
{
	set_condition(decision, input, type, status, reason, hpa_condition_message(reason));
}

static void add_event(struct hpa_decision *decision, bool warning, const char *reason,
                      const char *message)
{
	decision->events = g_renew(struct hpa_event, decision->events, decision->n_events + 1);
	decision->events[decision->n_events++] =
	    (struct hpa_event){.warning = warning, .reason = reason, .message = g_strdup(message)};
}

/* "Deployment/default/web", as errors name the target. */
static char *reference_of(const struct hpa *hpa)
{
	return g_strdup_printf("%s/%s/%s", hpa->target.kind, hpa->object.meta.namespace,
	                       hpa->target.name);
}

/* --- the selector --- */

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool selects_any(const struct label_selector *selector, const GPtrArray *pods)
{
	for (guint i = 0; i < pods->len; i++) {
		const struct pod *pod = g_ptr_array_index(pods, i);

		if (label_selector_matches(selector, pod->object.meta.labels)) {
			return true;
		}
	}
	return false;
}

/* Names "namespace/hpa" of all HPAs that select one of @pods, the input's own among them; sorted.
 */
static GPtrArray *selecting_hpas(const struct hpa_input *input, const GPtrArray *pods)
{
	const struct object_meta *own = &input->hpa->object.meta;
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(names, g_strdup_printf("%s/%s", own->namespace, own->name));
	for (size_t i = 0; i < input->n_others; i++) {
		const struct hpa_other *other = &input->others[i];
		struct label_selector *selector = other->selector && *other->selector
		                                      ? label_selector_parse(other->selector, NULL)
		                                      : NULL;

		if (selector && selects_any(selector, pods)) {
			g_ptr_array_add(names,
			                g_strdup_printf("%s/%s", own->namespace, other->name));
		}
		label_selector_free(selector);
	}
	g_ptr_array_sort(names, compare_names);
	return names;
}

/* The target's selector, its pods in *@selected; NULL with the fault told in @decision. */
static struct label_selector *check_selector(const struct hpa_input *input,
                                             struct hpa_decision *decision, GPtrArray **selected)
{
	const char *text = input->scale.selector;
	g_autoptr(GError) error = NULL;

	if (!text || !*text) {
		decision->error = g_strdup("selector is required");
		add_event(decision, true, "SelectorRequired", decision->error);
		set_condition(decision, input, "ScalingActive", false, "InvalidSelector",
		              "the HPA target's scale is missing a selector");
		return NULL;
	}
	struct label_selector *selector = label_selector_parse(text, &error);

	if (!selector) {
		decision->error = g_strdup_printf("couldn't convert selector into a corresponding "
		                                  "internal selector object: %s",
		                                  error->message);
		add_event(decision, true, "InvalidSelector", decision->error);
		set_condition(decision, input, "ScalingActive", false, "InvalidSelector",
		              decision->error);
		return NULL;
	}
	*selected = hpa_selected_pods(input, selector);

	g_autoptr(GPtrArray) names = selecting_hpas(input, *selected);

	if (names->len > 1 && (*selected)->len > 0 && input->release->hpa_refuses_shared_pods) {
		g_ptr_array_add(names, NULL);
		g_autofree char *list = g_strjoinv(" ", (char **)names->pdata);

		decision->error = g_strdup_printf(
		    "pods by selector %s are controlled by multiple HPAs: [%s]", text, list);
		add_event(decision, true, "AmbiguousSelector", decision->error);
		set_condition(decision, input, "ScalingActive", false, "AmbiguousSelector",
		              decision->error);
		g_clear_pointer(selected, g_ptr_array_unref);
		g_clear_pointer(&selector, label_selector_free);
	}
	return selector;
}

/* --- all metrics together --- */

static void evaluate_metrics(const struct hpa_input *input, const GPtrArray *selected,
                             struct hpa_decision *decision)
{
	const size_t n = input->hpa->n_metrics;

	decision->proposals = g_new0(struct hpa_proposal, n);
	decision->n_proposals = n;
	decision->metrics = g_new0(struct metric_status, n);
	decision->n_metrics = n;
	for (size_t i = 0; i < n; i++) {
		struct hpa_proposal *proposal = &decision->proposals[i];

		hpa_recommend_for(input, i, selected, proposal);
		decision->metrics[i] = proposal->status;
		if (proposal->failure != HPA_FAILURE_NONE) {
			decision->invalid_metrics++;
			add_event(decision, true, proposal->event_reason, proposal->message);
		} else if (decision->proposed == 0 || proposal->replicas > decision->proposed) {
			decision->proposed = proposal->replicas;
			decision->metric_name = proposal->metric_name;
		}
	}
}

static const struct hpa_proposal *first_failed(const struct hpa_decision *decision)
{
	for (size_t i = 0; i < decision->n_proposals; i++) {
		if (decision->proposals[i].failure != HPA_FAILURE_NONE) {
			return &decision->proposals[i];
		}
	}
	return NULL;
}

/* Whether the metrics give a number: in decision->proposed. Else the error is told. */
static bool combine_metrics(const struct hpa_input *input, struct hpa_decision *decision)
{
	const size_t n = input->hpa->n_metrics, bad = decision->invalid_metrics;
	const struct hpa_proposal *failed = first_failed(decision);
	g_autofree char *message = NULL;

	if (failed) {
		decision->error =
		    g_strdup_printf("invalid metrics (%zu invalid out of %zu), first error is: %s",
		                    bad, n, failed->error);
	}
	/* One broken metric may hide a reason to stay: then nothing is scaled down. */
	if (bad >= n || (bad > 0 && decision->proposed < input->scale.replicas)) {
		if (failed) {
			message = g_strdup_printf(
			    "the HPA was unable to compute the replica count: %s", failed->message);
			set_condition(decision, input, "ScalingActive", false, failed->event_reason,
			              message);
		} else {
			decision->error = g_strdup("the HPA has no metrics");
		}
		decision->metric_name = NULL;
		return false;
	}
	message =
	    g_strdup_printf("the HPA was able to successfully calculate a replica count from %s",
	                    decision->metric_name);
	set_condition(decision, input, "ScalingActive", true, "ValidMetricFound", message);
	return true;
}

static void normalize(const struct hpa_input *input, struct hpa_decision *decision)
{
	struct hpa_normalization *n = &decision->normalization;
	const int32_t min = hpa_min_replicas(input->hpa);

	hpa_stabilize(input, MAX(decision->proposed, 0), n);
	set_known_condition(decision, input, "AbleToScale", true, n->stabilization_reason);
	hpa_limit(input, n->stabilized, n);
	set_known_condition(decision, input, "ScalingLimited", n->replicas != n->stabilized,
	                    n->limited_reason);
	decision->replicas = n->replicas;
	if (input->scale.replicas == 0 && decision->replicas < min) {
		decision->replicas = min; /* min was raised while the target was at zero */
	}
}

static void fail_metrics(const struct hpa_input *input, enum hpa_course course,
                         struct hpa_decision *decision)
{
	g_autofree char *inner = decision->error;
	g_autofree char *reference = reference_of(input->hpa);

	decision->course = course;
	decision->error = g_strdup_printf(
	    "failed to compute desired number of replicas based on listed metrics for %s: %s",
	    reference, inner);
	add_event(decision, true, "FailedComputeMetricsReplicas", inner);
}

static void decide_by_metrics(const struct hpa_input *input, struct hpa_decision *decision)
{
	const int32_t current = input->scale.replicas;
	g_autoptr(GPtrArray) selected = NULL;
	struct label_selector *selector = check_selector(input, decision, &selected);

	if (!selector) {
		fail_metrics(input, HPA_COURSE_BAD_SELECTOR, decision);
		return;
	}
	label_selector_free(selector);
	evaluate_metrics(input, selected, decision);
	if (!combine_metrics(input, decision)) {
		fail_metrics(input, HPA_COURSE_METRICS_FAILED, decision);
		return;
	}
	decision->course = HPA_COURSE_METRICS;
	if (decision->proposed > current) {
		decision->reason = g_strdup_printf("%s above target", decision->metric_name);
	} else if (MAX(decision->proposed, 0) < current) {
		decision->reason = g_strdup("All metrics below target");
	}
	normalize(input, decision);
	decision->rescale = decision->replicas != current;
}

/* --- zero --- */

static bool has_metric_without_pods(const struct hpa *hpa)
{
	for (size_t i = 0; i < hpa->n_metrics; i++) {
		if (hpa->metrics[i].type == METRIC_OBJECT ||
		    hpa->metrics[i].type == METRIC_EXTERNAL) {
			return true;
		}
	}
	return false;
}

/* Whether metrics are looked at although the target has no replicas. */
static bool computes_from_zero(const struct hpa_input *input, const struct hpa_decision *decision)
{
	const bool raised = hpa_min_replicas(input->hpa) != 0;

	if (!input->release->hpa_scaled_to_zero_condition) {
		return !raised;
	}
	return input->release->hpa_scale_to_zero &&
	       conditions_are_true(&decision->conditions, "ScaledToZero") &&
	       (raised || has_metric_without_pods(input->hpa));
}

static void note_zero(const struct hpa_input *input, struct hpa_decision *decision)
{
	if (!input->release->hpa_scaled_to_zero_condition) {
		return;
	}
	if (!input->release->hpa_scale_to_zero) {
		conditions_remove(&decision->conditions, "ScaledToZero");
		return;
	}
	const bool to_zero = input->scale.replicas > 0 && decision->replicas == 0 &&
	                     hpa_min_replicas(input->hpa) == 0 &&
	                     has_metric_without_pods(input->hpa);

	set_known_condition(decision, input, "ScaledToZero", to_zero,
	                    to_zero ? "ScaledToZero" : "NotScaledToZero");
}

static void disable(const struct hpa_input *input, struct hpa_decision *decision)
{
	decision->course = HPA_COURSE_DISABLED;
	decision->replicas = 0;
	set_known_condition(decision, input, "ScalingActive", false, "ScalingDisabled");
	if (input->release->hpa_scaled_to_zero_condition && !input->release->hpa_scale_to_zero) {
		conditions_remove(&decision->conditions, "ScaledToZero");
	}
}

/* --- the whole --- */

static void begin_history(const struct hpa_input *input)
{
	if (!input->history->known) {
		hpa_history_add_recommendation(input->history, input->now, input->scale.replicas);
	}
}

static void choose_course(const struct hpa_input *input, struct hpa_decision *decision)
{
	const int32_t current = input->scale.replicas;
	const int32_t min = hpa_min_replicas(input->hpa), max = input->hpa->max_replicas;

	if (current == 0 && !computes_from_zero(input, decision)) {
		disable(input, decision);
	} else if (current == 0) {
		decide_by_metrics(input, decision);
	} else if (current > max) {
		decision->course = HPA_COURSE_ABOVE_MAX;
		decision->reason = g_strdup("Current number of replicas above Spec.MaxReplicas");
		decision->replicas = max;
		decision->rescale = true;
	} else if (current < min) {
		decision->course = HPA_COURSE_BELOW_MIN;
		decision->reason = g_strdup("Current number of replicas below Spec.MinReplicas");
		decision->replicas = min;
		decision->rescale = true;
	} else {
		decide_by_metrics(input, decision);
	}
}

static void fail_scale(const struct hpa_input *input, struct hpa_decision *decision)
{
	const struct hpa *hpa = input->hpa;
	const char *error = input->scale.get_error;
	g_autofree char *reference = reference_of(hpa);
	g_autofree char *message = g_strdup_printf(
	    "the HPA controller was unable to get the target's current scale: %s", error);

	decision->course = HPA_COURSE_SCALE_UNREADABLE;
	decision->error =
	    g_strdup_printf("failed to query scale subresource for %s: %s", reference, error);
	add_event(decision, true, "FailedGetScale", error);
	set_condition(decision, input, "AbleToScale", false, "FailedGetScale", message);
	decision->replicas = hpa->status.desired_replicas;
	decision->n_metrics = hpa->status.n_metrics;
	decision->metrics =
	    g_memdup2(hpa->status.metrics, hpa->status.n_metrics * sizeof(*hpa->status.metrics));
}

void hpa_decide(const struct hpa_input *input, struct hpa_decision *decision)
{
	*decision = (struct hpa_decision){
	    .current_replicas = input->scale.replicas,
	    .replicas = input->scale.replicas,
	};
	conditions_copy(&decision->conditions, &input->hpa->status.conditions);
	if (input->scale.get_error) {
		fail_scale(input, decision);
	} else {
		set_known_condition(decision, input, "AbleToScale", true, "SucceededGetScale");
		begin_history(input);
		choose_course(input, decision);
	}
	if (!decision->reason) {
		decision->reason = g_strdup("");
	}
}

static void conclude_rescale(const struct hpa_input *input, const char *write_error,
                             struct hpa_decision *decision)
{
	const int32_t current = input->scale.replicas;
	g_autofree char *message = NULL;
	g_autofree char *text = NULL;

	if (write_error) {
		g_autofree char *reference = reference_of(input->hpa);

		message = g_strdup_printf("New size: %d; reason: %s; error: %s", decision->replicas,
		                          decision->reason, write_error);
		add_event(decision, true, "FailedRescale", message);
		text = g_strdup_printf(
		    "the HPA controller was unable to update the target scale: %s", write_error);
		set_condition(decision, input, "AbleToScale", false, "FailedUpdateScale", text);
		g_free(decision->error);
		decision->error =
		    g_strdup_printf("failed to rescale %s: %s", reference, write_error);
		return;
	}
	decision->rescaled = true;
	text = g_strdup_printf("the HPA controller was able to update the target scale to %d",
	                       decision->replicas);
	set_condition(decision, input, "AbleToScale", true, "SucceededRescale", text);
	message = g_strdup_printf("New size: %d; reason: %s", decision->replicas, decision->reason);
	add_event(decision, false, "SuccessfulRescale", message);
	hpa_store_scale_event(input->hpa, current, decision->replicas, input->now, input->history);
	note_zero(input, decision);
}

static bool metrics_equal(const struct metric_status *a, const struct metric_status *b)
{
	return a->present == b->present && a->has_utilization == b->has_utilization &&
	       a->has_value == b->has_value && a->has_average_value == b->has_average_value &&
	       a->utilization == b->utilization && a->value == b->value &&
	       a->average_value == b->average_value;
}

static bool conditions_equal(const struct conditions *a, const struct conditions *b)
{
	if (a->n != b->n) {
		return false;
	}
	for (size_t i = 0; i < a->n; i++) {
		const struct condition *x = &a->items[i], *y = &b->items[i];

		if (!g_str_equal(x->type, y->type) || x->status != y->status ||
		    g_strcmp0(x->reason, y->reason) != 0 ||
		    g_strcmp0(x->message, y->message) != 0 ||
		    x->last_transition_time != y->last_transition_time) {
			return false;
		}
	}
	return true;
}

static bool status_differs(const struct hpa *hpa, const struct hpa_decision *decision)
{
	if (hpa->status.current_replicas != decision->status_current ||
	    hpa->status.desired_replicas != decision->status_desired ||
	    hpa->status.last_scale_time != decision->last_scale_time ||
	    hpa->status.observed_generation != decision->observed_generation ||
	    hpa->status.n_metrics != decision->n_metrics) {
		return true;
	}
	for (size_t i = 0; i < decision->n_metrics; i++) {
		if (!metrics_equal(&hpa->status.metrics[i], &decision->metrics[i])) {
			return true;
		}
	}
	return !conditions_equal(&hpa->status.conditions, &decision->conditions);
}

void hpa_conclude(const struct hpa_input *input, const char *write_error,
                  struct hpa_decision *decision)
{
	const struct hpa *hpa = input->hpa;
	const bool unread = decision->course == HPA_COURSE_SCALE_UNREADABLE;
	const bool failed = unread || decision->course == HPA_COURSE_BAD_SELECTOR ||
	                    decision->course == HPA_COURSE_METRICS_FAILED;

	if (decision->rescale) {
		conclude_rescale(input, write_error, decision);
	}
	const bool keeps = failed || (decision->rescale && !decision->rescaled);

	decision->status_current =
	    unread ? hpa->status.current_replicas : decision->current_replicas;
	decision->status_desired = keeps ? hpa->status.desired_replicas : decision->replicas;
	decision->last_scale_time = decision->rescaled ? input->now : hpa->status.last_scale_time;
	decision->observed_generation = input->release->hpa_generation && !unread
	                                    ? hpa->object.meta.generation
	                                    : hpa->status.observed_generation;
	decision->status_changed = status_differs(hpa, decision);
}

void hpa_decision_clear(struct hpa_decision *decision)
{
	for (size_t i = 0; i < decision->n_proposals; i++) {
		hpa_proposal_clear(&decision->proposals[i]);
	}
	for (size_t i = 0; i < decision->n_events; i++) {
		g_free(decision->events[i].message);
	}
	g_free(decision->proposals);
	g_free(decision->events);
	g_free(decision->metrics);
	g_free(decision->normalization.policies);
	g_free(decision->error);
	g_free(decision->reason);
	conditions_clear(&decision->conditions);
	*decision = (struct hpa_decision){0};
}

void hpa_decision_apply(const struct hpa_decision *decision, struct hpa *hpa)
{
	hpa->status.observed_generation = decision->observed_generation;
	hpa->status.current_replicas = decision->status_current;
	hpa->status.desired_replicas = decision->status_desired;
	hpa->status.last_scale_time = decision->last_scale_time;
	g_free(hpa->status.metrics);
	hpa->status.metrics =
	    g_memdup2(decision->metrics, decision->n_metrics * sizeof(*decision->metrics));
	hpa->status.n_metrics = decision->n_metrics;
	conditions_clear(&hpa->status.conditions);
	conditions_copy(&hpa->status.conditions, &decision->conditions);
}
