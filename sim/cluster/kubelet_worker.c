/* kubelet_worker.c - probe workers: one per probe of a container, ticking for the life of the pod.
 *
 * Source: pkg/kubelet/prober/worker.go, prober_manager.go, prober.go. A successful probe that
 * changes nothing allocates nothing and writes nothing. */

#include "cluster/kubelet_internal.h"

static void check(struct probe_worker *worker);

static struct kubelet *kubelet_of(const struct probe_worker *worker)
{
	return worker->container->pod->kubelet;
}

/* --- results --- */

bool kubelet_has_worker(const struct kubelet_container *container, enum probe_type type)
{
	return container->workers[type] && !container->workers[type]->ended;
}

enum probe_result kubelet_worker_result(const struct kubelet_container *container,
                                        enum probe_type type, uint32_t attempt)
{
	const struct probe_worker *worker = container->workers[type];

	return worker && !worker->ended && worker->state.has_container &&
	               worker->state.container == attempt
	           ? worker->stored
	           : PROBE_RESULT_NONE;
}

/* Stores @result for the worker's container; news go to the status and ask for a sync. */
static void store(struct probe_worker *worker, enum probe_result result)
{
	struct kubelet_container *container = worker->container;
	uint32_t attempt = worker->state.container;

	if (worker->stored == result) {
		return;
	}
	worker->stored = result;
	switch (worker->type) {
	case PROBE_READINESS:
		kubelet_status_set_ready(container, attempt, result == PROBE_RESULT_SUCCESS);
		break;
	case PROBE_STARTUP:
		kubelet_status_set_started(container, attempt, result == PROBE_RESULT_SUCCESS);
		break;
	default:
		if (result != PROBE_RESULT_FAILURE) {
			return;
		}
	}
	if (container->pod->work == POD_WORK_SYNC) {
		kubelet_want_sync(container->pod);
	}
}

/* --- answers --- */

static struct probe_reply reply_of(const struct probe_answer *answer)
{
	static const int kinds[] = {
	    [PROBE_ANSWER_HTTP] = PROBE_REPLY_HTTP,
	    [PROBE_ANSWER_OK] = PROBE_REPLY_OK,
	    [PROBE_ANSWER_FAILED] = PROBE_REPLY_FAILED,
	    [PROBE_ANSWER_REFUSED] = PROBE_REPLY_REFUSED,
	    [PROBE_ANSWER_RESET] = PROBE_REPLY_RESET,
	    [PROBE_ANSWER_TIMEOUT] = PROBE_REPLY_TIMEOUT,
	    [PROBE_ANSWER_ERROR] = PROBE_REPLY_ERROR,
	};
	struct probe_reply reply = {.status = answer->status, .text = answer->text};

	reply.kind = kinds[answer->kind];
	return reply;
}

static char *describe(const struct probe_worker *worker, const struct probe_reply *reply)
{
	const struct probe_target target = {
	    .handler = &worker->probe->handler,
	    .host = worker->probe->handler.host  ? worker->probe->handler.host
	            : worker->container->pod->ip ? worker->container->pod->ip
	                                         : "",
	    .port = worker->port,
	    .timeout_seconds = worker->probe->timeout_seconds,
	};

	return probe_reply_text(reply, &target);
}

static void trace_probe(struct probe_worker *worker, const struct probe_answer *answer,
                        enum probe_outcome outcome, uint32_t attempt, int run, const char *message)
{
	const struct kubelet *kubelet = kubelet_of(worker);
	const struct trace *trace = kubelet->environment.trace;

	if (!trace->probe) {
		return;
	}
	const struct object_meta *meta = &worker->container->pod->object->meta;
	struct probe_trace record = {
	    .at = worker->sent_at,
	    .took = kubelet_now(kubelet) - worker->sent_at,
	    .namespace = meta->namespace,
	    .pod = meta->name,
	    .pod_uid = meta->uid,
	    .container = worker->container->spec->name,
	    .attempt = attempt,
	    .type = worker->type,
	    .handler = &worker->probe->handler,
	    .port = worker->port,
	    .status = answer->kind == PROBE_ANSWER_HTTP ? answer->status : 0,
	    .message = message,
	    .run = run,
	    .threshold = probe_threshold(worker->probe, outcome),
	    .memo = &worker->memo,
	};

	record.result = outcome == PROBE_OUTCOME_ERROR     ? PROBE_ERROR
	                : outcome == PROBE_OUTCOME_FAILURE ? PROBE_FAILURE
	                                                   : PROBE_SUCCESS;
	trace->probe(trace->self, &record);
}

/* Counts what came; the event of a probe that did not simply succeed comes first. */
static void conclude(struct probe_worker *worker, const struct probe_answer *answer,
                     uint32_t attempt)
{
	const struct probe_reply reply = reply_of(answer);
	enum probe_outcome outcome = probe_reply_outcome(&reply);
	enum probe_result result = PROBE_RESULT_NONE;
	bool reached = false;
	g_autofree char *text = NULL;

	if (outcome != PROBE_OUTCOME_SUCCESS) {
		text = describe(worker, &reply);
		g_autofree char *message = probe_event_message(worker->type, outcome, text);

		kubelet_event(worker->container, true, probe_event_reason(outcome), message);
	}
	int run = probe_next_run(&worker->state, outcome);

	if (outcome != PROBE_OUTCOME_ERROR && !worker->ended) {
		reached =
		    probe_count(&worker->state, worker->type, worker->probe, outcome, &result);
	}
	trace_probe(worker, answer, outcome, attempt, run, text);
	if (reached) {
		store(worker, result);
	}
}

