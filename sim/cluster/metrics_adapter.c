/* metrics_adapter.c - scrapes and answers. */

#include "cluster/metrics_adapter.h"

#include "cluster/metrics_adapter_series.h"
#include "engine/random.h"
#include "kube/service.h"

#include <math.h>

struct scraped { /* one metric and what was scraped for it */
	struct metrics_adapter *adapter;
	const struct adapter_metric *metric;
	GPtrArray *series;     /* struct adapter_series *, in order of first sight */
	GHashTable *by_source; /* struct usage_source * -> its series while it lives */
	sim_time first_scrape;
	event_id scrape;
};

struct metrics_adapter {
	struct cluster_environment environment;
	struct usage_registry *usage;
	struct usage_listener listener;
	struct scraped *scraped;
	size_t n_scraped;
};

/* --- scrapes --- */

static struct adapter_series *series_of(struct scraped *scraped, struct usage_source *source)
{
	struct adapter_series *series = g_hash_table_lookup(scraped->by_source, source);

	if (!series) {
		const struct object *pod = store_get(scraped->adapter->environment.store, KIND_POD,
		                                     source->namespace, source->pod);

		series = adapter_series_new(source->namespace, source->pod,
		                            pod ? pod->meta.labels : NULL);
		g_ptr_array_add(scraped->series, series);
		g_hash_table_insert(scraped->by_source, source, series);
	}
	return series;
}

static void scrape_source(void *data, struct usage_source *source)
{
	struct scraped *scraped = data;
	const struct adapter_metric *metric = scraped->metric;
	const sim_time now = simulation_now(scraped->adapter->environment.sim);
	struct application_reading reading = {0};

	if (!source->read_application || g_strcmp0(source->namespace, metric->namespace) != 0) {
		return;
	}
	source->read_application(source->self, now, &reading);
	adapter_series_add(series_of(scraped, source), now, &reading,
	                   metric->source == ADAPTER_LATENCY);
}

/* Drops what no window can reach any more, and series that have nothing left. */
static void trim(struct scraped *scraped, sim_time now)
{
	const struct adapter_metric *metric = scraped->metric;
	const sim_time before = now - metric->delay - metric->over - metric->scrape_interval;

	for (unsigned i = 0; i < scraped->series->len;) {
		struct adapter_series *series = scraped->series->pdata[i];

		adapter_series_trim(series, before);
		if (series->samples.length == 0) {
			g_ptr_array_remove_index(scraped->series, i);
		} else {
			i++;
		}
	}
}

/* Series whose container is gone are found out by the next scrape. */
static void note_gone(struct scraped *scraped, sim_time now)
{
	for (unsigned i = 0; i < scraped->series->len; i++) {
		struct adapter_series *series = scraped->series->pdata[i];
		const struct adapter_sample *newest = g_queue_peek_tail(&series->samples);

		if (series->gone_at == SIM_NEVER && newest->at < now) {
			series->gone_at = now;
		}
	}
}

static void scrape(struct simulation *sim, void *data)
{
	struct scraped *scraped = data;
	const sim_time now = simulation_now(sim);

	usage_registry_each(scraped->adapter->usage, scrape_source, scraped);
	note_gone(scraped, now);
	trim(scraped, now);
	scraped->scrape = simulation_schedule_after(sim, scraped->metric->scrape_interval,
	                                            PHASE_TICK, scrape, scraped);
}

static void lose(void *data, struct usage_source *source)
{
	struct metrics_adapter *adapter = data;

	for (size_t i = 0; i < adapter->n_scraped; i++) {
		g_hash_table_remove(adapter->scraped[i].by_source, source);
	}
}

/* --- values --- */

struct figures { /* of some series together */
	bool any;
	double gauge, rate, errors, ended;
	struct histogram *latencies;
};

