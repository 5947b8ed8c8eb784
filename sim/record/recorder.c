/* recorder.c - the life of a recorder, and how the Run is completed. */

#include "record/recorder_private.h"

#include <math.h>

struct recorder *recorder_new(struct store *store, struct usage_registry *usage,
                              const struct scenario *scenario)
{
	struct recorder *recorder = g_new0(struct recorder, 1);

	recorder->store = store;
	recorder->sim = store_simulation(store);
	recorder->usage = usage;
	recorder->scenario = scenario;
	recorder->run = run_new(scenario);
	recorder->run->seed = simulation_seed(recorder->sim);
	recorder->run->from = scenario->from;
	recorder->run->to = scenario->to;
	scenario_measure_window(scenario, &recorder->run->measure_from, &recorder->run->measure_to);
	recorder->cuts = thin_cuts(scenario);
	recorder->grid = binned_grid_of(scenario->from, scenario->to);
	recorder->pods = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, pod_record_free);
	recorder->pods_by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	recorder->sources = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	recorder->replica_sets =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, replica_set_record_free);
	recorder->services =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, service_record_free);
	recorder->events = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	recorder->history = history_new(recorder->run);
	recorder->notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	recorder_init_trace(recorder);
	recorder_watch_objects(recorder);
	recorder_start_sampling(recorder);
	return recorder;
}

const struct trace *recorder_trace(struct recorder *recorder)
{
	return &recorder->trace;
}

void recorder_note_action(struct recorder *recorder, const struct action *action, const char *text)
{
	g_autofree char *object =
	    action->name
		? g_strdup_printf("%s/%s", object_kind_word(action->object_kind), action->name)
		: NULL;

	recorder_note(recorder, NOTE_ACTION, object, text);
}

/* --- loads --- */

static void fill_step(struct load_step *step, const struct load_record *record, size_t i)
{
	const double width = sim_time_to_seconds(record->bin_width);
	const struct histogram *latency = NULL;
	uint64_t done = 0, failures = 0;

	record->bin(record->self, i, &done, &failures, &latency);
	step->rps = (double)done / width;
	step->failures = (double)failures;
	step->mean = step->p50 = step->p95 = step->p99 = NAN;
	if (latency && histogram_count(latency)) {
		step->mean = histogram_mean(latency) / 1e9;
		step->p50 = histogram_quantile(latency, 0.5) / 1e9;
		step->p95 = histogram_quantile(latency, 0.95) / 1e9;
		step->p99 = histogram_quantile(latency, 0.99) / 1e9;
	}
}

void recorder_add_load(struct recorder *recorder, const struct load_record *record)
{
	const struct load *model = record->load;
	struct run_load *load = run_add_load(recorder->run);

	load->name = g_strdup(model->name);
	load->service = g_strdup(model->target.service);
	load->namespace = g_strdup(model->target.namespace ? model->target.namespace : "default");
	load->from = model->from;
	load->to = MIN(model->from + model->duration, recorder->run->to);
	load->all_running = record->all_running;
	load->requests = record->requests;
	load->failures = record->failures;
	for (unsigned i = 0; i < REQUEST_OUTCOMES; i++) {
		load->outcomes[i] = record->outcomes[i];
	}
	load->rps = load->to > load->from
	                ? (double)record->requests / sim_time_to_seconds(load->to - load->from)
	                : 0;
	load->latency = histogram_new(1024);
	if (record->latency) {
		histogram_merge(load->latency, record->latency);
	}
	load->bin_width = record->bin_width;
	load->n_steps = record->n_bins;
	load->steps = g_new0(struct load_step, load->n_steps);
	for (size_t i = 0; i < load->n_steps; i++) {
		fill_step(&load->steps[i], record, i);
	}
	load->connections_opened = record->connections_opened;
	load->users = model->users;
	load->keep_alive = model->connections.keep_alive;
	recorder->run->statistics.requests += record->requests;
}