/* Acts on a trigger and a tick that came meanwhile. */
static void catch_up(struct probe_worker *worker)
{
	while (!worker->ended && !worker->target && (worker->triggered || worker->ticked)) {
		if (worker->triggered) {
			worker->triggered = false;
			simulation_reschedule(kubelet_of(worker)->sim, worker->tick,
			                      kubelet_now(kubelet_of(worker)) + worker->period);
		} else {
			worker->ticked = false;
		}
		check(worker);
	}
}

static void send(struct probe_worker *worker);

static void on_answer(void *data, const struct probe_answer *answer)
{
	struct probe_worker *worker = data;
	struct kubelet_attempt *attempt = worker->target;
	uint32_t number = attempt->number;

	kubelet_of(worker)->phase = PHASE_ANSWER;
	worker->target = NULL;
	attempt->in_flight--;
	if (answer->kind == PROBE_ANSWER_ERROR && worker->tries < PROBE_ATTEMPTS &&
	    !worker->ended && worker->container->attempt == attempt) {
		send(worker);
		return;
	}
	kubelet_attempt_release(attempt);
	conclude(worker, answer, number);
	catch_up(worker);
	if (worker->container->pod->leaving) {
		kubelet_pod_free(worker->container->pod); /* it may have waited for this */
	}
}

/* --- checks --- */

static void send(struct probe_worker *worker)
{
	const struct container_runtime *runtime = kubelet_of(worker)->config.runtime;

	worker->target = worker->container->attempt;
	worker->target->in_flight++;
	worker->tries++;
	runtime->probe(runtime->self, worker->target->handle, &worker->probe->handler, worker->port,
	               worker->probe->timeout_seconds * SIM_SECOND, on_answer, worker);
}

static void check(struct probe_worker *worker)
{
	struct kubelet_container *container = worker->container;
	const struct kubelet_pod *pod = container->pod;
	const struct probe_view view = {
	    .known = pod->has_status,
	    .phase = pod->phase,
	    .worker_deleted = false, /* workers of a pod that is being deleted are not made */
	    .restarts_if_ended = container->sidecar || pod->spec->restart_policy != RESTART_NEVER,
	    .container = container->status,
	    .now = kubelet_now(pod->kubelet),
	};
	bool fresh;
	enum probe_step step =
	    probe_check(&worker->state, worker->type, worker->probe, &view, &fresh);

	if (fresh) {
		worker->stored = PROBE_RESULT_NONE;
		store(worker, probe_initial_result(worker->type));
	}
	switch (step) {
	case PROBE_STEP_SEND:
		worker->sent_at = view.now;
		worker->tries = 0;
		send(worker);
		break;
	case PROBE_STEP_STORE_FAILURE:
	case PROBE_STEP_STORE_FAILURE_AND_END:
		store(worker, PROBE_RESULT_FAILURE);
		break;
	case PROBE_STEP_STORE_SUCCESS_AND_END:
		store(worker, PROBE_RESULT_SUCCESS);
		break;
	default:
		break;
	}
	if (step == PROBE_STEP_END || step == PROBE_STEP_STORE_FAILURE_AND_END ||
	    step == PROBE_STEP_STORE_SUCCESS_AND_END) {
		kubelet_worker_end(worker);
	}
}

static void on_tick(struct simulation *sim, void *data)
{
	struct probe_worker *worker = data;

	kubelet_of(worker)->phase = PHASE_TICK;
	worker->tick = simulation_schedule_after(sim, worker->period, PHASE_TICK, on_tick, worker);
	worker->asleep = false;
	if (worker->target) {
		worker->ticked = true;
		return;
	}
	check(worker);
	catch_up(worker);
}

void kubelet_worker_trigger(struct probe_worker *worker)
{
	worker->triggered = true;
	if (!worker->asleep) {
		catch_up(worker);
	}
}

/* --- life --- */

static void add_worker(struct kubelet_container *container, enum probe_type type)
{
	const struct probe *probe = container->spec->probes[type];
	struct kubelet *kubelet = container->pod->kubelet;
	const struct kubelet_config *config = &kubelet->config;
	struct probe_worker *worker;

	if (!probe || container->workers[type]) {
		return;
	}
	worker = g_new0(struct probe_worker, 1);
	worker->container = container;
	worker->type = type;
	worker->probe = probe;
	worker->port = container_port_number(container->spec, &probe->handler.port);
	worker->period = probe->period_seconds * SIM_SECOND;
	container->workers[type] = worker;
	sim_time sleep = config->worker_sleep
	                     ? config->worker_sleep(config->world, POD(container->pod->object),
	                                            container->spec, type)
	                     : 0;

	/* Without sleep the first check is now: it finds no container and does nothing. */
	worker->asleep = sleep > 0;
	worker->tick = simulation_schedule_after(kubelet->sim, sleep > 0 ? sleep : worker->period,
	                                         PHASE_TICK, on_tick, worker);
}

void kubelet_workers_add(struct kubelet_pod *pod)
{
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];

		if (!container->init || container->sidecar) {
			add_worker(container, PROBE_STARTUP);
			add_worker(container, PROBE_READINESS);
			add_worker(container, PROBE_LIVENESS);
		}
	}
}

void kubelet_worker_end(struct probe_worker *worker)
{
	worker->ended = true;
	simulation_cancel(kubelet_of(worker)->sim, &worker->tick);
}

void kubelet_worker_free(struct probe_worker *worker)
{
	if (!worker) {
		return;
	}
	simulation_cancel(kubelet_of(worker)->sim, &worker->tick);
	g_free(worker);
}