static void add_windowed(const struct adapter_metric *metric, const struct adapter_series *series,
                         sim_time at, struct figures *figures)
{
	const struct adapter_window window = adapter_series_window(series, at, metric->over);
	const struct application_reading *first, *last;
	double errors, answered, rate;

	if (window.n < 2) {
		return;
	}
	first = &window.first->reading;
	last = &window.last->reading;
	adapter_window_rate(&window, (double)first->requests, (double)last->requests, &rate);
	adapter_window_rate(&window, (double)first->errors, (double)last->errors, &errors);
	adapter_window_rate(&window, (double)first->answered, (double)last->answered, &answered);
	figures->any = true;
	figures->rate += rate;
	figures->errors += errors;
	figures->ended += errors + answered;
	adapter_window_add_latencies(&window, &figures->latencies);
}

static void add_series(const struct adapter_metric *metric, const struct adapter_series *series,
                       sim_time at, struct figures *figures)
{
	if (metric->source != ADAPTER_IN_FLIGHT && metric->source != ADAPTER_QUEUE_LENGTH) {
		add_windowed(metric, series, at, figures);
		return;
	}
	const struct adapter_sample *sample = adapter_series_at(series, at);

	if (sample) {
		figures->any = true;
		figures->gauge += metric->source == ADAPTER_IN_FLIGHT ? sample->reading.in_flight
		                                                      : sample->reading.queued;
	}
}

/* What is not a number is served as 0. */
static double value_of(const struct adapter_metric *metric, const struct figures *figures)
{
	switch (metric->source) {
	case ADAPTER_IN_FLIGHT:
	case ADAPTER_QUEUE_LENGTH:
		return figures->gauge;
	case ADAPTER_RATE:
		return figures->rate;
	case ADAPTER_ERROR_RATE:
		return figures->ended > 0 ? figures->errors / figures->ended : 0;
	case ADAPTER_LATENCY:
		return figures->latencies
		           ? histogram_quantile(figures->latencies, metric->quantile) / 1e9
		           : 0;
	case ADAPTER_SERIES:
		break;
	}
	g_assert_not_reached();
}

static int64_t milli_of(double value)
{
	const double milli = trunc(value * 1000);

	if (milli >= 9223372036854775807.0) {
		return INT64_MAX;
	}
	return milli <= -9223372036854775808.0 ? INT64_MIN : (int64_t)milli;
}

/* The instant of the newest scrape that can be seen at @now; SIM_NEVER: none yet. */
static sim_time seen_scrape(const struct scraped *scraped, sim_time now)
{
	const sim_time at = now - scraped->metric->delay;

	if (at < scraped->first_scrape) {
		return SIM_NEVER;
	}
	return at - (at - scraped->first_scrape) % scraped->metric->scrape_interval;
}

/* The value of a series from outside; false before its first point. */
static bool outside_value(const struct scraped *scraped, sim_time now, double *value)
{
	const struct adapter_metric *metric = scraped->metric;
	const sim_time at = seen_scrape(scraped, now);
	bool found = false;

	for (size_t i = 0; at != SIM_NEVER && i < metric->n_points && metric->points[i].at <= at;
	     i++) {
		*value = metric->points[i].value;
		found = true;
	}
	return found;
}

static bool selects_all(const struct string_map *selector, const struct string_map *labels)
{
	for (size_t i = 0; i < string_map_size(selector); i++) {
		const char *value = string_map_get(labels, string_map_key_at(selector, i));

		if (g_strcmp0(value, string_map_value_at(selector, i)) != 0) {
			return false;
		}
	}
	return string_map_size(selector) > 0;
}

/* The value over all series, or those of pods that @selector picks; false when there is none. */
static bool total_value(const struct scraped *scraped, sim_time now,
                        const struct string_map *selector, struct adapter_value *answer)
{
	const sim_time at = now - scraped->metric->delay;
	struct figures figures = {0};
	double value = 0;

	if (scraped->metric->source == ADAPTER_SERIES) {
		figures.any = outside_value(scraped, now, &value);
	} else {
		for (unsigned i = 0; i < scraped->series->len; i++) {
			const struct adapter_series *series = scraped->series->pdata[i];

			if (!selector || selects_all(selector, series->labels)) {
				add_series(scraped->metric, series, at, &figures);
			}
		}
		value = value_of(scraped->metric, &figures);
	}
	histogram_free(figures.latencies);
	*answer = (struct adapter_value){.timestamp = now, .milli = milli_of(value)};
	return figures.any;
}

