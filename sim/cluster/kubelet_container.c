/* kubelet_container.c - starting containers: back-off, image, create, start, postStart.
 *
 * Source: pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer,
 * kuberuntime_manager.go SyncPod and doBackOff. */

#include "cluster/kubelet_internal.h"

#include "kube/quantity.h"

void kubelet_attempt_release(struct kubelet_attempt *attempt)
{
	if (attempt->exited && attempt->replaced && attempt->in_flight == 0) {
		const struct container_runtime *runtime =
		    attempt->container->pod->kubelet->config.runtime;

		runtime->remove(runtime->self, attempt->handle);
		g_free(attempt);
	}
}

/* --- back-off --- */

/* When the newest ended container that the sync saw finished; SIM_NEVER: there is none. */
static sim_time finish_seen(const struct container_view *view)
{
	return view->attempts > 0 && !view->running ? view->end.finished_at
	                                            : view->last.finished_at;
}

static void refuse(struct kubelet_container *container, sim_time until)
{
	struct kubelet_pod *pod = container->pod;
	struct container_trace record = kubelet_trace(container, CONTAINER_BACKOFF);

	g_autofree char *length = duration_to_string(container->back_off.duration);

	g_free(container->waiting_message);
	container->waiting_reason = "CrashLoopBackOff";
	container->waiting_message =
	    g_strdup_printf("back-off %s restarting failed container=%s pod=%s_%s(%s)", length,
	                    container->spec->name, pod->object->meta.name,
	                    pod->object->meta.namespace, pod->object->meta.uid);
	kubelet_event_back_off(container);
	record.wait = container->back_off.duration;
	record.until = until;
	kubelet_trace_send(pod->kubelet, &record);
	pod->sync_failed = true;
	pod->retry_at = MIN(pod->retry_at, until);
}

static bool may_start(struct kubelet_container *container)
{
	struct kubelet *kubelet = container->pod->kubelet;
	sim_time now = kubelet_now(kubelet), until;

	back_off_collect(&container->back_off, kubelet->config.housekeeping_period, now);
	if (back_off_allows(&container->back_off, &kubelet->config.back_off,
	                    finish_seen(&container->synced), now, &until)) {
		return true;
	}
	refuse(container, until);
	return false;
}

/* --- starts --- */

static void post_started(struct kubelet_container *container, bool good)
{
	struct kubelet_pod *pod = container->pod;

	container->post_start = NULL;
	if (!good) {
		kubelet_event(container, true, "FailedPostStartHook", "PostStartHook failed");
		container->waiting_reason = "PostStartHookError";
		container->waiting_message = g_strdup("PostStartHook failed");
		pod->sync_failed = true;
		pod->killing++; /* so that a kill that is over at once does not go on by itself */
		kubelet_container_kill(container, "FailedPostStartHook", KILL_NONE, false);
		pod->killing--;
	}
	if (pod->killing == 0) {
		kubelet_sync_continue(pod);
	}
}

static void on_exit_of_attempt(void *data, int exit_code, const char *reason)
{
	struct kubelet_attempt *attempt = data;
	struct kubelet_container *container = attempt->container;
	struct kubelet *kubelet = container->pod->kubelet;
	struct container_trace record = kubelet_trace(container, CONTAINER_EXITED);

	kubelet->phase = PHASE_RUNTIME;
	attempt->exited = true;
	kubelet_container_changing(container);
	container->truth.running = false;
	container->truth.end = (struct container_end){
	    .exit_code = exit_code,
	    .reason = g_intern_string(reason           ? reason
	                              : exit_code == 0 ? "Completed"
	                                               : "Error"),
	    .started_at = container->truth.started_at,
	    .finished_at = kubelet_now(kubelet),
	    .attempt = attempt->number,
	};
	record.exit_code = exit_code;
	record.reason = container->truth.end.reason;
	kubelet_trace_send(kubelet, &record);
	kubelet_container_kill_ended(container);
	if (container->post_start && container->attempt == attempt) {
		kubelet_hook_abandon(&container->post_start);
		post_started(container, false);
	}
}

