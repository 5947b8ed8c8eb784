/* kubelet_stage.c - a kubelet among obedient containers. */

#include "kubelet_stage.h"

#include "kube/codec.h"
#include "kube/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct runtime_container {
	struct stage *stage;
	const struct actor *actor;
	bool ended;
	event_id own_exit, term_exit;
	container_exit_fn exited;
	void *data;
};

struct call {
	struct stage *stage;
	const struct actor *actor;
	event_id event;
	struct probe_answer answer;
	probe_answer_fn answered;
	container_exit_fn done;
	void *data;
};

/* --- containers --- */

static void end(struct runtime_container *c, int exit_code, const char *reason)
{
	if (c->ended) {
		return;
	}
	c->ended = true;
	simulation_cancel(c->stage->sim, &c->own_exit);
	simulation_cancel(c->stage->sim, &c->term_exit);
	c->exited(c->data, exit_code, reason);
}

static void on_own_exit(struct simulation *sim, void *data)
{
	struct runtime_container *c = data;

	c->own_exit = EVENT_NONE;
	end(c, c->actor->exit_code, c->actor->exit_reason);
}

static void on_term_exit(struct simulation *sim, void *data)
{
	struct runtime_container *c = data;

	c->term_exit = EVENT_NONE;
	end(c, 143, "Error");
}

static struct runtime_container *start(void *self, const struct pod *pod,
                                       const struct container *container, uint32_t attempt,
                                       container_exit_fn exited, void *data)
{
	struct stage *stage = self;
	struct runtime_container *c = g_new0(struct runtime_container, 1);

	c->stage = stage;
	c->actor = stage_actor(stage, container->name);
	c->exited = exited;
	c->data = data;
	g_ptr_array_add(stage->containers, c);
	if (c->actor->exits_after != SIM_NEVER && attempt < c->actor->exits) {
		c->own_exit = simulation_schedule_after(stage->sim, c->actor->exits_after,
		                                        PHASE_RUNTIME, on_own_exit, c);
	}
	return c;
}

static void terminate(void *self, struct runtime_container *c)
{
	if (!c->ended && c->actor->term_after != SIM_NEVER) {
		c->term_exit = simulation_schedule_after(c->stage->sim, c->actor->term_after,
		                                         PHASE_RUNTIME, on_term_exit, c);
	}
}

static void kill_at_once(void *self, struct runtime_container *c)
{
	end(c, 137, "Error");
}

static void forget(void *self, struct runtime_container *c)
{
	struct stage *stage = self;

	assert_true(c->ended);
	assert_true(g_ptr_array_remove(stage->containers, c));
}

static bool resize(void *self, struct runtime_container *c, const struct pod_spec *spec,
                   const struct container *container)
{
	struct stage *stage = self;
	int64_t milli;

	assert_false(c->ended);
	assert_ptr_equal(pod_spec_container(spec, container->name), container);
	if (c->actor->uses_memory) {
		return false;
	}
	resource_list_get(&container->limits, "cpu", &milli);
	g_string_append_printf(stage->log, "%g resized %s to %d\n",
	                       sim_time_to_seconds(simulation_now(stage->sim)), container->name,
	                       (int)milli);
	return true;
}

/* --- answers --- */

static void on_call(struct simulation *sim, void *data)
{
	struct call *call = data;
	guint index;

	assert_true(g_ptr_array_find(call->stage->calls, call, &index));
	g_ptr_array_steal_index(call->stage->calls, index);
	if (call->answered) {
		call->answered(call->data, &call->answer);
	} else {
		call->done(call->data, call->actor->hook_code, NULL);
	}
	g_free(call);
}

static struct call *call_in(struct stage *stage, const struct actor *actor, sim_time delay,
                            enum phase phase)
{
	struct call *call = g_new0(struct call, 1);

	call->stage = stage;
	call->actor = actor;
	call->event = simulation_schedule_after(stage->sim, delay, phase, on_call, call);
	g_ptr_array_add(stage->calls, call);
	return call;
}

static void probe(void *self, struct runtime_container *c, const struct handler *handler, int port,
                  sim_time timeout, probe_answer_fn answered, void *data)
{
	bool late = c->actor->latency > timeout;
	struct call *call =
	    call_in(self, c->actor, late ? timeout : c->actor->latency, PHASE_ANSWER);

	call->answer = c->actor->answer;
	if (c->ended) {
		call->answer = (struct probe_answer){.kind = PROBE_ANSWER_REFUSED};
	} else if (late) {
		call->answer = (struct probe_answer){.kind = PROBE_ANSWER_TIMEOUT};
	} else if (handler->kind != HANDLER_EXEC && port == 0) {
		call->answer =
		    (struct probe_answer){.kind = PROBE_ANSWER_ERROR, .text = "couldn't find port"};
	}
	call->answered = answered;
	call->data = data;
}