/* --- answers --- */

static const struct scraped *find_metric(const struct metrics_adapter *adapter,
                                         const char *namespace, const char *name,
                                         enum adapter_scope scope, const char *object)
{
	for (size_t i = 0; i < adapter->n_scraped; i++) {
		const struct adapter_metric *metric = adapter->scraped[i].metric;

		if (metric->scope == scope && g_str_equal(metric->name, name) &&
		    g_strcmp0(metric->namespace, namespace) == 0 &&
		    (!object || g_strcmp0(metric->object_name, object) == 0)) {
			return &adapter->scraped[i];
		}
	}
	return NULL;
}

static void clear_value(void *data)
{
	struct adapter_value *value = data;

	g_clear_pointer(&value->pod, g_ref_string_release);
}

static GArray *values_new(void)
{
	GArray *values = g_array_new(FALSE, FALSE, sizeof(struct adapter_value));

	g_array_set_clear_func(values, clear_value);
	return values;
}

/* The value of the pod that @from belongs to, from all its containers and attempts. */
static bool pod_value(const struct scraped *scraped, unsigned from, sim_time now,
                      struct adapter_value *answer)
{
	const struct adapter_series *pod = scraped->series->pdata[from];
	struct figures figures = {0};
	double value = 0;

	for (unsigned i = from; i < scraped->series->len; i++) {
		const struct adapter_series *series = scraped->series->pdata[i];

		if (g_str_equal(series->pod, pod->pod)) {
			add_series(scraped->metric, series, now - scraped->metric->delay, &figures);
		}
	}
	value = value_of(scraped->metric, &figures);
	histogram_free(figures.latencies);
	if (figures.any) {
		*answer = (struct adapter_value){.pod = g_ref_string_acquire(pod->pod),
		                                 .timestamp = now,
		                                 .milli = milli_of(value)};
	}
	return figures.any;
}

static void collect(void *data, const struct object *object)
{
	g_ptr_array_add(data, (gpointer)object);
}

/* A series from outside stands for every pod alike. */
static void add_pods_of_store(const struct scraped *scraped, sim_time now,
                              const struct label_selector *selector, GArray *values)
{
	double value;
	const struct store *store = scraped->adapter->environment.store;
	g_autoptr(GPtrArray) pods = g_ptr_array_new();

	if (!outside_value(scraped, now, &value)) {
		return;
	}
	store_each(store, KIND_POD, collect, pods);
	for (unsigned i = 0; i < pods->len; i++) {
		const struct object_meta *meta = &((const struct object *)pods->pdata[i])->meta;

		if (g_strcmp0(meta->namespace, scraped->metric->namespace) == 0 &&
		    label_selector_matches(selector, meta->labels)) {
			const struct adapter_value answer = {.pod =
			                                         g_ref_string_acquire(meta->name),
			                                     .timestamp = now,
			                                     .milli = milli_of(value)};

			g_array_append_val(values, answer);
		}
	}
}

GArray *metrics_adapter_pods(struct metrics_adapter *adapter, const char *namespace,
                             const char *name, const struct label_selector *selector,
                             char **failure)
{
	const struct scraped *scraped =
	    find_metric(adapter, namespace, name, ADAPTER_PER_POD, NULL);
	const sim_time now = simulation_now(adapter->environment.sim);
	g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
	GArray *values;

	if (!scraped) {
		*failure =
		    g_strdup_printf("the server could not find the metric %s for pods", name);
		return NULL;
	}
	values = values_new();
	if (scraped->metric->source == ADAPTER_SERIES) {
		add_pods_of_store(scraped, now, selector, values);
	}
	for (unsigned i = 0; i < scraped->series->len; i++) {
		const struct adapter_series *series = scraped->series->pdata[i];
		struct adapter_value value;

		if (label_selector_matches(selector, series->labels) &&
		    g_hash_table_add(done, series->pod) && pod_value(scraped, i, now, &value)) {
			g_array_append_val(values, value);
		}
	}
	return values;
}

