/* decision_text.c - one HPA decision in words: every number of its arithmetic, in the order in
 * which it was computed. */

#include "record/recorder_private.h"

#include "kube/quantity.h"

#include <math.h>
#include <string.h>

static guint length_of(const GPtrArray *list)
{
	return list ? list->len : 0;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static char *amount(const struct hpa_proposal *proposal, int64_t milli)
{
	const char *name = proposal->spec ? proposal->spec->name : NULL;

	if (g_strcmp0(name, "cpu") == 0) {
		return g_strdup_printf("%" G_GINT64_FORMAT "m", milli);
	}
	return quantity_to_string(milli, g_strcmp0(name, "memory") == 0 ? QUANTITY_BINARY
	                                                                : QUANTITY_DECIMAL);
}

/* Whether the target is a percentage of the request. */
static bool is_utilization(const struct hpa_proposal *proposal)
{
	return proposal->spec && proposal->spec->target.type == TARGET_UTILIZATION;
}

static bool counts_pods(const struct hpa_proposal *proposal)
{
	const enum metric_type type = proposal->spec ? proposal->spec->type : METRIC_UNKNOWN;

	return type == METRIC_RESOURCE || type == METRIC_CONTAINER_RESOURCE || type == METRIC_PODS;
}

/* "1880m of 1000m requested by 2 pods is 188 %, target 70 %: ratio 2.686". */
static void add_ratio(GString *text, const struct hpa_proposal *proposal,
                      const struct hpa_ratio *ratio)
{
	g_autofree char *usage = amount(proposal, ratio->usage);
	g_autofree char *target = amount(proposal, proposal->target);

	if (is_utilization(proposal)) {
		g_autofree char *request = amount(proposal, ratio->request);

		g_string_append_printf(
		    text,
		    "%s of %s requested by %zu pod%s is %d %%, target %" G_GINT64_FORMAT " %%",
		    usage, request, ratio->count, plural(ratio->count), ratio->utilization,
		    proposal->target);
	} else if (counts_pods(proposal)) {
		g_autofree char *average = amount(proposal, ratio->average);

		g_string_append_printf(text, "%s over %zu pod%s is %s a pod, target %s", usage,
		                       ratio->count, plural(ratio->count), average, target);
	} else {
		g_string_append_printf(text, "value %s, target %s", usage, target);
	}
	g_string_append_printf(text, ": ratio %.3f", ratio->ratio);
}

/* Who was counted in beside the pods with fresh metrics: pods that are not ready only when the
 * ratio asks for more, as unused; pods without metrics always, and against the change that the
 * ratio asks for. */
static void add_groups(GString *text, const struct hpa_proposal *proposal)
{
	const bool up = proposal->first.ratio > 1;
	const guint unready = up ? length_of(proposal->groups.unready) : 0;
	const guint missing = length_of(proposal->groups.missing);

	g_string_append(text, "; with ");
	if (unready) {
		g_string_append_printf(text, "%u pod%s not ready as unused", unready,
		                       plural(unready));
	}
	if (missing) {
		g_string_append_printf(text, "%s%u pod%s without metrics as %s",
		                       unready ? " and " : "", missing, plural(missing),
		                       up ? "unused" : "fully used");
	}
	g_string_append(text, unready || missing ? ": " : "all pods: ");
	add_ratio(text, proposal, &proposal->again);
}

static void add_path(GString *text, const struct hpa_proposal *proposal, int32_t current)
{
	const double ratio = proposal->has_again ? proposal->again.ratio : proposal->first.ratio;

	switch (proposal->path) {
	case HPA_PATH_FAILED:
		break;
	case HPA_PATH_WITHIN_TOLERANCE:
	case HPA_PATH_AGAIN_WITHIN:
	case HPA_PATH_AVERAGE_WITHIN:
		g_string_append_printf(text, ", within the tolerance: %d", proposal->replicas);
		break;
	case HPA_PATH_AGAIN_FLIPPED:
		g_string_append_printf(text, ", which points the other way: hold at %d", current);
		break;
	case HPA_PATH_AGAIN_WRONG_WAY:
		g_string_append_printf(text, ", ceil(%.3f x %d) points the other way: hold at %d",
		                       ratio, proposal->factor, current);
		break;
	case HPA_PATH_PLAIN:
	case HPA_PATH_AGAIN:
		g_string_append_printf(text, ", ceil(%.3f x %d) = %d", ratio, proposal->factor,
		                       proposal->replicas);
		break;
	case HPA_PATH_FROM_ZERO:
		g_string_append_printf(text, ", ceil(%.3f) = %d", ratio, proposal->replicas);
		break;
	case HPA_PATH_AVERAGE: {
		g_autofree char *usage = amount(proposal, proposal->first.usage);
		g_autofree char *target = amount(proposal, proposal->target);

		g_string_append_printf(text, ", ceil(%s / %s) = %d", usage, target,
		                       proposal->replicas);
		break;
	}
	}
}

static void describe_proposal(struct run_hpa_metric *metric, const struct hpa_proposal *proposal,
                              int32_t current)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *name = proposal->metric_name ? proposal->metric_name
	                   : proposal->spec      ? proposal->spec->name
	                                         : NULL;

	metric->name = g_strdup(name ? name : "metric");
	metric->valid = proposal->failure == HPA_FAILURE_NONE;
	metric->proposal = proposal->replicas;
	metric->target = (double)proposal->target;
	metric->ready = (int32_t)proposal->groups.ready_count;
	metric->unready = (int32_t)length_of(proposal->groups.unready);
	metric->missing = (int32_t)length_of(proposal->groups.missing);
	metric->ignored = (int32_t)length_of(proposal->groups.ignored);
	metric->current = metric->ready_ratio = metric->ratio = NAN;
	if (proposal->has_first) {
		const struct hpa_ratio *first = &proposal->first;

		metric->current = is_utilization(proposal) ? first->utilization
		                  : counts_pods(proposal)  ? (double)first->average
		                                           : (double)first->usage;
		metric->ready_ratio = first->ratio;
		metric->ratio = proposal->has_again ? proposal->again.ratio : first->ratio;
		add_ratio(text, proposal, first);
	}
	if (proposal->has_again) {
		add_groups(text, proposal);
	}
	if (metric->valid) {
		add_path(text, proposal, current);
	} else {
		g_string_append_printf(text, "%s%s", text->len ? "; " : "",
		                       proposal->message ? proposal->message : "failed");
	}
	metric->text = g_string_free(g_steal_pointer(&text), FALSE);
}

