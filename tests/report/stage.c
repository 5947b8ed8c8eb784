/* stage.c - a cluster whose parts are played by a test. */

#include "stage.h"

#include "kube/pod_spec.h"

#include <stdarg.h>
#include <string.h>

struct actor { /* the present container of a pod */
	char *pod;
	sim_time started_at, since;
	double cpu, requests; /* up to `since` */
	double cores, rate;
	unsigned attempt;
	struct usage_source *source;
};

struct stage {
	struct scenario *scenario;
	struct simulation *sim;
	struct store *store;
	struct usage_registry *usage;
	struct recorder *recorder;
	struct run *run;
	struct pod_template templates[3];
	GPtrArray *actors;
	GPtrArray *histograms;
	unsigned pods;
};

/* --- the scenario --- */

static struct distribution *seconds(double s)
{
	return distribution_constant(s * 1e9);
}

static void add_application(struct scenario *scenario, const char *name, const char *image)
{
	static const char *const paths[] = {"/healthz", "/ready", "/predict", "/metrics"};
	struct application *app = &scenario->applications[scenario->n_applications++];

	app->name = g_strdup(name);
	app->match.image = g_strdup(image);
	app->listens_after = seconds(12);
	app->dependencies = g_new0(struct dependency_model, 1);
	app->dependencies[0].name = g_strdup("model");
	app->dependencies[0].ready_after = seconds(20);
	app->n_dependencies = 1;
	app->workers = 2;
	app->cores_per_worker = 1;
	app->keep_alive_timeout = 60 * SIM_SECOND;
	app->n_routes = G_N_ELEMENTS(paths);
	app->routes = g_new0(struct route_model, app->n_routes);
	for (size_t i = 0; i < app->n_routes; i++) {
		app->routes[i].path = g_strdup(paths[i]);
		app->routes[i].status = 200;
		app->routes[i].pool = -1;
	}
	app->routes[1].needs = g_new0(int, 1);
	app->routes[1].n_needs = 1;
}

static struct scenario *new_scenario(void)
{
	struct scenario *scenario = g_new0(struct scenario, 1);
	struct node_spec *node = g_new0(struct node_spec, 1);

	scenario->name = g_strdup("idle-replica");
	scenario->file = g_strdup("idle-replica.yaml");
	scenario->version = g_strdup("1.32");
	scenario->from = -4380 * SIM_SECOND;
	scenario->to = 780 * SIM_SECOND;
	scenario->has_measure = true;
	scenario->measure_from = 620 * SIM_SECOND;
	scenario->measure_to = 720 * SIM_SECOND;
	scenario->seed = 7;
	scenario->clock_zero = 1762385400;
	node->name = g_strdup("n1");
	resource_list_set(&node->allocatable, "cpu", 16000);
	resource_list_set(&node->allocatable, "memory", INT64_C(13824) * 1048576 * 1000);
	resource_list_set(&node->other_requests, "cpu", 3000);
	resource_list_set(&node->other_requests, "memory", INT64_C(7168) * 1048576 * 1000);
	scenario->nodes = node;
	scenario->n_nodes = 1;
	scenario->applications = g_new0(struct application, 2);
	add_application(scenario, "inference-v1", "inference:v1");
	add_application(scenario, "inference-v2", "inference:v2");
	scenario->loads = g_new0(struct load, 4);
	scenario->timeline = g_new0(struct action, 8);
	return scenario;
}

/* --- templates --- */

static struct probe *new_probe(const char *path, int delay, int period, int threshold,
                               unsigned line)
{
	struct probe *probe = g_new0(struct probe, 1);

	probe->handler.kind = HANDLER_HTTP_GET;
	probe->handler.port.number = 8000;
	probe->handler.path = g_strdup(path);
	probe->handler.where =
	    (struct doc_location){g_intern_string("manifests/inference-slo.yaml"), line, 19};
	probe->where = (struct doc_location){probe->handler.where.file, line - 2, 11};
	probe->initial_delay_seconds = delay;
	probe->period_seconds = period;
	probe->timeout_seconds = 5;
	probe->success_threshold = 1;
	probe->failure_threshold = threshold;
	probe->termination_grace_period_seconds = -1;
	return probe;
}

