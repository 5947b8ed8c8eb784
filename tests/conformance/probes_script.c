/* probes_script.c - a container runtime that acts by a script. */

#include "probes_script.h"

#include "rules/probe.h"

#include <string.h>

struct runtime_container {
	struct script *script;
	uint32_t attempt;
	sim_time started_at, termed_at; /* SIM_NEVER: no SIGTERM yet */
	bool ended;
	event_id own_exit, term_exit, kill_exit;
	int own_code;
	container_exit_fn exited;
	void *data;
};

struct call { /* an answer or the end of a hook, under way */
	struct script *script;
	event_id event;
	struct probe_answer answer;
	probe_answer_fn answered;
	container_exit_fn done;
	void *data;
};

struct script {
	struct simulation *sim;
	const struct probes_case *kase;
	struct probe *const *probes;
	struct container_runtime runtime;
	GPtrArray *containers;
	GPtrArray *calls;
	GArray *sent;
};

/* --- life of a container --- */

static void end(struct runtime_container *c, int exit_code)
{
	struct simulation *sim = c->script->sim;

	if (c->ended) {
		return;
	}
	c->ended = true;
	simulation_cancel(sim, &c->own_exit);
	simulation_cancel(sim, &c->term_exit);
	simulation_cancel(sim, &c->kill_exit);
	c->exited(c->data, exit_code, exit_code == 0 ? "Completed" : "Error");
}

static void on_own_exit(struct simulation *sim, void *data)
{
	struct runtime_container *c = data;

	c->own_exit = EVENT_NONE;
	end(c, c->own_code);
}

static void on_term_exit(struct simulation *sim, void *data)
{
	struct runtime_container *c = data;

	c->term_exit = EVENT_NONE;
	end(c, c->script->kase->term_exit_code);
}

static void on_kill_exit(struct simulation *sim, void *data)
{
	struct runtime_container *c = data;

	c->kill_exit = EVENT_NONE;
	end(c, 137);
}

static struct runtime_container *script_start(void *self, const struct pod *pod,
                                              const struct container *container, uint32_t attempt,
                                              container_exit_fn exited, void *data)
{
	struct script *script = self;
	struct runtime_container *c = g_new0(struct runtime_container, 1);
	const GArray *exits = script->kase->exits;

	c->script = script;
	c->attempt = attempt;
	c->started_at = simulation_now(script->sim);
	c->termed_at = SIM_NEVER;
	c->exited = exited;
	c->data = data;
	g_ptr_array_add(script->containers, c);
	for (unsigned i = 0; i < exits->len; i++) {
		const struct script_exit *own = &g_array_index(exits, struct script_exit, i);

		if (c->own_exit == EVENT_NONE && (own->attempt < 0 || own->attempt == attempt)) {
			c->own_code = own->exit_code;
			c->own_exit = simulation_schedule_after(script->sim, own->at, PHASE_RUNTIME,
			                                        on_own_exit, c);
		}
	}
	return c;
}

static void script_terminate(void *self, struct runtime_container *c)
{
	struct script *script = self;

	if (c->ended || c->termed_at != SIM_NEVER) {
		return;
	}
	c->termed_at = simulation_now(script->sim);
	if (script->kase->exit_after != SIM_NEVER) {
		c->term_exit = simulation_schedule_after(script->sim, script->kase->exit_after,
		                                         PHASE_RUNTIME, on_term_exit, c);
	}
}

static void script_kill(void *self, struct runtime_container *c)
{
	struct script *script = self;

	if (!c->ended && c->kill_exit == EVENT_NONE) {
		c->kill_exit =
		    simulation_schedule_after(script->sim, 0, PHASE_RUNTIME, on_kill_exit, c);
	}
}

static void script_remove(void *self, struct runtime_container *c)
{
	struct script *script = self;

	g_assert(c->ended);
	g_ptr_array_remove(script->containers, c);
}

/* --- answers --- */

static void on_call(struct simulation *sim, void *data)
{
	struct call *call = data;

	guint index;

	if (g_ptr_array_find(call->script->calls, call, &index)) {
		g_ptr_array_steal_index(call->script->calls, index);
	}
	if (call->answered) {
		call->answered(call->data, &call->answer);
	} else {
		call->done(call->data, 0, NULL);
	}
	g_free(call);
}

static struct call *call_in(struct script *script, sim_time delay, enum phase phase)
{
	struct call *call = g_new0(struct call, 1);

	call->script = script;
	call->event = simulation_schedule_after(script->sim, delay, phase, on_call, call);
	g_ptr_array_add(script->calls, call);
	return call;
}

/* The last response to @path that has begun; NULL: nothing listens. */
static const struct script_response *response_to(const struct runtime_container *c,
                                                 const char *path)
{
	const struct script *script = c->script;
	sim_time since = simulation_now(script->sim) - (script->kase->absolute ? 0 : c->started_at);
	const struct script_response *found = NULL;

	for (unsigned i = 0; i < script->kase->responses->len && !c->ended; i++) {
		const struct script_response *response =
		    &g_array_index(script->kase->responses, struct script_response, i);

		if (g_str_equal(response->path, path) && response->from <= since) {
			found = response;
		}
	}
	return found;
}