static void add_policies(GString *text, const struct hpa_normalization *n, int32_t current)
{
	for (size_t i = 0; i < n->n_policies; i++) {
		const struct hpa_policy_limit *p = &n->policies[i];

		g_string_append_printf(
		    text, "%s %d%s per %d s from %d allow%s %d", i ? "," : "", p->policy.value,
		    p->policy.percent ? " %" : " pods", p->policy.period_seconds, p->base,
		    p->policy.percent || p->policy.value == 1 ? "s" : "", p->limit);
	}
	if (!n->n_policies && n->limit_up && !n->behavior) {
		g_string_append_printf(text, " one sync allows at most max(2 x %d, 4) = %d",
		                       current, n->limit);
	} else if (!n->n_policies) {
		g_string_append_printf(text, " limit %d", n->limit);
	}
}

static void add_stabilization(GString *text, const struct hpa_normalization *n, int32_t current)
{
	if (n->stabilized == n->proposal) {
		return;
	}
	if (n->behavior && n->stabilized == current) {
		g_string_append_printf(
		    text,
		    "\n%d is held back by the stabilization windows (%g s up: lowest %d; %g s "
		    "down: highest %d): %d",
		    n->proposal, sim_time_to_seconds(n->up_window), n->window_min,
		    sim_time_to_seconds(n->down_window), n->window_max, n->stabilized);
	} else {
		g_string_append_printf(text, "\n%d recommended within the last %g s wins over %d",
		                       n->stabilized, sim_time_to_seconds(n->down_window),
		                       n->proposal);
	}
}

static void add_normalization(GString *text, const struct hpa_trace *t)
{
	const struct hpa_normalization *n = &t->decision->normalization;
	const int32_t current = t->decision->current_replicas;

	if (!n->done) {
		return;
	}
	add_stabilization(text, n, current);
	if (n->replicas == n->stabilized) {
		return;
	}
	g_string_append_printf(text, "\n%d is limited to %d (%s):", n->stabilized, n->replicas,
	                       n->limited_reason);
	if (n->limited_reason && g_str_equal(n->limited_reason, "TooManyReplicas")) {
		g_string_append_printf(text, " maxReplicas %d", t->hpa->max_replicas);
	} else if (n->limited_reason && g_str_equal(n->limited_reason, "TooFewReplicas")) {
		g_string_append_printf(text, " minReplicas %d", hpa_min_replicas(t->hpa));
	} else if (n->has_limit) {
		add_policies(text, n, current);
	}
}

static void add_course(GString *text, const struct hpa_trace *t)
{
	const struct hpa_decision *d = t->decision;

	switch (d->course) {
	case HPA_COURSE_SCALE_UNREADABLE:
	case HPA_COURSE_BAD_SELECTOR:
	case HPA_COURSE_METRICS_FAILED:
		if (!d->n_proposals) { /* else each metric has said why */
			g_string_append(text, d->error ? d->error : "no usable metric");
		}
		break;
	case HPA_COURSE_DISABLED:
		g_string_append(text, "disabled: the target has 0 replicas");
		break;
	case HPA_COURSE_ABOVE_MAX:
		g_string_append_printf(text, "%d replicas are above maxReplicas %d",
		                       d->current_replicas, t->hpa->max_replicas);
		break;
	case HPA_COURSE_BELOW_MIN:
		g_string_append_printf(text, "%d replica%s %s below minReplicas %d",
		                       d->current_replicas, plural((size_t)d->current_replicas),
		                       d->current_replicas == 1 ? "is" : "are",
		                       hpa_min_replicas(t->hpa));
		break;
	case HPA_COURSE_METRICS:
		break;
	}
}

void decision_describe(struct run_decision *decision, const struct hpa_trace *t)
{
	const struct hpa_decision *d = t->decision;
	g_autoptr(GString) text = g_string_new(NULL);
	const char *limited = d->normalization.done ? d->normalization.limited_reason : NULL;

	decision->current = d->current_replicas;
	decision->desired = d->replicas;
	decision->rescaled = d->rescaled;
	decision->reason = g_strdup(d->reason ? d->reason : "");
	if (limited && !g_str_equal(limited, "DesiredWithinRange") &&
	    d->normalization.replicas != d->normalization.stabilized) {
		decision->limit = g_strdup(limited);
	}
	decision->n_metrics = d->n_proposals;
	decision->metrics = g_new0(struct run_hpa_metric, d->n_proposals);
	for (size_t i = 0; i < d->n_proposals; i++) {
		describe_proposal(&decision->metrics[i], &d->proposals[i], d->current_replicas);
		g_string_append_printf(text, "%s%s: %s", i ? "\n" : "", decision->metrics[i].name,
		                       decision->metrics[i].text);
	}
	add_course(text, t);
	add_normalization(text, t);
	decision->text = g_string_free(g_steal_pointer(&text), FALSE);
}
