/* hpa_history.c - what the controller remembers of an HPA: recommendations and scale events in
 * slots that are used again. */

#include "rules/hpa.h"
#include "rules/hpa_private.h"

void hpa_settings_init(struct hpa_settings *settings)
{
	*settings = (struct hpa_settings){
	    .tolerance = 0.1,
	    .cpu_initialization_period = 5 * SIM_MINUTE,
	    .initial_readiness_delay = 30 * SIM_SECOND,
	    .downscale_stabilization = 5 * SIM_MINUTE,
	    .scale_up_limit_factor = 2.0,
	};
}

void hpa_history_clear(struct hpa_history *history)
{
	g_free(history->recommendations);
	g_free(history->scale_ups);
	g_free(history->scale_downs);
	*history = (struct hpa_history){0};
}

void hpa_history_copy(struct hpa_history *to, const struct hpa_history *from)
{
	*to = *from;
	to->recommendations = g_memdup2(from->recommendations,
	                                from->n_recommendations * sizeof(*from->recommendations));
	to->scale_ups = g_memdup2(from->scale_ups, from->n_scale_ups * sizeof(*from->scale_ups));
	to->scale_downs =
	    g_memdup2(from->scale_downs, from->n_scale_downs * sizeof(*from->scale_downs));
}

void hpa_history_add_recommendation(struct hpa_history *history, sim_time at, int32_t replicas)
{
	history->known = true;
	history->recommendations = g_renew(struct hpa_recommendation, history->recommendations,
	                                   history->n_recommendations + 1);
	history->recommendations[history->n_recommendations++] =
	    (struct hpa_recommendation){.at = at, .replicas = replicas};
}

void hpa_history_add_scale_event(struct hpa_history *history, bool up, sim_time at, int32_t change)
{
	struct hpa_scale_event **events = up ? &history->scale_ups : &history->scale_downs;
	size_t *n = up ? &history->n_scale_ups : &history->n_scale_downs;

	*events = g_renew(struct hpa_scale_event, *events, *n + 1);
	(*events)[(*n)++] = (struct hpa_scale_event){.at = at, .change = change};
}

int32_t hpa_change_in_period(const struct hpa_scale_event *events, size_t n, int32_t period_seconds,
                             sim_time now)
{
	const sim_time cutoff = now - period_seconds * SIM_SECOND;
	int64_t change = 0;

	for (size_t i = 0; i < n; i++) {
		if (events[i].at > cutoff) {
			change += events[i].change;
		}
	}
	return hpa_int32_of_wide(change);
}

static int32_t longest_period(const struct scaling_rules *rules)
{
	int32_t longest = 0;

	for (size_t i = 0; i < rules->n_policies; i++) {
		longest = MAX(longest, rules->policies[i].period_seconds);
	}
	return longest;
}

void hpa_store_scale_event(const struct hpa *hpa, int32_t from, int32_t to, sim_time now,
                           struct hpa_history *history)
{
	if (!hpa->has_behavior) {
		return; /* nobody would read it */
	}
	const bool up = to > from;
	const sim_time cutoff =
	    now - longest_period(up ? &hpa->scale_up : &hpa->scale_down) * SIM_SECOND;
	const int32_t change = hpa_int32_of_wide(up ? (int64_t)to - from : (int64_t)from - to);
	struct hpa_scale_event *events = up ? history->scale_ups : history->scale_downs;
	const size_t n = up ? history->n_scale_ups : history->n_scale_downs;
	struct hpa_scale_event *slot = NULL;

	for (size_t i = 0; i < n; i++) {
		if (events[i].at < cutoff) {
			events[i].outdated = true;
		}
		if (events[i].outdated) {
			slot = &events[i];
		}
	}
	if (slot) {
		*slot = (struct hpa_scale_event){.at = now, .change = change};
	} else {
		hpa_history_add_scale_event(history, up, now, change);
	}
}
