#include "autoscaling.h"

/* --- usage --- */

static double burnt_until(const struct workload *workload, sim_time now)
{
	return workload->burnt + workload->cores * sim_time_to_seconds(now - workload->since);
}

static void read_usage(void *self, sim_time now, struct usage_reading *reading)
{
	struct workload *workload = self;

	*reading = (struct usage_reading){
	    .cpu_seconds = burnt_until(workload, now),
	    .memory_bytes = workload->memory,
	    .started_at = workload->started_at,
	};
	g_array_append_val(workload->read_at, now);
}

static void read_application(void *self, sim_time now, struct application_reading *reading)
{
	const struct workload *workload = self;

	*reading = workload->application;
	reading->requests +=
	    (uint64_t)(workload->request_rate * sim_time_to_seconds(now - workload->started_at));
}

void workload_set_cores(struct workload *workload, double cores)
{
	const sim_time now = simulation_now(workload->sim);

	workload->burnt = burnt_until(workload, now);
	workload->since = now;
	workload->cores = cores;
}

static void workload_free(void *data)
{
	struct workload *workload = data;

	g_array_unref(workload->read_at);
	g_free(workload);
}

struct workload *autoscaling_start(struct autoscaling *world, const char *pod,
                                   const char *container, double cores)
{
	const struct object *object = store_get(world->store, KIND_POD, "default", pod);
	struct workload *workload = g_new0(struct workload, 1);
	struct usage_source *source = g_new0(struct usage_source, 1);

	workload->sim = world->sim;
	workload->started_at = workload->since = simulation_now(world->sim);
	workload->cores = cores;
	workload->memory = INT64_C(100) << 20;
	workload->read_at = g_array_new(FALSE, FALSE, sizeof(sim_time));
	workload->source = source;
	source->namespace = ref_string("default");
	source->pod = ref_string(pod);
	source->pod_uid = ref_string(object->meta.uid);
	source->container = ref_string(container);
	source->self = workload;
	source->read = read_usage;
	source->read_application = read_application;
	g_ptr_array_add(world->workloads, workload);
	usage_registry_add(world->usage, source);
	return workload;
}

void autoscaling_stop(struct autoscaling *world, struct workload *workload)
{
	usage_registry_remove(world->usage, workload->source);
	workload->source = NULL;
}

/* --- objects --- */

static struct pod_spec *spec_new(void)
{
	struct pod_spec *spec = g_new0(struct pod_spec, 1);

	spec->refs = 1;
	spec->n_containers = 1;
	spec->containers = g_new0(struct container, 1);
	spec->containers[0].name = g_strdup("app");
	resource_list_set(&spec->containers[0].requests, g_intern_string("cpu"), 100);
	return spec;
}

static void create(struct autoscaling *world, struct object *object, const char *name)
{
	ref_string_set(&object->meta.name, name);
	ref_string_set(&object->meta.namespace, "default");
	assert_true(store_create(world->store, object, NULL));
	object_unref(object);
}

void autoscaling_add_deployment(struct autoscaling *world, const char *name, int32_t replicas)
{
	struct object *object = object_new(KIND_DEPLOYMENT);
	g_autofree char *selector = g_strdup_printf("app=%s", name);

	DEPLOYMENT(object)->replicas = replicas;
	DEPLOYMENT(object)->status.replicas = replicas;
	DEPLOYMENT(object)->selector = label_selector_parse(selector, NULL);
	DEPLOYMENT(object)->template.spec = spec_new();
	object->source = doc_new_map();
	doc_set(object->source, "spec", doc_new_map());
	doc_set_int(doc_get(object->source, "spec"), "replicas", replicas);
	create(world, object, name);
}

const struct deployment *autoscaling_deployment(const struct autoscaling *world, const char *name)
{
	return DEPLOYMENT(store_get(world->store, KIND_DEPLOYMENT, "default", name));
}

void autoscaling_add_hpa(struct autoscaling *world, const char *name, const char *target)
{
	struct hpa *hpa = HPA(object_new(KIND_HPA));

	hpa->target.api_version = g_strdup("apps/v1");
	hpa->target.kind = g_strdup("Deployment");
	hpa->target.name = g_strdup(target);
	hpa->has_min_replicas = true;
	hpa->min_replicas = 1;
	hpa->max_replicas = 10;
	hpa->n_metrics = 1;
	hpa->metrics = g_new0(struct metric_spec, 1);
	hpa->metrics[0].type = METRIC_RESOURCE;
	hpa->metrics[0].name = g_strdup("cpu");
	hpa->metrics[0].target = (struct metric_target){
	    .type = TARGET_UTILIZATION, .has_utilization = true, .average_utilization = 50};
	create(world, &hpa->object, name);
}

const struct hpa *autoscaling_hpa(const struct autoscaling *world, const char *name)
{
	return HPA(store_get(world->store, KIND_HPA, "default", name));
}

struct workload *autoscaling_add_pod(struct autoscaling *world, const char *app, const char *name,
                                     double cores)
{
	struct pod_spec *spec = spec_new();
	struct string_map *labels = string_map_with(NULL, "app", app);
	const struct pod_template template = {.labels = labels, .spec = spec};
	struct pod *pod = pod_new(&template);
	const sim_time now = simulation_now(world->sim);

	string_map_unref(labels);
	pod_spec_unref(spec);
	pod->phase = POD_RUNNING;
	pod->start_time = now;
	conditions_set(&pod->conditions, "Ready", CONDITION_TRUE, NULL, NULL, now);
	create(world, &pod->object, name);
	return autoscaling_start(world, name, "app", cores);
}

static void append_event(void *data, const struct object *object)
{
	const struct event *event = EVENT(object);
	void **both = data;

	if (g_str_equal(event->reason, (const char *)both[0])) {
		g_string_append_printf(both[1], "%s\n", event->message);
	}
}

char *autoscaling_events(const struct autoscaling *world, const char *reason)
{
	GString *text = g_string_new(NULL);
	void *both[] = {(void *)reason, text};

	store_each(world->store, KIND_EVENT, append_event, both);
	return g_string_free(text, FALSE);
}

/* --- life --- */

static void on_hpa_trace(void *self, const struct hpa_trace *trace)
{
	struct autoscaling *world = self;

	g_array_append_val(world->looks, trace->at);
	world->last_current = trace->decision->current_replicas;
	world->last_replicas = trace->decision->replicas;
}

void autoscaling_begin(struct autoscaling *world, const char *version)
{
	*world = (struct autoscaling){0};
	world->sim = simulation_new(0, 7);
	world->store = store_new(world->sim);
	assert_true(release_init(&world->release, version, NULL));
	world->usage = usage_registry_new();
	world->workloads = g_ptr_array_new_with_free_func(workload_free);
	world->looks = g_array_new(FALSE, FALSE, sizeof(sim_time));
	world->trace = (struct trace){.self = world, .hpa = on_hpa_trace};
	world->environment = (struct cluster_environment){
	    .sim = world->sim,
	    .store = world->store,
	    .trace = &world->trace,
	    .release = &world->release,
	    .watch_delay = 20 * SIM_MILLISECOND,
	};
}

void autoscaling_end(struct autoscaling *world)
{
	usage_registry_free(world->usage);
	store_free(world->store);
	simulation_free(world->sim);
	g_ptr_array_unref(world->workloads);
	g_array_unref(world->looks);
}

void autoscaling_run(struct autoscaling *world, double until_seconds)
{
	assert_true(simulation_run_until(world->sim, (sim_time)(until_seconds * 1e9), NULL));
}
