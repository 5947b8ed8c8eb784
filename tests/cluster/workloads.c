/* workloads.c - the small cluster. */

#include "workloads.h"

#include "cluster/deployment_controller.h"
#include "cluster/garbage_collector.h"
#include "cluster/replica_set_controller.h"
#include "cluster/scheduler.h"

#include <string.h>

#define MEBIBYTE (INT64_C(1024) * 1024 * 1000)

/* --- the kubelet's stand-in --- */

struct timer { /* something that will happen to a pod */
	struct cluster *cluster;
	char *name;
	bool stops;
	event_id event;
};

static void timer_free(void *data)
{
	struct timer *timer = data;

	simulation_cancel(timer->cluster->environment.sim, &timer->event);
	g_free(timer->name);
	g_free(timer);
}

static void make_ready(struct store *store, const struct object *object, sim_time now)
{
	struct pod *copy = POD(object_copy(object));

	copy->phase = POD_RUNNING;
	conditions_set(&copy->conditions, "Ready", CONDITION_TRUE, NULL, NULL, now);
	store_update(store, &copy->object, false, NULL);
	object_unref(&copy->object);
}

static void on_timer(struct simulation *sim, void *data)
{
	struct timer *timer = data;
	struct store *store = timer->cluster->environment.store;
	const struct object *pod = store_get(store, KIND_POD, "default", timer->name);

	timer->event = EVENT_NONE;
	if (pod && timer->stops) {
		store_delete_pod(store, "default", timer->name, 0, NULL);
	} else if (pod) {
		make_ready(store, pod, simulation_now(sim));
	}
	g_ptr_array_remove_fast(timer->cluster->timers, timer);
}

static void after(struct cluster *cluster, const struct object *pod, bool stops, sim_time delay)
{
	struct timer *timer = g_new0(struct timer, 1);

	timer->cluster = cluster;
	timer->name = g_strdup(pod->meta.name);
	timer->stops = stops;
	timer->event = simulation_schedule_after(cluster->environment.sim, delay, PHASE_RUNTIME,
	                                         on_timer, timer);
	g_ptr_array_add(cluster->timers, timer);
}

static void on_pod(void *data, enum change change, const struct object *old,
                   const struct object *object)
{
	struct cluster *cluster = data;
	const struct pod *pod = POD(object);
	const struct pod *before = old ? POD(old) : NULL;
	size_t pods = store_count(cluster->environment.store, KIND_POD);

	cluster->most_pods = MAX(cluster->most_pods, pods);
	if (change == CHANGE_DELETED) {
		return;
	}
	if (pod->node_name && (!before || !before->node_name) &&
	    !g_str_equal(pod->spec->containers[0].image, "broken")) {
		after(cluster, object, false, cluster->ready_after);
	}
	if (pod_is_terminating(pod) && before && !pod_is_terminating(before)) {
		after(cluster, object, true, cluster->stops_after);
	}
}

/* --- life --- */

static void on_rollout(void *self, const struct rollout_trace *t)
{
	struct cluster *cluster = self;

	g_string_append_printf(cluster->story, "%.0f %s\n", sim_time_to_seconds(t->at), t->text);
}

void cluster_begin(struct cluster *cluster, uint64_t seed)
{
	struct simulation *sim = simulation_new(0, seed);
	struct cluster_environment *environment = &cluster->environment;

	memset(cluster, 0, sizeof(*cluster));
	release_init(&cluster->release, "1.33", NULL);
	cluster->trace = (struct trace){.self = cluster, .rollout = on_rollout};
	cluster->story = g_string_new(NULL);
	cluster->timers = g_ptr_array_new_with_free_func(timer_free);
	cluster->ready_after = 10 * SIM_SECOND;
	cluster->stops_after = 3 * SIM_SECOND;
	*environment = (struct cluster_environment){
	    .sim = sim,
	    .store = store_new(sim),
	    .trace = &cluster->trace,
	    .release = &cluster->release,
	    .watch_delay = 5 * SIM_MILLISECOND,
	    .controller_delay = 10 * SIM_MILLISECOND,
	    .scheduling = 5 * SIM_MILLISECOND,
	};
	store_watch(environment->store, KIND_POD, 0, false, on_pod, cluster);
	cluster->deployments = deployment_controller_new(environment);
	cluster->replica_sets = replica_set_controller_new(environment);
	cluster->garbage = garbage_collector_new(environment);
	cluster->scheduler = scheduler_new(environment, SIM_SECOND, 10 * SIM_SECOND);
}

void cluster_end(struct cluster *cluster)
{
	g_ptr_array_unref(cluster->timers);
	scheduler_free(cluster->scheduler);
	garbage_collector_free(cluster->garbage);
	replica_set_controller_free(cluster->replica_sets);
	deployment_controller_free(cluster->deployments);
	store_free(cluster->environment.store);
	simulation_free(cluster->environment.sim);
	g_string_free(cluster->story, TRUE);
}

void cluster_run(struct cluster *cluster, double until_seconds)
{
	g_autoptr(GError) error = NULL;

	if (!simulation_run_until(cluster->environment.sim, (sim_time)(until_seconds * 1e9),
	                          &error)) {
		g_error("%s", error->message);
	}
}

/* --- objects --- */

