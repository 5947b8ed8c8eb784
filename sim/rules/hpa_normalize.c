/* hpa_normalize.c - from what the metrics ask for to what may be written: stabilization by past
 * recommendations, policies, min and max.
 *
 * Source: horizontal.go, stabilizeRecommendation and normalizeDesiredReplicas, each with and
 * without behavior. */

#include "rules/hpa.h"
#include "rules/hpa_private.h"

#include <math.h>

int32_t hpa_min_replicas(const struct hpa *hpa)
{
	return hpa->has_min_replicas ? hpa->min_replicas : 1;
}

/* --- stabilization --- */

static void remember(struct hpa_history *history, size_t slot, sim_time now, int32_t proposal)
{
	if (slot < history->n_recommendations) {
		history->recommendations[slot] =
		    (struct hpa_recommendation){.at = now, .replicas = proposal};
	} else {
		hpa_history_add_recommendation(history, now, proposal);
	}
}

/* Without behavior: the highest recommendation of the window, in both directions. A boundary counts
 * in. */
static void stabilize_by_default(const struct hpa_input *input, struct hpa_normalization *n)
{
	struct hpa_history *history = input->history;
	const sim_time cutoff = input->now - input->settings->downscale_stabilization;
	size_t slot = history->n_recommendations;

	n->down_window = input->settings->downscale_stabilization;
	n->stabilized = n->proposal;
	for (size_t i = 0; i < history->n_recommendations; i++) {
		const struct hpa_recommendation *one = &history->recommendations[i];

		if (one->at < cutoff) {
			slot = i;
		} else {
			n->stabilized = MAX(n->stabilized, one->replicas);
		}
	}
	n->window_min = n->proposal;
	n->window_max = n->stabilized;
	remember(history, slot, input->now, n->proposal);
	if (n->stabilized != n->proposal) {
		n->stabilization_reason = "ScaleDownStabilized";
	}
}

/* With behavior: up only as far as the lowest of the scale-up window, down only as far as the
 * highest of the scale-down window, else hold. A boundary no longer counts. */
static void stabilize_by_behavior(const struct hpa_input *input, struct hpa_normalization *n)
{
	const struct hpa *hpa = input->hpa;
	struct hpa_history *history = input->history;
	const int32_t current = input->scale.replicas;
	const int32_t down = hpa->scale_down.stabilization_window_seconds;
	size_t slot = history->n_recommendations;

	n->up_window = MAX(hpa->scale_up.stabilization_window_seconds, 0) * SIM_SECOND;
	n->down_window = down >= 0
	                     ? down * SIM_SECOND
	                     : sim_time_floor_second(input->settings->downscale_stabilization);
	n->window_min = n->proposal;
	n->window_max = n->proposal;

	const sim_time up_cutoff = input->now - n->up_window;
	const sim_time down_cutoff = input->now - n->down_window;

	for (size_t i = 0; i < history->n_recommendations; i++) {
		const struct hpa_recommendation *one = &history->recommendations[i];

		if (one->at > up_cutoff) {
			n->window_min = MIN(n->window_min, one->replicas);
		}
		if (one->at > down_cutoff) {
			n->window_max = MAX(n->window_max, one->replicas);
		}
		if (one->at < up_cutoff && one->at < down_cutoff) {
			slot = i;
		}
	}
	n->stabilized = MIN(MAX(current, n->window_min), n->window_max);
	remember(history, slot, input->now, n->proposal);
	if (n->stabilized != n->proposal) {
		n->stabilization_reason =
		    n->proposal >= current ? "ScaleUpStabilized" : "ScaleDownStabilized";
	}
}

void hpa_stabilize(const struct hpa_input *input, int32_t proposal,
                   struct hpa_normalization *normalization)
{
	normalization->behavior = input->hpa->has_behavior;
	normalization->proposal = proposal;
	normalization->stabilization_reason = "ReadyForNewScale";
	if (normalization->behavior) {
		stabilize_by_behavior(input, normalization);
	} else {
		stabilize_by_default(input, normalization);
	}
}

/* --- limits --- */

/* What one policy allows. Each direction favours change: up rounds the new count up, down rounds
 * what is left down. */
static int32_t policy_limit(const struct scaling_policy *policy, bool up, int32_t base)
{
	const double share = (double)policy->value / 100;

	if (!policy->percent) {
		return hpa_int32_of_wide(up ? (int64_t)base + policy->value
		                            : (int64_t)base - policy->value);
	}
	return up ? hpa_int32_of(ceil((double)base * (1 + share)))
	          : hpa_int32_of((double)base * (1 - share));
}