/* Makes the container run. True when the sync can go on at once. */
static bool run(struct kubelet_container *container)
{
	struct kubelet_pod *pod = container->pod;
	const struct container_runtime *runtime = pod->kubelet->config.runtime;
	struct kubelet_attempt *attempt = g_new0(struct kubelet_attempt, 1);
	struct kubelet_attempt *before = container->attempt;

	attempt->container = container;
	attempt->number = container->truth.attempts;
	container->attempt = attempt;
	kubelet_container_changing(container);
	container->truth.last = container->truth.end;
	container->truth.end =
	    (struct container_end){.started_at = SIM_NEVER, .finished_at = SIM_NEVER};
	container->truth.attempts++;
	container->truth.running = true;
	container->truth.started_at = kubelet_now(pod->kubelet);
	container->killer = PROBE_TYPES;
	container->waiting_reason = NULL;
	g_clear_pointer(&container->waiting_message, g_free);
	if (before) {
		before->replaced = true;
		kubelet_attempt_release(before);
	}
	attempt->handle = runtime->start(runtime->self, POD(pod->object), container->spec,
	                                 attempt->number, on_exit_of_attempt, attempt);
	kubelet_resize_started(container);
	pod->sync_started = true;
	kubelet_event_created(container);
	kubelet_trace_step(container, CONTAINER_STARTED, KILL_NONE);
	if (container->spec->post_start) {
		container->post_start =
		    kubelet_hook_run(container, container->spec->post_start, post_started);
		return false;
	}
	return true;
}

static void on_start_due(struct simulation *sim, void *data)
{
	struct kubelet_container *container = data;

	container->start_event = EVENT_NONE;
	container->pod->kubelet->phase = PHASE_RUNTIME;
	if (run(container)) {
		kubelet_sync_continue(container->pod);
	}
}

/* Waits the time a start takes, then runs. */
static bool start(struct kubelet_container *container)
{
	struct kubelet *kubelet = container->pod->kubelet;
	const struct kubelet_config *config = &kubelet->config;
	sim_time wait =
	    config->container_start_time
		? config->container_start_time(config->world, POD(container->pod->object),
	                                       container->spec, container->truth.attempts)
		: 0;

	if (wait <= 0) {
		return run(container);
	}
	container->start_event =
	    simulation_schedule_after(kubelet->sim, wait, PHASE_RUNTIME, on_start_due, container);
	return false;
}

/* --- images --- */

static void pulled(struct kubelet_container *container)
{
	sim_time took = kubelet_now(container->pod->kubelet) - container->pull_began;
	g_autofree char *length = duration_to_string(took - took % SIM_MILLISECOND);
	g_autofree char *message =
	    g_strdup_printf("Successfully pulled image \"%s\" in %s (%s including waiting)",
	                    container->spec->image, length, length);

	kubelet_event(container, false, "Pulled", message);
	kubelet_trace_step(container, CONTAINER_PULLED, KILL_NONE);
}

static void on_pulled(struct simulation *sim, void *data)
{
	struct kubelet_container *container = data;

	container->start_event = EVENT_NONE;
	container->pod->kubelet->phase = PHASE_RUNTIME;
	pulled(container);
	if (start(container)) {
		kubelet_sync_continue(container->pod);
	}
}

/* From when on the image of @container is on the node; asks the world the first time. */
static sim_time image_there_at(struct kubelet_container *container)
{
	struct kubelet *kubelet = container->pod->kubelet;
	const struct kubelet_config *config = &kubelet->config;
	const char *image = container->spec->image ? container->spec->image : "";
	sim_time *there = g_hash_table_lookup(kubelet->images, image);

	if (there) {
		return *there;
	}
	sim_time takes = config->image_pull_time
	                     ? config->image_pull_time(config->world, POD(container->pod->object),
	                                               container->spec)
	                     : SIM_NEVER;

	there = g_new(sim_time, 1);
	*there = takes == SIM_NEVER ? INT64_MIN : kubelet_now(kubelet) + takes;
	g_hash_table_insert(kubelet->images, g_strdup(image), there);
	return *there;
}

static void announce_pull(struct kubelet_container *container)
{
	g_autofree char *message = g_strdup_printf("Pulling image \"%s\"", container->spec->image);

	container->pull_began = kubelet_now(container->pod->kubelet);
	kubelet_event(container, false, "Pulling", message);
}

bool kubelet_container_start(struct kubelet_container *container)
{
	struct kubelet *kubelet = container->pod->kubelet;
	bool always = g_strcmp0(container->spec->image_pull_policy, "Always") == 0;

	if (!may_start(container)) {
		return true;
	}
	sim_time there = image_there_at(container);

	if (there > kubelet_now(kubelet)) {
		announce_pull(container);
		container->start_event =
		    simulation_schedule(kubelet->sim, there, PHASE_RUNTIME, on_pulled, container);
		return false;
	}
	if (always) {
		announce_pull(container);
		pulled(container);
	} else {
		g_autofree char *message = g_strdup_printf(
		    "Container image \"%s\" already present on machine", container->spec->image);

		kubelet_event(container, false, "Pulled", message);
	}
	return start(container);
}

void kubelet_container_start_cancel(struct kubelet_container *container)
{
	simulation_cancel(container->pod->kubelet->sim, &container->start_event);
	kubelet_hook_abandon(&container->post_start);
}