void cluster_add_node(struct cluster *cluster, const char *name, int64_t cpu, int64_t memory,
                      int64_t other_memory)
{
	struct node *node = NODE(object_new(KIND_NODE));

	ref_string_set(&node->object.meta.name, name);
	resource_list_set(&node->allocatable, g_intern_string("cpu"), cpu);
	resource_list_set(&node->allocatable, g_intern_string("memory"), memory * MEBIBYTE);
	resource_list_set(&node->allocatable, g_intern_string("pods"), 110000);
	if (other_memory > 0) {
		resource_list_set(&node->other_requests, g_intern_string("memory"),
		                  other_memory * MEBIBYTE);
	}
	store_create(cluster->environment.store, &node->object, NULL);
	object_unref(&node->object);
}

/* The document that stands for the template: image and memory make the difference. */
static struct doc *source_of(const struct wish *wish)
{
	struct doc *template = doc_new_map(), *metadata = doc_new_map(), *labels = doc_new_map();
	struct doc *spec = doc_new_map();

	doc_set_string(labels, "app", wish->name);
	doc_set(metadata, "labels", labels);
	doc_set_string(spec, "image", wish->image);
	doc_set_int(spec, "memory", wish->memory);
	doc_set(template, "metadata", metadata);
	doc_set(template, "spec", spec);
	return template;
}

static void fill_template(struct pod_template *template, const struct wish *wish)
{
	struct pod_spec *spec = g_new0(struct pod_spec, 1);
	struct container *container = g_new0(struct container, 1);

	spec->refs = 1;
	container->name = g_strdup("app");
	container->image = g_strdup(wish->image);
	resource_list_set(&container->requests, g_intern_string("memory"), wish->memory * MEBIBYTE);
	spec->containers = container;
	spec->n_containers = 1;
	spec->termination_grace_period_seconds = 30;
	template->spec = spec;
	template->labels = string_map_with(NULL, "app", wish->name);
	template->source = source_of(wish);
}

void cluster_apply(struct cluster *cluster, const struct wish *wish)
{
	struct store *store = cluster->environment.store;
	const struct object *old = store_get(store, KIND_DEPLOYMENT, "default", wish->name);
	struct deployment *fresh = DEPLOYMENT(old ? object_copy(old) : object_new(KIND_DEPLOYMENT));

	if (!old) {
		ref_string_set(&fresh->object.meta.name, wish->name);
		ref_string_set(&fresh->object.meta.namespace, "default");
		g_autofree char *selector = g_strdup_printf("app=%s", wish->name);

		fresh->selector = label_selector_parse(selector, NULL);
	}
	pod_template_clear(&fresh->template);
	fill_template(&fresh->template, wish);
	fresh->replicas = wish->replicas ? wish->replicas : fresh->replicas;
	fresh->recreate = wish->recreate;
	fresh->paused = wish->paused;
	fresh->min_ready_seconds = wish->min_ready_seconds;
	fresh->max_surge.kind = fresh->max_unavailable.kind = VALUE_PERCENT;
	fresh->max_surge.value = fresh->max_unavailable.value = 25;
	fresh->progress_deadline_seconds = 600;
	fresh->revision_history_limit =
	    wish->revision_history_limit ? MAX(wish->revision_history_limit, 0) : 10;
	bool good = old ? store_update(store, &fresh->object, true, NULL)
	                : store_create(store, &fresh->object, NULL);

	g_assert_true(good);
	object_unref(&fresh->object);
}

void cluster_scale(struct cluster *cluster, const char *name, int32_t replicas)
{
	struct store *store = cluster->environment.store;
	struct deployment *copy =
	    DEPLOYMENT(object_copy(store_get(store, KIND_DEPLOYMENT, "default", name)));

	copy->replicas = replicas;
	g_assert_true(store_update(store, &copy->object, true, NULL));
	object_unref(&copy->object);
}

/* --- what can be seen --- */

const struct deployment *cluster_deployment(const struct cluster *cluster, const char *name)
{
	return DEPLOYMENT(store_get(cluster->environment.store, KIND_DEPLOYMENT, "default", name));
}

static void add_size(void *data, const struct object *object)
{
	const struct replica_set *set = REPLICA_SET(object);
	GString *sizes = data;

	if (set->replicas > 0 || set->status.replicas > 0) {
		g_string_append_printf(sizes, "%s%s %d/%d", sizes->len ? ", " : "",
		                       set->template.spec->containers[0].image, set->replicas,
		                       set->status.ready_replicas);
	}
}

char *cluster_sizes(const struct cluster *cluster)
{
	GString *sizes = g_string_new(NULL);

	store_each(cluster->environment.store, KIND_REPLICA_SET, add_size, sizes);
	return g_string_free(sizes, FALSE);
}

struct counting {
	const char *image;
	bool pending_only;
	unsigned count;
};

static void count_pod(void *data, const struct object *object)
{
	struct counting *counting = data;
	const struct pod *pod = POD(object);

	if ((!counting->image || g_str_equal(pod->spec->containers[0].image, counting->image)) &&
	    (!counting->pending_only || !pod->node_name)) {
		counting->count++;
	}
}

unsigned cluster_count_pods(const struct cluster *cluster, const char *image, bool pending_only)
{
	struct counting counting = {image, pending_only, 0};

	store_each(cluster->environment.store, KIND_POD, count_pod, &counting);
	return counting.count;
}

struct listing {
	const char *reason;
	GString *lines;
};

static void list_event(void *data, const struct object *object)
{
	struct listing *listing = data;
	const struct event *event = EVENT(object);

	if (g_str_equal(event->reason, listing->reason)) {
		g_string_append_printf(listing->lines, "%s\n", event->message);
	}
}

char *cluster_events(const struct cluster *cluster, const char *reason)
{
	struct listing listing = {reason, g_string_new(NULL)};

	store_each(cluster->environment.store, KIND_EVENT, list_event, &listing);
	return g_string_free(listing.lines, FALSE);
}
