/* decision_text.c - one HPA decision as the Run keeps it: its figures, and its arithmetic in words.
 */

#include "record/recorder_private.h"

#include "rules/hpa_explain.h"

#include <math.h>
#include <string.h>

static int32_t length_of(const GPtrArray *list)
{
	return list ? (int32_t)list->len : 0;
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

static void describe_proposal(struct run_hpa_metric *metric, const struct hpa_proposal *proposal,
                              int32_t current)
{
	metric->name = g_strdup(proposal->metric_name ? proposal->metric_name : "metric");
	metric->valid = proposal->failure == HPA_FAILURE_NONE;
	metric->proposal = proposal->replicas;
	metric->target = (double)proposal->target;
	metric->ready = (int32_t)proposal->groups.ready_count;
	metric->unready = length_of(proposal->groups.unready);
	metric->missing = length_of(proposal->groups.missing);
	metric->ignored = length_of(proposal->groups.ignored);
	metric->current = metric->ready_ratio = metric->ratio = NAN;
	if (proposal->has_first) {
		const struct hpa_ratio *first = &proposal->first;

		metric->current = is_utilization(proposal) ? first->utilization
		                  : counts_pods(proposal)  ? (double)first->average
		                                           : (double)first->usage;
		metric->ready_ratio = first->ratio;
		metric->ratio = proposal->has_again ? proposal->again.ratio : first->ratio;
	}
	metric->text = hpa_explain_arithmetic(proposal, current);
}

void decision_describe(struct run_decision *decision, const struct hpa_trace *t)
{
	const struct hpa_decision *d = t->decision;
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
	}
	decision->text = hpa_explain_in_short(t->hpa, d);
	decision->explanation = hpa_explain(t->hpa, d);
}
