/* kubelet_kill.c - ending a container: preStop, SIGTERM, SIGKILL.
 *
 * Source: pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer,
 * kuberuntime_termination_order.go. */

#include "cluster/kubelet_internal.h"

static void on_timer(struct simulation *sim, void *data);

static void set_timer(struct kubelet_container *container, sim_time delay)
{
	struct simulation *sim = container->pod->kubelet->sim;

	simulation_cancel(sim, &container->kill_timer);
	container->kill_timer =
	    simulation_schedule_after(sim, delay, PHASE_RUNTIME, on_timer, container);
}

/* Takes the whole seconds of the stage that ends off the grace. */
static void spend(struct kubelet_container *container)
{
	sim_time now = kubelet_now(container->pod->kubelet);

	container->kill_grace -= (now - container->kill_since) / SIM_SECOND;
	container->kill_since = now;
}

static void stop(struct kubelet_container *container)
{
	const struct container_runtime *runtime = container->pod->kubelet->config.runtime;

	container->kill_stage = KILL_STAGE_STOP;
	set_timer(container, termination_stop_timeout(container->kill_grace, 0) * SIM_SECOND);
	if (!container->attempt->termed) {
		container->attempt->termed = true;
		kubelet_trace_step(container, CONTAINER_TERM_SENT, KILL_NONE);
		runtime->terminate(runtime->self, container->attempt->handle);
	}
}

/* A sidecar ends after all main containers and the sidecars behind it. */
static bool must_wait(const struct kubelet_container *container)
{
	const struct kubelet_pod *pod = container->pod;

	if (!container->kill_in_order || !container->sidecar) {
		return false;
	}
	for (size_t i = 0; i < pod->n_containers; i++) {
		const struct kubelet_container *other = &pod->containers[i];

		if (other->truth.running &&
		    (!other->init || (other->sidecar && other->index > container->index))) {
			return true;
		}
	}
	return false;
}

static void wait_for_turn(struct kubelet_container *container)
{
	spend(container);
	if (container->kill_grace > 0 && must_wait(container)) {
		container->kill_stage = KILL_STAGE_TURN;
		set_timer(container, container->kill_grace * SIM_SECOND);
	} else {
		stop(container);
	}
}

static void pre_stopped(struct kubelet_container *container, bool good)
{
	container->pre_stop = NULL;
	if (!good) {
		kubelet_event(container, true, "FailedPreStopHook", "PreStopHook failed");
	}
	wait_for_turn(container);
}

static void on_timer(struct simulation *sim, void *data)
{
	struct kubelet_container *container = data;
	const struct container_runtime *runtime = container->pod->kubelet->config.runtime;

	container->kill_timer = EVENT_NONE;
	container->pod->kubelet->phase = PHASE_RUNTIME;
	switch (container->kill_stage) {
	case KILL_STAGE_HOOK:
		kubelet_hook_abandon(&container->pre_stop);
		wait_for_turn(container);
		break;
	case KILL_STAGE_TURN:
		spend(container);
		stop(container);
		break;
	default:
		kubelet_trace_step(container, CONTAINER_KILL_SENT, KILL_NONE);
		runtime->kill(runtime->self, container->attempt->handle);
		break;
	}
}

/* All kills that the sync waited for are over. */
static void killed(struct kubelet_pod *pod)
{
	if (pod->work == POD_WORK_TERMINATING) {
		kubelet_terminating_done(pod);
	} else {
		kubelet_sync_continue(pod);
	}
}

void kubelet_container_kill(struct kubelet_container *container, const char *message, int cause,
                            bool in_order)
{
	struct kubelet_pod *pod = container->pod;
	const struct probe *failed =
	    container->killer == PROBE_TYPES ? NULL : container->spec->probes[container->killer];
	struct container_trace record = kubelet_trace(container, CONTAINER_KILL_DECIDED);
	g_autofree char *usual = g_strdup_printf("Stopping container %s", container->spec->name);

	record.cause = cause;
	record.message = message ? message : usual;
	kubelet_event(container, false, "Killing", record.message);
	kubelet_trace_send(pod->kubelet, &record);
	if (!container->truth.running) {
		return; /* it ended before it could be killed */
	}
	pod->killing++;
	container->kill_in_order = in_order;
	container->kill_grace = termination_grace(POD(pod->object), failed);
	container->kill_since = kubelet_now(pod->kubelet);
	if (container->spec->pre_stop && container->kill_grace > 0) {
		container->kill_stage = KILL_STAGE_HOOK;
		kubelet_trace_step(container, CONTAINER_PRE_STOP, KILL_NONE);
		set_timer(container, container->kill_grace * SIM_SECOND);
		container->pre_stop =
		    kubelet_hook_run(container, container->spec->pre_stop, pre_stopped);
	} else {
		wait_for_turn(container);
	}
}

static void stop_kill(struct kubelet_container *container)
{
	simulation_cancel(container->pod->kubelet->sim, &container->kill_timer);
	kubelet_hook_abandon(&container->pre_stop);
	container->kill_stage = KILL_STAGE_NONE;
}

void kubelet_container_kill_ended(struct kubelet_container *container)
{
	struct kubelet_pod *pod = container->pod;

	if (container->kill_stage != KILL_STAGE_NONE) {
		stop_kill(container);
		pod->killing--;
		if (pod->killing == 0) {
			killed(pod);
			return;
		}
	}
	for (size_t i = 0; i < pod->n_containers && pod->killing > 0; i++) {
		struct kubelet_container *other = &pod->containers[i];

		if (other->kill_stage == KILL_STAGE_TURN && !must_wait(other)) {
			spend(other);
			stop(other);
		}
	}
}

void kubelet_container_kill_cancel(struct kubelet_container *container)
{
	stop_kill(container);
}

void kubelet_container_kill_shorten(struct kubelet_container *container, int64_t grace)
{
	struct simulation *sim = container->pod->kubelet->sim;

	if (container->kill_stage == KILL_STAGE_NONE) {
		return;
	}
	sim_time due = simulation_now(sim) + MAX(grace, 1) * SIM_SECOND;

	container->kill_grace = MIN(container->kill_grace, MAX(grace, 1));
	if (simulation_due(sim, container->kill_timer) > due) {
		simulation_reschedule(sim, container->kill_timer, due);
	}
}