static void cancel_probe(void *self, struct runtime_container *c, void *data)
{
	fail(); /* the kubelet lets probes finish */
}

static void run_hook(void *self, struct runtime_container *c, const struct handler *handler,
                     int port, container_exit_fn done, void *data)
{
	struct call *call = call_in(self, c->actor, c->actor->hook_takes, PHASE_RUNTIME);

	call->done = done;
	call->data = data;
}

/* --- what is written down --- */

static void on_container(void *self, const struct container_trace *t)
{
	static const char *const words[] = {
	    [CONTAINER_STARTED] = "started",  [CONTAINER_KILL_DECIDED] = "kill",
	    [CONTAINER_PRE_STOP] = "preStop", [CONTAINER_TERM_SENT] = "TERM",
	    [CONTAINER_KILL_SENT] = "KILL",   [CONTAINER_EXITED] = "exited",
	    [CONTAINER_BACKOFF] = "refused",  [CONTAINER_PULLED] = "pulled",
	};
	struct stage *stage = self;

	g_string_append_printf(stage->log, "%.9g %s %s %u\n", sim_time_to_seconds(t->at),
	                       words[t->step], t->container, t->attempt);
}

static void on_probe(void *self, const struct probe_trace *t)
{
	static const char *const words[] = {"ok", "bad", "error"};
	struct stage *stage = self;

	stage->probes[t->type]++;
	g_string_append_printf(stage->log, "%.9g %s-%s %s %u\n", sim_time_to_seconds(t->at),
	                       probe_type_name(t->type), words[t->result], t->container,
	                       t->attempt);
}

static void on_pod(void *data, enum change change, const struct object *old,
                   const struct object *object)
{
	struct stage *stage = data;
	bool was = old && pod_is_ready(POD(old)), is = pod_is_ready(POD(object));

	stage->writes++;
	if (change == CHANGE_DELETED) {
		g_string_append_printf(stage->log, "%.9g removed\n",
		                       sim_time_to_seconds(simulation_now(stage->sim)));
	} else if (was != is) {
		g_string_append_printf(stage->log, "%.9g %s\n",
		                       sim_time_to_seconds(simulation_now(stage->sim)),
		                       is ? "ready" : "unready");
	}
}

/* --- the stage --- */

static sim_time start_time(void *world, const struct pod *pod, const struct container *container,
                           uint32_t attempt)
{
	const struct stage *stage = world;

	return attempt == 0 ? stage->start_takes : 0;
}

static sim_time pull_time(void *world, const struct pod *pod, const struct container *container)
{
	const struct stage *stage = world;

	return stage->pull_takes;
}

static void actor_init(struct actor *actor)
{
	actor->answer.kind = PROBE_ANSWER_HTTP;
	actor->answer.status = 200;
	actor->exits_after = SIM_NEVER;
	actor->exits = UINT32_MAX;
}

struct stage *stage_new(void)
{
	struct stage *stage = g_new0(struct stage, 1);

	stage->sim = simulation_new(0, 1);
	stage->store = store_new(stage->sim);
	stage->network = network_new();
	stage->containers = g_ptr_array_new_with_free_func(g_free);
	stage->calls = g_ptr_array_new();
	stage->log = g_string_new(NULL);
	stage->pull_takes = SIM_NEVER;
	stage->trace = (struct trace){.self = stage, .probe = on_probe, .container = on_container};
	for (unsigned i = 0; i < STAGE_ACTORS; i++) {
		actor_init(&stage->actors[i]);
	}
	assert_true(release_init(&stage->release, "1.34", NULL));
	stage->release.backoff_retry_at_end = true;
	stage->environment = (struct cluster_environment){.sim = stage->sim,
	                                                  .store = stage->store,
	                                                  .trace = &stage->trace,
	                                                  .release = &stage->release};
	stage->runtime = (struct container_runtime){
	    stage, start, terminate, kill_at_once, forget, probe, cancel_probe, run_hook, resize,
	};
	stage->config.node_name = "node";
	stage->config.network = stage->network;
	stage->config.runtime = &stage->runtime;
	kubelet_config_defaults(&stage->config);
	stage->config.queue_period = 0;
	stage->config.sync_frequency = 0;
	stage->config.jitter = false;
	stage->config.back_off_retry_cap = 0;
	stage->config.world = stage;
	stage->config.container_start_time = start_time;
	stage->config.image_pull_time = pull_time;
	store_watch(stage->store, KIND_POD, 0, true, on_pod, stage);
	return stage;
}

void stage_free(struct stage *stage)
{
	kubelet_free(stage->kubelet);
	for (unsigned i = 0; i < stage->calls->len; i++) {
		g_free(stage->calls->pdata[i]);
	}
	g_ptr_array_unref(stage->calls);
	g_ptr_array_unref(stage->containers);
	g_string_free(stage->log, TRUE);
	network_free(stage->network);
	store_free(stage->store);
	simulation_free(stage->sim);
	g_free(stage);
}

