/* run_folded.c - sums of pods. */

#include "record/run_folded.h"
#include "record/run_thin.h"

#include <math.h>

static void container_clear(void *data)
{
	g_free(((struct run_folded_container *)data)->name);
}

struct run_folded *run_add_folded(struct run *run)
{
	struct run_folded *folded = g_new0(struct run_folded, 1);

	folded->containers = g_array_new(FALSE, TRUE, sizeof(struct run_folded_container));
	g_array_set_clear_func(folded->containers, container_clear);
	folded->events = g_array_new(FALSE, TRUE, sizeof(struct run_folded_event));
	g_ptr_array_add(run->folded, folded);
	return folded;
}

void run_folded_free(void *data)
{
	struct run_folded *folded = data;

	g_free(folded->namespace);
	g_free(folded->deployment);
	g_free(folded->replica_set);
	g_array_unref(folded->containers);
	g_array_unref(folded->events);
	g_free(folded);
}

/* The sums that @pod belongs to. */
static struct run_folded *folded_of(struct run *run, const struct run_pod *pod)
{
	for (unsigned i = run->folded->len; i-- > 0;) {
		struct run_folded *folded = run->folded->pdata[i];

		if (g_strcmp0(folded->replica_set, pod->replica_set) == 0 &&
		    g_strcmp0(folded->deployment, pod->deployment) == 0 &&
		    g_strcmp0(folded->namespace, pod->namespace) == 0 &&
		    folded->revision == pod->revision) {
			return folded;
		}
	}
	struct run_folded *folded = run_add_folded(run);

	folded->namespace = g_strdup(pod->namespace);
	folded->deployment = g_strdup(pod->deployment);
	folded->replica_set = g_strdup(pod->replica_set);
	folded->revision = pod->revision;
	folded->first = pod->gone_at;
	return folded;
}

static void add_figure(struct run_figure *figure, double value)
{
	if (isnan(value)) {
		return;
	}
	figure->least = figure->n ? MIN(figure->least, value) : value;
	figure->most = figure->n ? MAX(figure->most, value) : value;
	figure->sum += value;
	figure->squares += value * value;
	figure->n++;
}

static struct run_folded_container *container_of(struct run_folded *folded, const char *name)
{
	for (unsigned i = 0; i < folded->containers->len; i++) {
		struct run_folded_container *known =
		    &g_array_index(folded->containers, struct run_folded_container, i);

		if (g_strcmp0(known->name, name) == 0) {
			return known;
		}
	}
	const struct run_folded_container fresh = {.name = g_strdup(name),
	                                           .last_restart = SIM_NEVER};

	g_array_append_val(folded->containers, fresh);
	return &g_array_index(folded->containers, struct run_folded_container,
	                      folded->containers->len - 1);
}

struct run_folded *run_fold_pod(struct run *run, const struct run_pod *pod)
{
	struct run_folded *folded = folded_of(run, pod);

	folded->pods++;
	folded->last = pod->gone_at;
	folded->requests += pod->requests;
	folded->failures += pod->failures;
	folded->never_ready += pod->ready_at == SIM_NEVER;
	add_figure(&folded->time_to_ready,
	           pod->ready_at == SIM_NEVER
	               ? NAN
	               : sim_time_to_seconds(pod->ready_at - pod->created_at));
	add_figure(&folded->cpu_mean, pod->cpu_mean);
	add_figure(&folded->cpu_max, pod->cpu_max);
	add_figure(&folded->memory_mean, pod->memory_mean);
	add_figure(&folded->memory_max, pod->memory_max);
	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *one = &g_array_index(pod->probes, struct run_probes, i);

		container_of(folded, one->container)->probes[one->type][one->result] += one->count;
	}
	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *one =
		    &g_array_index(pod->restarts, struct run_restart, i);
		struct run_folded_container *container = container_of(folded, one->container);

		if (one->at != SIM_NEVER) {
			container->restarts += 1 + one->more;
			container->last_restart = restart_last(one);
		}
	}
	return folded;
}

void run_folded_add_event(struct run_folded *folded, const struct event *event)
{
	for (unsigned i = 0; i < folded->events->len; i++) {
		struct run_folded_event *known =
		    &g_array_index(folded->events, struct run_folded_event, i);

		if (known->reason == event->reason && known->warning == event->warning) {
			known->count += event->count;
			return;
		}
	}
	const struct run_folded_event fresh = {event->reason, event->warning, event->count};

	g_array_append_val(folded->events, fresh);
}

uint64_t run_folded_pods(const struct run *run)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < run->folded->len; i++) {
		n += ((const struct run_folded *)run->folded->pdata[i])->pods;
	}
	return n;
}

void run_shorten(GPtrArray *list, unsigned length)
{
	for (unsigned i = length; i < list->len; i++) {
		list->pdata[i] = NULL; /* free functions of a run's lists take NULL */
	}
	g_ptr_array_set_size(list, (int)length);
}