bool metrics_adapter_object(struct metrics_adapter *adapter, const char *namespace,
                            const char *name, const struct object_reference *object,
                            struct adapter_value *value, char **failure)
{
	const struct scraped *scraped =
	    g_strcmp0(object->kind, "Service") == 0
		? find_metric(adapter, namespace, name, ADAPTER_PER_OBJECT, object->name)
		: NULL;
	const struct object *service =
	    store_get(adapter->environment.store, KIND_SERVICE, namespace, object->name);

	if (!scraped || !service ||
	    !total_value(scraped, simulation_now(adapter->environment.sim),
	                 SERVICE(service)->selector, value)) {
		g_autofree char *kind = g_ascii_strdown(object->kind, -1);

		*failure = g_strdup_printf("the server could not find the metric %s for %ss %s",
		                           name, kind, object->name);
		return false;
	}
	return true;
}

GArray *metrics_adapter_external(struct metrics_adapter *adapter, const char *namespace,
                                 const char *name, char **failure)
{
	const struct scraped *scraped =
	    find_metric(adapter, namespace, name, ADAPTER_EXTERNAL, NULL);
	struct adapter_value value;
	GArray *values;

	if (!scraped) {
		*failure = g_strdup("the server could not find the requested resource");
		return NULL;
	}
	values = values_new();
	if (total_value(scraped, simulation_now(adapter->environment.sim), NULL, &value)) {
		g_array_append_val(values, value);
	}
	return values;
}

/* --- life --- */

static void start(struct scraped *scraped, const struct adapter_metric *metric,
                  const struct random_stream *phases)
{
	struct simulation *sim = scraped->adapter->environment.sim;
	const double u = random_uniform(phases, g_str_hash(metric->name), 1);

	scraped->metric = metric;
	scraped->series = g_ptr_array_new_with_free_func((GDestroyNotify)adapter_series_free);
	scraped->by_source = g_hash_table_new(NULL, NULL);
	scraped->first_scrape =
	    simulation_now(sim) + (sim_time)(u * (double)metric->scrape_interval);
	if (metric->source != ADAPTER_SERIES) {
		scraped->scrape =
		    simulation_schedule(sim, scraped->first_scrape, PHASE_TICK, scrape, scraped);
	}
}

struct metrics_adapter *metrics_adapter_new(const struct cluster_environment *environment,
                                            const struct adapter_metric *metrics, size_t n_metrics,
                                            struct usage_registry *usage)
{
	struct metrics_adapter *adapter = g_new0(struct metrics_adapter, 1);
	const struct random_stream phases =
	    random_stream_of(simulation_seed(environment->sim), RANDOM_CONTROLLER);

	adapter->environment = *environment;
	adapter->usage = usage;
	adapter->scraped = g_new0(struct scraped, n_metrics);
	adapter->n_scraped = n_metrics;
	for (size_t i = 0; i < n_metrics; i++) {
		adapter->scraped[i].adapter = adapter;
		start(&adapter->scraped[i], &metrics[i], &phases);
	}
	adapter->listener = (struct usage_listener){.data = adapter, .removed = lose};
	usage_registry_listen(usage, &adapter->listener);
	return adapter;
}

void metrics_adapter_free(struct metrics_adapter *adapter)
{
	if (!adapter) {
		return;
	}
	usage_registry_unlisten(adapter->usage, &adapter->listener);
	for (size_t i = 0; i < adapter->n_scraped; i++) {
		simulation_cancel(adapter->environment.sim, &adapter->scraped[i].scrape);
		g_ptr_array_unref(adapter->scraped[i].series);
		g_hash_table_unref(adapter->scraped[i].by_source);
	}
	g_free(adapter->scraped);
	g_free(adapter);
}
