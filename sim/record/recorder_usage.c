/* recorder_usage.c - reads the containers' counters and turns them into series and figures per pod.
 *
 * Counters are read every bin of the series, at every 15 s of the measure window and exactly at its
 * ends, and once more before a container's counters go with it. All figures come from differences
 * of counters, so how often they are read does not change them. */

#include "record/recorder_private.h"

#include <math.h>

#define PEAK_WIDTH (15 * SIM_SECOND) /* cpu_max is the highest mean over so long */

/* The part of [@from, @to) within the measure window, as a share of it. */
static double share_in_window(const struct run *run, sim_time from, sim_time to)
{
	const sim_time inside = MIN(to, run->measure_to) - MAX(from, run->measure_from);

	return inside <= 0 || to <= from ? 0 : (double)inside / (double)(to - from);
}

/* Closes the present 15 s of @record when @number is another. The last, shorter one of a window
 * counts only when it is the only one. */
static void turn_bin(struct pod_record *record, int64_t number)
{
	if (record->bin_number != number) {
		record->bin_max = MAX(record->bin_max, record->bin_cpu);
		record->bin_cpu = 0;
		record->bin_number = number;
	}
}

/* @cpu seconds were used from @from to @to, which no boundary of the 15 s divides. */
static void add_peak(const struct run *run, struct pod_record *record, sim_time from, sim_time to,
                     double cpu)
{
	const sim_time last_start =
	    run->measure_from + (run->measure_to - run->measure_from) / PEAK_WIDTH * PEAK_WIDTH;

	if (from < run->measure_from || to > run->measure_to || from >= last_start) {
		return;
	}
	turn_bin(record, (from - run->measure_from) / PEAK_WIDTH);
	record->bin_cpu += cpu / sim_time_to_seconds(PEAK_WIDTH);
}

/* The pod's containers together held @memory bytes and @connections at this reading, from @from on.
 */
static void add_levels(struct recorder *recorder, struct pod_record *record, sim_time from,
                       sim_time now, const struct usage_reading *usage,
                       const struct application_reading *app)
{
	struct run_pod *pod = record->pod;
	const double seconds = sim_time_to_seconds(now - from);
	const double memory = (double)usage->memory_bytes;
	const double share = share_in_window(recorder->run, from, now);

	binned_add(&record->memory, &recorder->grid, from, now, memory * seconds);
	binned_add(&record->connections, &recorder->grid, from, now, app->connections * seconds);
	record->window_memory += memory * seconds * share;
	if (record->memory_at != now) {
		record->memory_at = now;
		record->memory_now = 0;
	}
	record->memory_now += memory;
	if (now >= recorder->run->measure_from && now <= recorder->run->measure_to) {
		pod->memory_max = fmax(pod->memory_max, record->memory_now);
	}
}

/* Time in which any container of the pod ran: a second container does not count it twice. */
static void add_cover(struct recorder *recorder, struct pod_record *record, sim_time from,
                      sim_time now)
{
	from = MAX(from, record->covered_until);
	if (from >= now) {
		return;
	}
	binned_add(&record->seconds, &recorder->grid, from, now, sim_time_to_seconds(now - from));
	record->window_seconds +=
	    sim_time_to_seconds(now - from) * share_in_window(recorder->run, from, now);
	record->covered_until = now;
}

static struct source_record *source_of(struct recorder *recorder, struct usage_source *source,
                                       sim_time started_at)
{
	struct source_record *known = g_hash_table_lookup(recorder->sources, source);

	if (!known) {
		known = g_new0(struct source_record, 1);
		known->record = recorder_pod(recorder, source->pod_uid);
		known->at = MAX(started_at, recorder->grid.start);
		g_hash_table_insert(recorder->sources, source, known);
	}
	return known;
}

