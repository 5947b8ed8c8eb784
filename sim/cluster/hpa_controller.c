/* hpa_controller.c - when the controller looks, and what it writes. */

#include "cluster/hpa_controller.h"

#include "cluster/hpa_look.h"
#include "cluster/sync_queue.h"
#include "store/event_recorder.h"
#include "store/informer.h"

struct memory { /* of one HPA, for as long as the process lives */
	struct hpa_history history;
	char *selector; /* last seen of its target; NULL: none yet */
};

struct hpa_controller {
	struct cluster_environment environment;
	struct hpa_controller_config config;
	struct hpa_sources sources;
	struct informer *hpas, *pods;
	struct sync_queue *queue;
	struct event_recorder *recorder;
	GHashTable *memories; /* "namespace/name" -> struct memory * */
};

void hpa_controller_config_defaults(struct hpa_controller_config *config)
{
	hpa_settings_init(&config->settings);
	config->sync_period = 15 * SIM_SECOND;
	config->overhead = 50 * SIM_MILLISECOND;
	config->workers = 5;
}

/* --- memory --- */

static void memory_free(void *data)
{
	struct memory *memory = data;

	hpa_history_clear(&memory->history);
	g_free(memory->selector);
	g_free(memory);
}

static struct memory *memory_of(struct hpa_controller *controller, const char *key)
{
	struct memory *memory = g_hash_table_lookup(controller->memories, key);

	if (!memory) {
		memory = g_new0(struct memory, 1);
		g_hash_table_insert(controller->memories, g_strdup(key), memory);
	}
	return memory;
}

/* --- waking up --- */

static void on_hpa(void *data, enum change change, const struct object *old,
                   const struct object *object)
{
	struct hpa_controller *controller = data;
	const struct release *release = controller->environment.release;
	g_autofree char *key = sync_queue_key(object->meta.namespace, object->meta.name);
	const bool edited =
	    old && release->hpa_generation && old->meta.generation != object->meta.generation;

	if (change == CHANGE_DELETED) {
		/* Its selector no longer stands in others' way; the history goes with the next
		 * look. */
		g_clear_pointer(&memory_of(controller, key)->selector, g_free);
	} else if (edited || (change == CHANGE_ADDED && release->hpa_first_reconcile_at_once)) {
		sync_queue_add(controller->queue, key);
	} else {
		sync_queue_add_after(controller->queue, key, controller->config.sync_period);
	}
}

/* --- one look --- */

/* The other HPAs of the namespace with the selectors that they were last seen with. */
static GArray *others_of(struct hpa_controller *controller, const struct hpa *hpa)
{
	GArray *others = g_array_new(FALSE, FALSE, sizeof(struct hpa_other));
	g_autoptr(GPtrArray) hpas = informer_list(controller->hpas);

	for (unsigned i = 0; i < hpas->len; i++) {
		const struct object *object = hpas->pdata[i];
		g_autofree char *key = sync_queue_key(object->meta.namespace, object->meta.name);
		const struct memory *memory = g_hash_table_lookup(controller->memories, key);
		const struct hpa_other other = {.name = object->meta.name,
		                                .selector = memory ? memory->selector : NULL};

		if (object != &hpa->object &&
		    g_strcmp0(object->meta.namespace, hpa->object.meta.namespace) == 0) {
			g_array_append_val(others, other);
		}
	}
	return others;
}

/* The selector is remembered when the metrics are looked at. */
static void remember_selector(struct memory *memory, const struct hpa_look *look)
{
	const enum hpa_course course = look->decision.course;
	const char *selector = look->input.scale.selector;

	if (selector && *selector &&
	    (course == HPA_COURSE_METRICS || course == HPA_COURSE_METRICS_FAILED ||
	     course == HPA_COURSE_BAD_SELECTOR)) {
		g_free(memory->selector);
		memory->selector = g_strdup(selector);
	}
}

static void *look_at(void *self, const char *key, bool *failed)
{
	struct hpa_controller *controller = self;
	g_autofree char *namespace = NULL;
	const char *name = sync_queue_split(key, &namespace);
	const struct object *seen = informer_get(controller->hpas, namespace, name);

	if (!seen) {
		g_hash_table_remove(controller->memories, key);
		return NULL;
	}
	struct memory *memory = memory_of(controller, key);
	g_autoptr(GPtrArray) pods = informer_list(controller->pods);
	g_autoptr(GArray) others = others_of(controller, HPA(seen));
	struct hpa_look *look =
	    hpa_look_new(&controller->sources, HPA(seen), &memory->history, pods);

	look->input.others = (const struct hpa_other *)(void *)others->data;
	look->input.n_others = others->len;
	hpa_decide(&look->input, &look->decision);
	look->input.others = NULL; /* they go with this function */
	look->input.n_others = 0;
	remember_selector(memory, look);
	return look;
}

