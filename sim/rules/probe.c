/* probe.c - the gates before a probe and the counting after it. */

#include "rules/probe.h"

#include <string.h>

enum { REDIRECTS = 10 };

enum probe_result probe_initial_result(enum probe_type type)
{
	switch (type) {
	case PROBE_READINESS:
		return PROBE_RESULT_FAILURE;
	case PROBE_LIVENESS:
		return PROBE_RESULT_SUCCESS;
	default:
		return PROBE_RESULT_UNKNOWN;
	}
}

/* The gates of a container that runs. */
static enum probe_step check_running(enum probe_type type, const struct probe *probe,
                                     const struct probe_view *view)
{
	const struct container_status *status = view->container;

	if (view->worker_deleted && type != PROBE_READINESS) {
		return PROBE_STEP_STORE_SUCCESS_AND_END;
	}
	/* Whole seconds since a start that was itself cut to the second. */
	if ((view->now - status->started_at) / SIM_SECOND < probe->initial_delay_seconds) {
		return PROBE_STEP_NOTHING;
	}
	return status->started == (type == PROBE_STARTUP) ? PROBE_STEP_NOTHING : PROBE_STEP_SEND;
}

enum probe_step probe_check(struct probe_state *state, enum probe_type type,
                            const struct probe *probe, const struct probe_view *view, bool *fresh)
{
	const struct container_status *status = view->container;

	*fresh = false;
	if (!view->known) {
		return PROBE_STEP_NOTHING;
	}
	if (view->phase == POD_FAILED || view->phase == POD_SUCCEEDED) {
		return PROBE_STEP_END;
	}
	if (!status || !status->has_id) {
		return PROBE_STEP_NOTHING;
	}
	if (!state->has_container || state->container != status->attempt) {
		state->has_container = true;
		state->container = status->attempt;
		state->on_hold = false;
		*fresh = true;
	}
	if (state->on_hold) {
		return PROBE_STEP_NOTHING;
	}
	if (status->state == CONTAINER_RUNNING) {
		return check_running(type, probe, view);
	}
	return status->state == CONTAINER_TERMINATED && !view->restarts_if_ended
	           ? PROBE_STEP_STORE_FAILURE_AND_END
	           : PROBE_STEP_STORE_FAILURE;
}

int probe_threshold(const struct probe *probe, enum probe_outcome outcome)
{
	return outcome == PROBE_OUTCOME_FAILURE ? probe->failure_threshold
	                                        : probe->success_threshold;
}

static enum probe_result result_of(enum probe_outcome outcome)
{
	return outcome == PROBE_OUTCOME_FAILURE ? PROBE_RESULT_FAILURE : PROBE_RESULT_SUCCESS;
}

int probe_next_run(const struct probe_state *state, enum probe_outcome outcome)
{
	if (outcome == PROBE_OUTCOME_ERROR) {
		return state->run;
	}
	return state->last == result_of(outcome) ? state->run + 1 : 1;
}

bool probe_count(struct probe_state *state, enum probe_type type, const struct probe *probe,
                 enum probe_outcome outcome, enum probe_result *result)
{
	*result = result_of(outcome);
	state->run = probe_next_run(state, outcome);
	state->last = *result;
	if (state->run < probe_threshold(probe, outcome)) {
		return false;
	}
	if (type == PROBE_STARTUP || (type == PROBE_LIVENESS && *result == PROBE_RESULT_FAILURE)) {
		state->on_hold = true;
		state->run = 0;
	}
	return true;
}

enum probe_outcome probe_http_outcome(int status)
{
	if (status < 200 || status >= 400) {
		return PROBE_OUTCOME_FAILURE;
	}
	return status < 300 ? PROBE_OUTCOME_SUCCESS : PROBE_OUTCOME_WARNING;
}

enum probe_redirect probe_redirect(const char *host, const char *target, unsigned followed)
{
	if (target && strcmp(target, host) != 0) {
		return PROBE_REDIRECT_WARNING;
	}
	return followed >= REDIRECTS ? PROBE_REDIRECT_FAILURE : PROBE_REDIRECT_FOLLOW;
}