/* --- completion --- */

void recorder_add_replica_seconds(struct run *run, const struct run_pod *pod)
{
	struct run_deployment *deployment =
	    pod->deployment ? run_find_deployment(run, pod->namespace, pod->deployment) : NULL;
	/* rules of the clients' node where a proxy told us, else the EndpointSlices */
	const GArray *serving = pod->serving->len ? pod->serving : pod->in_endpoints;
	const struct span bound = {.from = pod->scheduled_at, .to = pod->gone_at};

	if (!deployment) {
		return;
	}
	GArray *paid = g_array_new(FALSE, FALSE, sizeof(struct span));

	if (bound.from != SIM_NEVER) {
		g_array_append_val(paid, bound);
	}
	deployment->paid += sim_time_to_seconds(spans_length(paid, run->from, run->to));
	deployment->measured_paid +=
	    sim_time_to_seconds(spans_length(paid, run->measure_from, run->measure_to));
	deployment->serving += sim_time_to_seconds(spans_length(serving, run->from, run->to));
	deployment->measured_serving +=
	    sim_time_to_seconds(spans_length(serving, run->measure_from, run->measure_to));
	g_array_unref(paid);
}

static int by_first_time(const void *a, const void *b)
{
	const struct event *one = *(struct event *const *)a, *other = *(struct event *const *)b;

	return (one->first_time > other->first_time) - (one->first_time < other->first_time);
}

/* Merge sort by insertion from the back: events nearly are in order, and equal ones stay as they
 * came. */
static void sort_events(GPtrArray *events)
{
	for (unsigned i = 1; i < events->len; i++) {
		for (unsigned j = i;
		     j > 0 && by_first_time(&events->pdata[j - 1], &events->pdata[j]) > 0; j--) {
			void *swap = events->pdata[j];

			events->pdata[j] = events->pdata[j - 1];
			events->pdata[j - 1] = swap;
		}
	}
}

/* Names of the pods in the endpoints now, in order of creation. */
static void list_members(struct recorder *recorder, struct run_service *service)
{
	g_autofree char *key = record_key(service->namespace, service->name);
	const struct service_record *record = g_hash_table_lookup(recorder->services, key);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const GPtrArray *pods = recorder->run->pods;

	for (unsigned i = 0; i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];

		if (record && g_hash_table_contains(record->members, pod->uid)) {
			g_ptr_array_add(names, g_strdup(pod->name));
		}
	}
	g_ptr_array_add(names, NULL);
	service->last = (char **)g_ptr_array_steal(names, NULL);
}

static void free_recorder(struct recorder *recorder)
{
	simulation_cancel(recorder->sim, &recorder->tick);
	usage_registry_unlisten(recorder->usage, &recorder->listener);
	g_hash_table_unref(recorder->sources);
	g_hash_table_unref(recorder->pods);
	g_hash_table_unref(recorder->pods_by_name);
	g_hash_table_unref(recorder->replica_sets);
	g_hash_table_unref(recorder->services);
	g_hash_table_unref(recorder->events);
	g_hash_table_unref(recorder->notes);
	g_queue_clear(&recorder->gone);
	g_array_unref(recorder->cuts);
	history_free(recorder->history);
	g_free(recorder);
}

struct run *recorder_finish(struct recorder *recorder)
{
	struct run *run = recorder->run;

	run->to = simulation_now(recorder->sim);
	recorder_sample(recorder);
	for (unsigned i = 0; i < run->pods->len; i++) {
		struct run_pod *pod = run->pods->pdata[i];

		recorder_finish_pod(recorder, recorder_pod(recorder, pod->uid));
		recorder_add_replica_seconds(run, pod);
	}
	for (unsigned i = 0; i < run->services->len; i++) {
		list_members(recorder, run->services->pdata[i]);
	}
	sort_events(run->events);
	run->statistics.events = simulation_events(recorder->sim);
	free_recorder(recorder);
	return run;
}