static void fill_template(struct pod_template *template, enum stage_template which)
{
	const bool bad = which == STAGE_BAD;
	struct pod_spec *spec = pod_spec_new();
	struct container *container = g_new0(struct container, 1);

	container->name = g_strdup("inference");
	container->image = g_strdup(which == STAGE_OLD ? "inference:v1" : "inference:v2");
	container->where =
	    (struct doc_location){g_intern_string("manifests/inference-slo.yaml"), 26, 9};
	container->ports = g_new0(struct container_port, 1);
	container->ports[0].number = 8000;
	container->n_ports = 1;
	resource_list_set(&container->requests, "cpu", which == STAGE_FIXED ? 250 : 500);
	resource_list_set(&container->requests, "memory",
	                  (bad ? INT64_C(2048) : 1024) * 1048576 * 1000);
	resource_list_set(&container->limits, "cpu", bad ? 2000 : 1000);
	resource_list_set(&container->limits, "memory",
	                  (bad ? INT64_C(4096) : 2048) * 1048576 * 1000);
	if (which == STAGE_OLD) {
		container->probes[PROBE_READINESS] = new_probe("/healthz", 10, 5, 3, 40);
	} else {
		container->probes[PROBE_STARTUP] =
		    new_probe(bad ? "/health" : "/healthz", 10, 10, 12, 47);
		container->probes[PROBE_READINESS] =
		    new_probe(bad ? "/readyz" : "/ready", 30, 10, 3, 54);
		container->probes[PROBE_LIVENESS] =
		    new_probe(bad ? "/health" : "/healthz", 60, 30, 3, 61);
	}
	spec->containers = container;
	spec->n_containers = 1;
	spec->termination_grace_period_seconds = 30;
	template->spec = spec;
	template->labels = string_map_with(NULL, "app", "inference");
}

/* --- life --- */

static void actor_free(void *data)
{
	struct actor *actor = data;

	g_free(actor->pod);
	g_free(actor);
}

struct stage *stage_new(void)
{
	struct stage *stage = g_new0(struct stage, 1);

	stage->scenario = new_scenario();
	stage->sim = simulation_new(stage->scenario->from, stage->scenario->seed);
	stage->store = store_new(stage->sim);
	stage->usage = usage_registry_new();
	stage->recorder = recorder_new(stage->store, stage->usage, stage->scenario);
	stage->actors = g_ptr_array_new_with_free_func(actor_free);
	stage->histograms = g_ptr_array_new_with_free_func((GDestroyNotify)histogram_free);
	for (int i = 0; i < 3; i++) {
		fill_template(&stage->templates[i], (enum stage_template)i);
	}
	return stage;
}

struct scenario *stage_scenario(struct stage *stage)
{
	return stage->scenario;
}

struct run *stage_finish(struct stage *stage)
{
	stage_at(stage, sim_time_to_seconds(stage->scenario->to));
	stage->run = recorder_finish(stage->recorder);
	stage->recorder = NULL;
	return stage->run;
}

void stage_free(struct stage *stage)
{
	if (stage->recorder) {
		stage->run = recorder_finish(stage->recorder);
	}
	run_free(stage->run);
	usage_registry_free(stage->usage);
	store_free(stage->store);
	simulation_free(stage->sim);
	g_ptr_array_unref(stage->actors);
	g_ptr_array_unref(stage->histograms);
	for (int i = 0; i < 3; i++) {
		pod_template_clear(&stage->templates[i]);
	}
	scenario_free(stage->scenario);
	g_free(stage);
}

void stage_at(struct stage *stage, double s)
{
	simulation_run_until(stage->sim, (sim_time)(s * 1e9), NULL);
}

void stage_action(struct stage *stage, const char *text)
{
	const struct action action = {0};

	recorder_note_action(stage->recorder, &action, text);
}