static void read_source(void *data, struct usage_source *source)
{
	struct recorder *recorder = data;
	const sim_time now = simulation_now(recorder->sim);
	struct usage_reading usage = {0};
	struct application_reading app = {0};

	source->read(source->self, now, &usage);
	if (source->read_application) {
		source->read_application(source->self, now, &app);
	}
	struct source_record *last = source_of(recorder, source, usage.started_at);
	struct pod_record *record = last->record;

	if (!record) {
		return;
	}
	const double cpu = usage.cpu_seconds - last->cpu_seconds;
	const double share = share_in_window(recorder->run, last->at, now);

	binned_add(&record->cpu, &recorder->grid, last->at, now, cpu);
	binned_add(&record->requests, &recorder->grid, last->at, now,
	           (double)(app.requests - last->requests));
	if (usage.waited_seconds > last->waited_seconds) {
		binned_add(&record->waited, &recorder->grid, last->at, now,
		           usage.waited_seconds - last->waited_seconds);
	}
	record->window_cpu += cpu * share;
	record->window_throttled += (usage.throttled_seconds - last->throttled_seconds) * share;
	add_peak(recorder->run, record, last->at, now, cpu);
	add_levels(recorder, record, last->at, now, &usage, &app);
	add_cover(recorder, record, last->at, now);
	record->pod->requests += app.requests - last->requests;
	record->pod->failures += app.errors - last->errors;
	record->pod->connections_opened += app.connections_opened - last->connections_opened;
	last->at = now;
	last->cpu_seconds = usage.cpu_seconds;
	last->throttled_seconds = usage.throttled_seconds;
	last->waited_seconds = usage.waited_seconds;
	last->requests = app.requests;
	last->errors = app.errors;
	last->connections_opened = app.connections_opened;
}

static void forget_source(void *data, struct usage_source *source)
{
	struct recorder *recorder = data;

	read_source(recorder, source);
	g_hash_table_remove(recorder->sources, source);
}

void recorder_sample(struct recorder *recorder)
{
	usage_registry_each(recorder->usage, read_source, recorder);
}

/* The next instant after @now at which the counters are to be read. */
static sim_time next_tick(const struct recorder *recorder, sim_time now)
{
	const struct run *run = recorder->run;
	const struct binned_grid *grid = &recorder->grid;
	sim_time next = grid->start + ((now - grid->start) / grid->width + 1) * grid->width;

	if (now < run->measure_from) {
		next = MIN(next, run->measure_from);
	} else if (now < run->measure_to) {
		const sim_time peak = (now - run->measure_from) / PEAK_WIDTH + 1;

		next = MIN(next, run->measure_from + peak * PEAK_WIDTH);
		next = MIN(next, run->measure_to);
	}
	return next;
}

static void tick(struct simulation *sim, void *data)
{
	struct recorder *recorder = data;

	recorder_sample(recorder);
	recorder->tick = simulation_schedule(sim, next_tick(recorder, simulation_now(sim)),
	                                     PHASE_OBSERVE, tick, recorder);
}

void recorder_start_sampling(struct recorder *recorder)
{
	recorder->listener = (struct usage_listener){.data = recorder, .removed = forget_source};
	usage_registry_listen(recorder->usage, &recorder->listener);
	recorder->tick =
	    simulation_schedule(recorder->sim, next_tick(recorder, simulation_now(recorder->sim)),
	                        PHASE_OBSERVE, tick, recorder);
}

void recorder_finish_pod(struct recorder *recorder, struct pod_record *record)
{
	struct run_pod *pod = record->pod;
	const double seconds = record->window_seconds;

	pod->cpu = binned_series(&record->cpu, &record->seconds, &recorder->grid);
	pod->memory = binned_series(&record->memory, &record->seconds, &recorder->grid);
	pod->request_rate = binned_series(&record->requests, &record->seconds, &recorder->grid);
	pod->connections = binned_series(&record->connections, &record->seconds, &recorder->grid);
	if (record->waited.amounts->len) {
		pod->waited = binned_series(&record->waited, &record->seconds, &recorder->grid);
	}
	pod->measured_seconds = seconds;
	if (seconds <= 0) {
		return;
	}
	turn_bin(record, -1);
	pod->cpu_mean = record->window_cpu / seconds;
	/* a pod that ran only for parts of 15 s has no peak of its own */
	pod->cpu_max = MAX(record->bin_max, pod->cpu_mean);
	pod->memory_mean = record->window_memory / seconds;
	pod->throttled = record->window_throttled / seconds;
}