struct actor *stage_actor(struct stage *stage, const char *name)
{
	for (unsigned i = 0; i < STAGE_ACTORS; i++) {
		if (!stage->actors[i].name) {
			stage->actors[i].name = name; /* a literal, or lives with the spec */
		}
		if (g_str_equal(stage->actors[i].name, name)) {
			return &stage->actors[i];
		}
	}
	fail_msg("too many actors");
	return NULL;
}

static struct object *decode(struct stage *stage, const char *name, const char *yaml)
{
	g_autofree char *text = g_strdup_printf(
	    "{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: %s}", name, yaml);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "pod", &error);

	assert_non_null(documents);
	struct object *object =
	    object_decode(documents->pdata[0], "default", &stage->release, NULL, &error);

	if (!object) {
		fail_msg("%s", error->message);
	}
	return object;
}

void stage_add_pod(struct stage *stage, const char *name, const char *yaml)
{
	struct object *object = decode(stage, name, yaml);

	ref_string_set(&POD(object)->node_name, "node");
	assert_true(store_create(stage->store, object, NULL));
	object_unref(object);
}

void stage_remove_pod(struct stage *stage, const char *name)
{
	assert_true(store_delete_pod(stage->store, "default", name, 0, NULL));
}

void stage_node(struct stage *stage, int64_t cpu_milli)
{
	struct object *node = object_new(KIND_NODE);

	ref_string_set(&node->meta.name, "node");
	resource_list_set(&NODE(node)->allocatable, "cpu", cpu_milli);
	assert_true(store_create(stage->store, node, NULL));
	object_unref(node);
}

void stage_resize(struct stage *stage, const char *yaml)
{
	const struct pod *old = stage_pod(stage);
	struct object *object = decode(stage, "pod", yaml);

	pod_carry_status(POD(object), old);
	ref_string_set(&object->meta.uid, old->object.meta.uid);
	object->meta.creation_time = old->object.meta.creation_time;
	object->meta.resource_version = old->object.meta.resource_version;
	assert_true(store_update(stage->store, object, false, NULL));
	object_unref(object);
}

void stage_begin(struct stage *stage, const char *yaml)
{
	stage->kubelet = kubelet_new(&stage->environment, &stage->config);
	stage_add_pod(stage, "pod", yaml);
}

void stage_run_until(struct stage *stage, double seconds)
{
	assert_true(simulation_run_until(stage->sim, (sim_time)(seconds * 1e9), NULL));
}

const struct pod *stage_pod(const struct stage *stage)
{
	const struct object *object = store_get(stage->store, KIND_POD, "default", "pod");

	return object ? POD(object) : NULL;
}

bool stage_ready(const struct stage *stage)
{
	return stage_pod(stage) && pod_is_ready(stage_pod(stage));
}

void stage_delete_pod(struct stage *stage)
{
	assert_true(store_delete_pod(stage->store, "default", "pod", -1, NULL));
}

struct search {
	const char *reason, *path;
	const char *message;
	sim_time at;
};

static void look(void *data, const struct object *object)
{
	struct search *search = data;
	const struct event *event = EVENT(object);

	if (g_str_equal(event->reason, search->reason) &&
	    (!search->path || g_strcmp0(event->field_path, search->path) == 0) &&
	    event->last_time >= search->at) {
		search->message = event->message;
		search->at = event->last_time;
	}
}

const char *stage_event(const struct stage *stage, const char *reason, const char *container)
{
	g_autofree char *path =
	    container ? g_strdup_printf("spec.containers{%s}", container) : NULL;
	struct search search = {reason, path, NULL, INT64_MIN};

	store_each(stage->store, KIND_EVENT, look, &search);
	return search.message;
}

static const char *find_line(const struct stage *stage, const char *line)
{
	g_autofree char *whole = g_strconcat(line, "\n", NULL);
	size_t length = strlen(whole);

	for (const char *at = stage->log->str; at && *at;) {
		const char *next = strchr(at, '\n');

		if (strncmp(at, whole, length) == 0) {
			return at;
		}
		at = next ? next + 1 : NULL;
	}
	return NULL;
}

void stage_assert_line(const struct stage *stage, const char *line)
{
	if (!find_line(stage, line)) {
		fail_msg("no line \"%s\" in\n%s", line, stage->log->str);
	}
}

void stage_assert_no_line(const struct stage *stage, const char *line)
{
	if (strstr(stage->log->str, line)) {
		fail_msg("a line with \"%s\" in\n%s", line, stage->log->str);
	}
}

void stage_assert_order(const struct stage *stage, const char *first, const char *second)
{
	stage_assert_line(stage, first);
	stage_assert_line(stage, second);
	if (find_line(stage, first) > find_line(stage, second)) {
		fail_msg("\"%s\" comes after \"%s\" in\n%s", first, second, stage->log->str);
	}
}