/* --- objects --- */

static void put(struct stage *stage, struct object *object)
{
	if (store_get(stage->store, object->kind, object->meta.namespace, object->meta.name)) {
		store_update(stage->store, object, false, NULL);
	} else {
		store_create(stage->store, object, NULL);
	}
	object_unref(object);
}

/* A copy of the stored object to change, or a new one. */
static struct object *take(struct stage *stage, enum object_kind kind, const char *name)
{
	const struct object *old = store_get(stage->store, kind, "default", name);

	if (old) {
		return object_copy(old);
	}
	struct object *object = object_new(kind);

	ref_string_set(&object->meta.name, name);
	ref_string_set(&object->meta.namespace, "default");
	return object;
}

void stage_deployment(struct stage *stage, int desired, int current, int updated, int ready)
{
	struct object *object = take(stage, KIND_DEPLOYMENT, "inference");
	struct deployment *deployment = DEPLOYMENT(object);

	deployment->replicas = desired;
	deployment->max_surge = deployment->max_unavailable =
	    (struct int_or_percent){VALUE_PERCENT, 25};
	deployment->progress_deadline_seconds = 600;
	deployment->status.replicas = current;
	deployment->status.updated_replicas = updated;
	deployment->status.ready_replicas = deployment->status.available_replicas = ready;
	deployment->status.observed_generation =
	    object->meta.generation ? object->meta.generation : 1;
	put(stage, object);
}

void stage_replica_set(struct stage *stage, const char *name, int revision)
{
	struct object *object = take(stage, KIND_REPLICA_SET, name);
	g_autofree char *text = g_strdup_printf("%d", revision);

	object->meta.owner.kind = KIND_DEPLOYMENT;
	ref_string_set(&object->meta.owner.name, "inference");
	object->meta.annotations = string_map_with(NULL, "deployment.kubernetes.io/revision", text);
	put(stage, object);
}

void stage_service(struct stage *stage)
{
	struct object *object = take(stage, KIND_SERVICE, "inference");

	SERVICE(object)->selector = string_map_with(NULL, "app", "inference");
	SERVICE(object)->type = g_intern_string("ClusterIP");
	put(stage, object);
}

void stage_hpa(struct stage *stage, int min, int max)
{
	struct object *object = take(stage, KIND_HPA, "inference");
	struct hpa *hpa = HPA(object);

	g_free(hpa->target.kind);
	g_free(hpa->target.name);
	hpa->target.kind = g_strdup("Deployment");
	hpa->target.name = g_strdup("inference");
	hpa->has_min_replicas = true;
	hpa->min_replicas = min;
	hpa->max_replicas = max;
	hpa->status.last_scale_time = SIM_NEVER;
	put(stage, object);
}