/* What a probe of @path that is sent now will be answered, after *@latency. */
static struct probe_answer answer_to(const struct runtime_container *c, const char *path,
                                     sim_time timeout, sim_time *latency)
{
	const struct script_response *response = response_to(c, path);
	int term_status = c->script->kase->term_status;

	*latency = response ? response->latency : 0;
	if (!response) {
		return (struct probe_answer){.kind = PROBE_ANSWER_REFUSED};
	}
	if (*latency > timeout) {
		*latency = timeout;
		return (struct probe_answer){.kind = PROBE_ANSWER_TIMEOUT};
	}
	if (response->status == 0) {
		return (struct probe_answer){.kind = PROBE_ANSWER_ERROR, .text = "error"};
	}
	return (struct probe_answer){
	    .kind = PROBE_ANSWER_HTTP,
	    .status = term_status && c->termed_at != SIM_NEVER ? term_status : response->status,
	};
}

static const char *result_of(const struct probe_answer *answer)
{
	if (answer->kind == PROBE_ANSWER_ERROR) {
		return "error";
	}
	return answer->kind == PROBE_ANSWER_HTTP &&
	               probe_http_outcome(answer->status) != PROBE_OUTCOME_FAILURE
	           ? "success"
	           : "failure";
}

static void note(struct script *script, const struct handler *handler,
                 const struct probe_answer *answer, sim_time latency, uint32_t attempt)
{
	sim_time now = simulation_now(script->sim);
	struct script_probe sent = {.at = now,
	                            .took = latency,
	                            .type = PROBE_TYPES,
	                            .path = handler->path,
	                            .result = result_of(answer),
	                            .attempt = attempt,
	                            .tried_until = now + latency};

	for (unsigned type = 0; type < PROBE_TYPES; type++) {
		if (script->probes[type] && handler == &script->probes[type]->handler) {
			sent.type = (enum probe_type)type;
		}
	}
	for (unsigned i = script->sent->len; i-- > 0;) {
		struct script_probe *before = &g_array_index(script->sent, struct script_probe, i);

		if (before->type == sent.type) {
			if (g_str_equal(before->result, "error") && before->tried_until == now) {
				before->tried_until += latency; /* one probe for the case */
				return;
			}
			break;
		}
	}
	g_array_append_val(script->sent, sent);
}

static void script_probe(void *self, struct runtime_container *c, const struct handler *handler,
                         int port, sim_time timeout, probe_answer_fn answered, void *data)
{
	struct script *script = self;
	sim_time latency;
	struct probe_answer answer = answer_to(c, handler->path, timeout, &latency);
	struct call *call = call_in(script, latency, PHASE_ANSWER);

	call->answer = answer;
	call->answered = answered;
	call->data = data;
	note(script, handler, &answer, latency, c->attempt);
}

static void script_cancel_probe(void *self, struct runtime_container *c, void *data)
{
	struct script *script = self;

	for (unsigned i = script->calls->len; i-- > 0;) {
		struct call *call = script->calls->pdata[i];

		if (call->answered && call->data == data) {
			simulation_cancel(script->sim, &call->event);
			g_free(g_ptr_array_steal_index(script->calls, i));
		}
	}
}

static void script_run_hook(void *self, struct runtime_container *c, const struct handler *handler,
                            int port, container_exit_fn done, void *data)
{
	struct script *script = self;
	struct call *call = call_in(script, script->kase->pre_stop, PHASE_RUNTIME);

	call->done = done;
	call->data = data;
}

/* --- life --- */

struct script *script_new(struct simulation *sim, const struct probes_case *c,
                          struct probe *const probes[PROBE_TYPES])
{
	struct script *script = g_new0(struct script, 1);

	script->sim = sim;
	script->kase = c;
	script->probes = probes;
	script->containers = g_ptr_array_new_with_free_func(g_free);
	script->calls = g_ptr_array_new();
	script->sent = g_array_new(FALSE, FALSE, sizeof(struct script_probe));
	script->runtime = (struct container_runtime){
	    .self = script,
	    .start = script_start,
	    .terminate = script_terminate,
	    .kill = script_kill,
	    .remove = script_remove,
	    .probe = script_probe,
	    .cancel_probe = script_cancel_probe,
	    .run_hook = script_run_hook,
	};
	return script;
}

void script_free(struct script *script)
{
	for (unsigned i = 0; i < script->calls->len; i++) {
		g_free(script->calls->pdata[i]);
	}
	g_ptr_array_unref(script->calls);
	g_ptr_array_unref(script->containers);
	g_array_unref(script->sent);
	g_free(script);
}

const struct container_runtime *script_runtime(struct script *script)
{
	return &script->runtime;
}

const GArray *script_probes(const struct script *script)
{
	return script->sent;
}