int32_t hpa_policies_limit(const struct hpa_input *input, bool up,
                           struct hpa_normalization *normalization)
{
	const struct scaling_rules *rules = up ? &input->hpa->scale_up : &input->hpa->scale_down;
	const struct hpa_history *history = input->history;
	const int32_t current = input->scale.replicas;
	/* The largest change is the highest count on the way up and the lowest on the way down. */
	const bool highest = up == (rules->select == SELECT_MAX);
	const bool both = input->release->hpa_counts_both_directions;
	int32_t result = highest ? INT32_MIN : INT32_MAX;

	normalization->has_limit = true;
	normalization->limit_up = up;
	if (rules->select == SELECT_DISABLED) {
		normalization->limit = current;
		return current;
	}
	normalization->policies = g_renew(struct hpa_policy_limit, normalization->policies,
	                                  normalization->n_policies + rules->n_policies);
	for (size_t i = 0; i < rules->n_policies; i++) {
		struct hpa_policy_limit *one =
		    &normalization->policies[normalization->n_policies++];

		*one = (struct hpa_policy_limit){.policy = rules->policies[i]};
		if (up || both) {
			one->added = hpa_change_in_period(history->scale_ups, history->n_scale_ups,
			                                  one->policy.period_seconds, input->now);
		}
		if (!up || both) {
			one->removed =
			    hpa_change_in_period(history->scale_downs, history->n_scale_downs,
			                         one->policy.period_seconds, input->now);
		}
		one->base = hpa_int32_of_wide((int64_t)current - one->added + one->removed);
		one->limit = policy_limit(&one->policy, up, one->base);
		result = highest ? MAX(result, one->limit) : MIN(result, one->limit);
	}
	normalization->limit = result;
	return result;
}

static void conclude_limit(struct hpa_normalization *n, int32_t replicas, const char *reason)
{
	n->replicas = replicas;
	n->limited_reason = reason;
}

static void limit_by_behavior(const struct hpa_input *input, int32_t wanted,
                              struct hpa_normalization *n)
{
	const int32_t current = input->scale.replicas;
	const int32_t min = hpa_min_replicas(input->hpa), max = input->hpa->max_replicas;

	conclude_limit(n, wanted, "DesiredWithinRange");
	if (wanted > current) {
		const int32_t most = hpa_policies_limit(input, true, n);
		const int32_t limit = MAX(most, current);
		const int32_t allowed = MIN(max, limit);

		if (wanted > allowed) {
			conclude_limit(n, allowed,
			               max > limit ? "ScaleUpLimit" : "TooManyReplicas");
		}
	} else if (wanted < current) {
		const int32_t least = hpa_policies_limit(input, false, n);
		const int32_t limit = MIN(least, current);
		const int32_t allowed = MAX(min, limit);

		if (wanted < allowed) {
			conclude_limit(n, allowed,
			               min < limit ? "ScaleDownLimit" : "TooFewReplicas");
		}
	}
}

static void limit_by_factor(const struct hpa_input *input, int32_t wanted,
                            struct hpa_normalization *n)
{
	const double product =
	    input->settings->scale_up_limit_factor * (double)input->scale.replicas;
	const int32_t limit = hpa_int32_of(fmax(product, HPA_SCALE_UP_LIMIT_MINIMUM));
	const int32_t min = hpa_min_replicas(input->hpa), max = input->hpa->max_replicas;
	const int32_t allowed = MIN(max, limit);

	n->has_limit = wanted > input->scale.replicas;
	n->limit_up = true;
	n->limit = limit;
	if (wanted < min) {
		conclude_limit(n, min, "TooFewReplicas");
	} else if (wanted > allowed) {
		conclude_limit(n, allowed, max > limit ? "ScaleUpLimit" : "TooManyReplicas");
	} else {
		conclude_limit(n, wanted, "DesiredWithinRange");
	}
}

void hpa_limit(const struct hpa_input *input, int32_t stabilized,
               struct hpa_normalization *normalization)
{
	if (input->hpa->has_behavior) {
		limit_by_behavior(input, stabilized, normalization);
	} else {
		limit_by_factor(input, stabilized, normalization);
	}
	normalization->done = true;
}