void stage_hpa_sync(struct stage *stage, int current, int desired, int64_t used, int64_t requested,
                    int ready, int unready, const char *reason)
{
	struct object *object = take(stage, KIND_HPA, "inference");
	struct hpa *hpa = HPA(object);
	struct metric_spec spec = {.type = METRIC_RESOURCE, .target = {.type = TARGET_UTILIZATION}};
	struct hpa_proposal proposal = {.spec = &spec,
	                                .target = 70,
	                                .replicas = current,
	                                .path = HPA_PATH_AGAIN_WITHIN,
	                                .has_first = true};
	struct hpa_decision decision = {.course = HPA_COURSE_METRICS,
	                                .current_replicas = current,
	                                .replicas = desired,
	                                .rescaled = desired != current,
	                                .reason = (char *)reason,
	                                .proposals = &proposal};
	char name[] = "cpu";

	spec.name = name;
	proposal.metric_name = (char *)"cpu resource utilization (percentage of request)";
	proposal.groups.ready_count = (size_t)ready;
	proposal.status.has_utilization = true;
	proposal.groups.ready = g_ptr_array_new();
	proposal.groups.unready = g_ptr_array_new();
	proposal.groups.missing = g_ptr_array_new();
	proposal.groups.ignored = g_ptr_array_new();
	for (int i = 0; i < unready; i++) {
		g_ptr_array_add(proposal.groups.unready, (void *)"x");
	}
	if (requested) {
		decision.n_proposals = 1;
		proposal.first = (struct hpa_ratio){used,
		                                    requested * ready,
		                                    (size_t)ready,
		                                    (int32_t)(used * 100 / (requested * ready)),
		                                    0,
		                                    0};
		proposal.first.ratio = proposal.first.utilization / 70.0;
		proposal.again = proposal.first;
		proposal.has_again = unready > 0;
		proposal.again.count += (size_t)unready;
		proposal.again.request += requested * unready;
		proposal.again.utilization = (int32_t)(used * 100 / proposal.again.request);
		proposal.again.ratio = proposal.again.utilization / 70.0;
	} else {
		decision.course = HPA_COURSE_BELOW_MIN;
	}
	const struct hpa_trace t = {simulation_now(stage->sim), hpa, NULL, &decision};
	const struct trace *trace = recorder_trace(stage->recorder);

	trace->hpa(trace->self, &t);
	g_ptr_array_unref(proposal.groups.ready);
	g_ptr_array_unref(proposal.groups.unready);
	g_ptr_array_unref(proposal.groups.missing);
	g_ptr_array_unref(proposal.groups.ignored);
	hpa->status.current_replicas = current;
	hpa->status.desired_replicas = desired;
	put(stage, object);
}

/* --- pods --- */

static struct actor *actor_of(struct stage *stage, const char *name)
{
	for (unsigned i = 0; i < stage->actors->len; i++) {
		struct actor *actor = stage->actors->pdata[i];

		if (g_str_equal(actor->pod, name)) {
			return actor;
		}
	}
	struct actor *actor = g_new0(struct actor, 1);

	actor->pod = g_strdup(name);
	g_ptr_array_add(stage->actors, actor);
	return actor;
}

void stage_pod(struct stage *stage, const char *name, const char *replica_set,
               enum stage_template template)
{
	struct pod *pod = pod_new(&stage->templates[template]);
	struct object_meta *meta = &pod->object.meta;
	g_autofree char *uid = g_strdup_printf("uid-%s", name);

	ref_string_set(&meta->name, name);
	ref_string_set(&meta->namespace, "default");
	ref_string_set(&meta->uid, uid);
	pod->start_time = SIM_NEVER;
	if (replica_set) {
		meta->owner.kind = KIND_REPLICA_SET;
		ref_string_set(&meta->owner.name, replica_set);
	}
	put(stage, &pod->object);
}

static struct pod *take_pod(struct stage *stage, const char *name)
{
	return POD(take(stage, KIND_POD, name));
}

static const char *uid_of(struct stage *stage, const char *name)
{
	return store_get(stage->store, KIND_POD, "default", name)->meta.uid;
}

void stage_bind(struct stage *stage, const char *name)
{
	struct pod *pod = take_pod(stage, name);
	g_autofree char *ip = g_strdup_printf("10.1.0.%u", ++stage->pods);

	ref_string_set(&pod->node_name, "n1");
	ref_string_set(&pod->pod_ip, ip);
	put(stage, &pod->object);
}

void stage_unschedulable(struct stage *stage, const char *name, const char *message)
{
	const struct scheduling_trace t = {.at = simulation_now(stage->sim),
	                                   .namespace = "default",
	                                   .pod = name,
	                                   .pod_uid = uid_of(stage, name),
	                                   .message = message};
	const struct trace *trace = recorder_trace(stage->recorder);

	trace->scheduling(trace->self, &t);
}

static void read_usage(void *self, sim_time now, struct usage_reading *reading)
{
	const struct actor *actor = self;

	*reading = (struct usage_reading){
	    .cpu_seconds = actor->cpu + actor->cores * sim_time_to_seconds(now - actor->since),
	    .memory_bytes = INT64_C(640) * 1048576,
	    .started_at = actor->started_at,
	};
}