/* --- writing --- */

static void write_status(struct hpa_controller *controller, const struct hpa_look *look)
{
	struct store *store = controller->environment.store;
	const struct object_meta *meta = &look->hpa->object.meta;
	struct object *copy;
	g_autoptr(GError) error = NULL;

	if (!look->decision.status_changed) {
		return;
	}
	/* The version that was looked at: a change in between makes this a conflict. */
	copy = object_revise(&look->hpa->object);
	hpa_decision_apply(&look->decision, HPA(copy));
	if (!store_update(store, copy, false, &error) &&
	    !g_error_matches(error, STORE_ERROR, STORE_ERROR_NOT_FOUND)) {
		event_recorder_emit(
		    controller->recorder, &look->hpa->object, NULL, true, "FailedUpdateStatus",
		    "Operation cannot be fulfilled on horizontalpodautoscalers.autoscaling \"%s\": "
		    "the object has been modified; please apply your changes to the latest version "
		    "and try again",
		    meta->name);
	}
	object_unref(copy);
}

static void tell(const struct hpa_controller *controller, const struct hpa_look *look)
{
	const struct trace *trace = controller->environment.trace;
	const struct hpa_trace record = {
	    .at = look->input.now,
	    .hpa = look->hpa,
	    .input = &look->input,
	    .decision = &look->decision,
	};

	if (trace->hpa) {
		trace->hpa(trace->self, &record);
	}
}

static bool write_down(void *self, const char *key, void *data)
{
	struct hpa_controller *controller = self;
	struct hpa_look *look = data;
	struct hpa_decision *decision = &look->decision;
	g_autofree char *write_error = NULL;

	if (decision->rescale) {
		write_error =
		    hpa_look_write_scale(look, controller->environment.store, decision->replicas);
	}
	hpa_conclude(&look->input, write_error, decision);
	for (size_t i = 0; i < decision->n_events; i++) {
		const struct hpa_event *event = &decision->events[i];

		event_recorder_emit(controller->recorder, &look->hpa->object, NULL, event->warning,
		                    event->reason, "%s", event->message);
	}
	write_status(controller, look);
	tell(controller, look);
	sync_queue_add_after(controller->queue, key, controller->config.sync_period);
	return true; /* a failure waits as long as a success */
}

static void free_look(void *data)
{
	hpa_look_free(data);
}

static sim_time retry_delay(unsigned failures)
{
	return SIM_NEVER; /* nothing fails; what must come again was added above */
}

/* --- life --- */

struct hpa_controller *hpa_controller_new(const struct cluster_environment *environment,
                                          const struct hpa_controller_config *config,
                                          struct metrics_server *server,
                                          struct metrics_adapter *adapter)
{
	struct hpa_controller *controller = g_new0(struct hpa_controller, 1);
	const struct sync_queue_controller functions = {
	    .self = controller,
	    .decide = look_at,
	    .write = write_down,
	    .free_decision = free_look,
	    .retry_delay = retry_delay,
	};

	controller->environment = *environment;
	controller->config = *config;
	controller->sources = (struct hpa_sources){
	    .environment = &controller->environment,
	    .settings = &controller->config.settings,
	    .server = server,
	    .adapter = adapter,
	};
	controller->memories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, memory_free);
	controller->recorder =
	    event_recorder_new(environment->store, "horizontal-pod-autoscaler", NULL);
	controller->queue =
	    sync_queue_new(environment->sim, &functions, config->workers, config->overhead);
	controller->hpas = informer_new(environment->store, KIND_HPA, environment->watch_delay,
	                                on_hpa, controller);
	controller->pods =
	    informer_new(environment->store, KIND_POD, environment->watch_delay, NULL, NULL);
	return controller;
}

void hpa_controller_free(struct hpa_controller *controller)
{
	if (!controller) {
		return;
	}
	sync_queue_free(controller->queue);
	informer_free(controller->hpas);
	informer_free(controller->pods);
	event_recorder_free(controller->recorder);
	g_hash_table_unref(controller->memories);
	g_free(controller);
}
