/* pod_status.c - kubectl's READY and STATUS columns. */

#include "report/pod_status.h"

#include <string.h>

static char *end_reason(const struct container_status *status, const char *prefix)
{
	if (status->end.reason) {
		return g_strdup_printf("%s%s", prefix, status->end.reason);
	}
	return g_strdup_printf("%sExitCode:%d", prefix, status->end.exit_code);
}

/* The reason while init containers are still at work; NULL when they are done. */
static char *init_reason(const struct pod *pod)
{
	for (size_t i = 0; i < pod->spec->n_init_containers; i++) {
		const struct container_status *status = &pod->init_containers[i];
		const bool sidecar = pod->spec->init_containers[i].always_restarts;

		if (status->state == CONTAINER_TERMINATED && status->end.exit_code == 0) {
			continue;
		}
		if (sidecar && status->started) {
			continue;
		}
		if (status->state == CONTAINER_TERMINATED) {
			return end_reason(status, "Init:");
		}
		if (status->state == CONTAINER_WAITING && status->waiting_reason &&
		    !g_str_equal(status->waiting_reason, "PodInitializing")) {
			return g_strdup_printf("Init:%s", status->waiting_reason);
		}
		return g_strdup_printf("Init:%zu/%zu", i, pod->spec->n_init_containers);
	}
	return NULL;
}

/* The reason of the first main container that has one, as kubectl finds it: from the last to the
 * first. */
static char *main_reason(const struct pod *pod, char *reason)
{
	bool running = false;

	for (size_t i = pod->spec->n_containers; i-- > 0;) {
		const struct container_status *status = &pod->containers[i];

		if (status->state == CONTAINER_WAITING && status->waiting_reason) {
			g_free(reason);
			reason = g_strdup(status->waiting_reason);
		} else if (status->state == CONTAINER_TERMINATED) {
			g_free(reason);
			reason = end_reason(status, "");
		} else if (status->state == CONTAINER_RUNNING && status->ready) {
			running = true;
		}
	}
	if (running && g_str_equal(reason, "Completed")) {
		g_free(reason);
		reason = g_strdup(pod_is_ready(pod) ? "Running" : "NotReady");
	}
	return reason;
}

char *pod_status_text(const struct pod *pod)
{
	char *reason = init_reason(pod);

	if (!reason) {
		reason = main_reason(
		    pod, g_strdup(pod->reason ? pod->reason : pod_phase_name(pod->phase)));
	}
	if (!pod->node_name && pod->phase == POD_PENDING) { /* nothing has been created yet */
		g_free(reason);
		reason = g_strdup("Pending");
	}
	if (pod_is_terminating(pod) && !pod_is_finished(pod)) {
		g_free(reason);
		reason = g_strdup("Terminating");
	}
	return reason;
}

char *pod_ready_text(const struct pod *pod)
{
	size_t ready = 0;

	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		ready += pod->containers[i].ready;
	}
	return g_strdup_printf("%zu/%zu", ready, pod->spec->n_containers);
}