static void read_application(void *self, sim_time now, struct application_reading *reading)
{
	const struct actor *actor = self;

	*reading = (struct application_reading){
	    .requests = (uint64_t)(actor->requests +
	                           actor->rate * sim_time_to_seconds(now - actor->since) + 0.5),
	    .connections = actor->rate > 0 ? 50 : 0,
	};
	reading->answered = reading->requests;
}

static void tell_container(struct stage *stage, const char *name, enum container_step step,
                           int cause, int code, const char *reason)
{
	struct container_trace t = {
	    .at = simulation_now(stage->sim),
	    .namespace = "default",
	    .pod = name,
	    .pod_uid = uid_of(stage, name),
	    .container = "inference",
	    .attempt = actor_of(stage, name)->attempt,
	    .step = step,
	    .exit_code = code,
	    .reason = reason,
	};
	const struct trace *trace = recorder_trace(stage->recorder);

	t.cause = cause;
	trace->container(trace->self, &t);
}

void stage_start(struct stage *stage, const char *name, unsigned attempt, double cores)
{
	struct actor *actor = actor_of(stage, name);
	struct usage_source *source = g_new0(struct usage_source, 1);
	struct pod *pod = take_pod(stage, name);

	actor->attempt = attempt;
	actor->started_at = actor->since = simulation_now(stage->sim);
	actor->cpu = actor->requests = actor->rate = 0;
	actor->cores = cores;
	source->namespace = ref_string("default");
	source->pod = ref_string(name);
	source->pod_uid = ref_string(uid_of(stage, name));
	source->container = ref_string("inference");
	source->self = actor;
	source->read = read_usage;
	source->read_application = read_application;
	actor->source = source;
	usage_registry_add(stage->usage, source);
	tell_container(stage, name, CONTAINER_STARTED, KILL_NONE, 0, NULL);
	pod->phase = POD_RUNNING;
	pod->containers[0].state = CONTAINER_RUNNING;
	pod->containers[0].restart_count = attempt;
	put(stage, &pod->object);
}

void stage_serve(struct stage *stage, const char *name, double cores, double requests)
{
	struct actor *actor = actor_of(stage, name);
	const sim_time now = simulation_now(stage->sim);

	actor->cpu += actor->cores * sim_time_to_seconds(now - actor->since);
	actor->requests += actor->rate * sim_time_to_seconds(now - actor->since);
	actor->since = now;
	actor->cores = cores;
	actor->rate = requests;
}

void stage_probe(struct stage *stage, const char *name, enum probe_type type, int status,
                 const char *message, int run)
{
	const struct pod *pod = POD(store_get(stage->store, KIND_POD, "default", name));
	const struct probe *probe = pod->spec->containers[0].probes[type];
	struct probe_trace t = {
	    .at = simulation_now(stage->sim),
	    .took = 2 * SIM_MILLISECOND,
	    .namespace = "default",
	    .pod = name,
	    .pod_uid = pod->object.meta.uid,
	    .container = "inference",
	    .attempt = actor_of(stage, name)->attempt,
	    .type = type,
	    .handler = &probe->handler,
	    .port = 8000,
	    .status = status,
	    .message = message,
	    .run = run,
	    .threshold = probe->failure_threshold,
	};
	const struct trace *trace = recorder_trace(stage->recorder);

	t.result = message ? PROBE_FAILURE : PROBE_SUCCESS;
	trace->probe(trace->self, &t);
}

void stage_kill(struct stage *stage, const char *name, int cause)
{
	tell_container(stage, name, CONTAINER_KILL_DECIDED, cause, 0, NULL);
}

void stage_restart(struct stage *stage, const char *name, int exit_code, const char *reason,
                   double cores)
{
	struct actor *actor = actor_of(stage, name);

	usage_registry_remove(stage->usage, actor->source);
	tell_container(stage, name, CONTAINER_EXITED, KILL_NONE, exit_code, reason);
	stage_start(stage, name, actor->attempt + 1, cores);
}

void stage_ready(struct stage *stage, const char *name, bool ready)
{
	struct pod *pod = take_pod(stage, name);

	pod->containers[0].ready = ready;
	conditions_set(&pod->conditions, "Ready", ready ? CONDITION_TRUE : CONDITION_FALSE, NULL,
	               NULL, simulation_now(stage->sim));
	put(stage, &pod->object);
}

void stage_delete(struct stage *stage, const char *name)
{
	struct actor *actor = actor_of(stage, name);

	store_delete_pod(stage->store, "default", name, 30, NULL);
	if (actor->source) {
		usage_registry_remove(stage->usage, actor->source);
		tell_container(stage, name, CONTAINER_EXITED, KILL_DELETION, 0, "Completed");
		store_delete_pod(stage->store, "default", name, 0, NULL);
	}
}

void stage_endpoints(struct stage *stage, ...)
{
	struct object *object = take(stage, KIND_ENDPOINT_SLICE, "inference-slice");
	struct endpoint_slice *slice = ENDPOINT_SLICE(object);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	va_list arguments;

	va_start(arguments, stage);
	for (const char *name; (name = va_arg(arguments, const char *));) {
		g_ptr_array_add(names, (void *)name);
	}
	va_end(arguments);
	for (size_t i = 0; i < slice->n_endpoints; i++) {
		endpoint_clear(&slice->endpoints[i]);
	}
	g_free(slice->endpoints);
	slice->n_endpoints = names->len;
	slice->endpoints = g_new0(struct endpoint, names->len);
	for (unsigned i = 0; i < names->len; i++) {
		slice->endpoints[i].pod_name = ref_string(names->pdata[i]);
		slice->endpoints[i].pod_uid = ref_string(uid_of(stage, names->pdata[i]));
		slice->endpoints[i].ready = slice->endpoints[i].serving = true;
	}
	if (!object->meta.labels) {
		object->meta.labels =
		    string_map_with(NULL, "kubernetes.io/service-name", "inference");
	}
	put(stage, object);

	const struct endpoints_trace t = {
	    simulation_now(stage->sim),        "n1",      "default", "inference",
	    (const char *const *)names->pdata, names->len};
	const struct trace *trace = recorder_trace(stage->recorder);

	trace->endpoints(trace->self, &t);
}

static void empty_bin(void *self, size_t i, uint64_t *done, uint64_t *failures,
                      const struct histogram **latency)
{
	*done = 400;
	*failures = 0;
	*latency = self;
}

void stage_load(struct stage *stage, const char *name, double from, double to, int users,
                bool keep_alive, uint64_t requests, double mean_latency)
{
	struct load *load = &stage->scenario->loads[stage->scenario->n_loads++];
	struct histogram *latency = histogram_new(1024);
	uint64_t outcomes[REQUEST_OUTCOMES] = {[REQUEST_OK] = requests};

	g_ptr_array_add(stage->histograms, latency);
	for (uint64_t i = 0; i < requests; i++) {
		histogram_add(
		    latency, (sim_time)(mean_latency * (0.5 + (double)i / (double)requests) * 1e9));
	}
	load->name = g_strdup(name);
	load->from = (sim_time)(from * 1e9);
	load->duration = (sim_time)((to - from) * 1e9);
	load->target.service = g_strdup("inference");
	load->users = users;
	load->spawn_rate = 10;
	load->connections.keep_alive = keep_alive;
	load->where = (struct doc_location){g_intern_string("idle-replica.yaml"), 70, 5};
	const struct load_record record = {
	    .load = load,
	    .all_running = load_all_running_at(load),
	    .requests = requests,
	    .outcomes = outcomes,
	    .latency = latency,
	    .bin_width = 5 * SIM_SECOND,
	    .n_bins = (size_t)((to - from) / 5),
	    .bin = empty_bin,
	    .self = latency,
	    .connections_opened = keep_alive ? (uint64_t)users : requests,
	};

	recorder_add_load(stage->recorder, &record);
}
