/* run.c - making, finding and freeing the parts of a Run, and reading its steps, spans and series.
 */

#include "record/run_folded.h"

#include <math.h>
#include <string.h>

/* --- freeing --- */

static void restart_clear(void *data)
{
	struct run_restart *restart = data;

	g_free(restart->container);
}

static void left_clear(void *data)
{
	g_free(((struct run_left *)data)->node);
}

static void probes_clear(void *data)
{
	struct run_probes *probes = data;

	g_free(probes->container);
	g_free(probes->message);
}

static void series_clear(struct series *series)
{
	g_free(series->values);
}

void run_pod_free(void *data)
{
	struct run_pod *pod = data;

	if (!pod) {
		return;
	}
	g_free(pod->name);
	g_free(pod->namespace);
	g_free(pod->uid);
	g_free(pod->replica_set);
	g_free(pod->deployment);
	g_free(pod->node);
	g_free(pod->ip);
	if (pod->spec) {
		pod_spec_unref(pod->spec);
	}
	string_map_unref(pod->labels);
	g_free(pod->application);
	object_unref(pod->last);
	g_array_unref(pod->ready);
	g_array_unref(pod->running);
	g_array_unref(pod->backoff);
	g_array_unref(pod->serving);
	g_array_unref(pod->in_endpoints);
	g_array_unref(pod->restarts);
	g_array_unref(pod->probes);
	g_array_unref(pod->left);
	g_free(pod->scheduling_message);
	series_clear(&pod->cpu);
	series_clear(&pod->memory);
	series_clear(&pod->request_rate);
	series_clear(&pod->connections);
	series_clear(&pod->waited);
	g_free(pod);
}

static void load_record_free(void *data)
{
	struct run_load *load = data;

	g_free(load->name);
	g_free(load->service);
	g_free(load->namespace);
	if (load->latency) {
		histogram_free(load->latency);
	}
	g_free(load->steps);
	g_free(load);
}

static void service_free(void *data)
{
	struct run_service *service = data;

	g_free(service->name);
	g_free(service->namespace);
	g_array_unref(service->endpoints);
	g_array_unref(service->programmed);
	g_strfreev(service->last);
	g_free(service);
}

static void deployment_free(void *data)
{
	struct run_deployment *deployment = data;

	g_free(deployment->name);
	g_free(deployment->namespace);
	g_array_unref(deployment->desired);
	g_array_unref(deployment->current);
	g_array_unref(deployment->ready);
	g_array_unref(deployment->available);
	g_array_unref(deployment->updated);
	g_free(deployment);
}

void run_decision_clear(void *data)
{
	struct run_decision *decision = data;

	for (size_t i = 0; i < decision->n_metrics; i++) {
		g_free(decision->metrics[i].name);
		g_free(decision->metrics[i].text);
	}
	g_free(decision->metrics);
	g_free(decision->reason);
	g_free(decision->text);
	g_free(decision->explanation);
	g_free(decision->limit);
}

static void hpa_free(void *data)
{
	struct run_hpa *hpa = data;

	g_free(hpa->name);
	g_free(hpa->namespace);
	g_free(hpa->target);
	g_array_unref(hpa->decisions);
	g_free(hpa->metric);
	g_free(hpa);
}

void run_note_free(void *data)
{
	struct run_note *note = data;

	if (!note) {
		return;
	}
	g_free(note->object);
	g_free(note->text);
	g_free(note);
}

static void version_free(void *data)
{
	struct run_version *version = data;

	if (version) { /* the place of one that was dropped is empty */
		object_unref(version->object);
		g_free(version);
	}
}

static void event_unref(void *data)
{
	object_unref(data); /* NULL is fine */
}

void run_free(struct run *run)
{
	if (!run) {
		return;
	}
	g_ptr_array_unref(run->pods);
	g_ptr_array_unref(run->loads);
	g_ptr_array_unref(run->services);
	g_ptr_array_unref(run->deployments);
	g_ptr_array_unref(run->hpas);
	g_ptr_array_unref(run->events);
	g_ptr_array_unref(run->versions);
	g_ptr_array_unref(run->event_versions);
	g_ptr_array_unref(run->notes);
	g_ptr_array_unref(run->folded);
	scenario_free(run->own_scenario);
	g_free(run);
}

/* --- making --- */

struct run *run_new(const struct scenario *scenario)
{
	struct run *run = g_new0(struct run, 1);

	run->scenario = scenario;
	run->pods = g_ptr_array_new_with_free_func(run_pod_free);
	run->loads = g_ptr_array_new_with_free_func(load_record_free);
	run->services = g_ptr_array_new_with_free_func(service_free);
	run->deployments = g_ptr_array_new_with_free_func(deployment_free);
	run->hpas = g_ptr_array_new_with_free_func(hpa_free);
	run->events = g_ptr_array_new_with_free_func(event_unref);
	run->versions = g_ptr_array_new_with_free_func(version_free);
	run->event_versions = g_ptr_array_new_with_free_func(version_free);
	run->notes = g_ptr_array_new_with_free_func(run_note_free);
	run->folded = g_ptr_array_new_with_free_func(run_folded_free);
	return run;
}

static GArray *new_spans(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct span));
}

static GArray *new_steps(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct step));
}

struct run_pod *run_add_pod(struct run *run)
{
	struct run_pod *pod = g_new0(struct run_pod, 1);

	pod->created_at = pod->scheduled_at = pod->started_at = pod->ready_at = SIM_NEVER;
	pod->deleted_at = pod->gone_at = pod->pre_stop_at = pod->term_at = SIM_NEVER;
	pod->cut.first = pod->cut.last = SIM_NEVER;
	pod->left = g_array_new(FALSE, FALSE, sizeof(struct run_left));
	g_array_set_clear_func(pod->left, left_clear);
	pod->ready = new_spans();
	pod->running = new_spans();
	pod->backoff = new_spans();
	pod->serving = new_spans();
	pod->in_endpoints = new_spans();
	pod->restarts = g_array_new(FALSE, TRUE, sizeof(struct run_restart));
	g_array_set_clear_func(pod->restarts, restart_clear);
	pod->probes = g_array_new(FALSE, TRUE, sizeof(struct run_probes));
	g_array_set_clear_func(pod->probes, probes_clear);
	pod->cpu_mean = pod->cpu_max = pod->memory_mean = pod->memory_max = NAN;
	pod->throttled = pod->startup_listens_at = NAN;
	g_ptr_array_add(run->pods, pod);
	return pod;
}

struct run_load *run_add_load(struct run *run)
{
	struct run_load *load = g_new0(struct run_load, 1);

	g_ptr_array_add(run->loads, load);
	return load;
}

struct run_service *run_add_service(struct run *run)
{
	struct run_service *service = g_new0(struct run_service, 1);

	service->endpoints = new_steps();
	service->programmed = new_steps();
	g_ptr_array_add(run->services, service);
	return service;
}

struct run_deployment *run_add_deployment(struct run *run)
{
	struct run_deployment *deployment = g_new0(struct run_deployment, 1);

	deployment->desired = new_steps();
	deployment->current = new_steps();
	deployment->ready = new_steps();
	deployment->available = new_steps();
	deployment->updated = new_steps();
	g_ptr_array_add(run->deployments, deployment);
	return deployment;
}

struct run_hpa *run_add_hpa(struct run *run)
{
	struct run_hpa *hpa = g_new0(struct run_hpa, 1);

	hpa->decisions = g_array_new(FALSE, TRUE, sizeof(struct run_decision));
	g_array_set_clear_func(hpa->decisions, run_decision_clear);
	g_ptr_array_add(run->hpas, hpa);
	return hpa;
}

struct run_note *run_add_note(struct run *run)
{
	struct run_note *note = g_new0(struct run_note, 1);

	note->count = 1;
	g_ptr_array_add(run->notes, note);
	return note;
}

void run_add_version(struct run *run, sim_time at, enum change change, const struct object *object)
{
	struct run_version *version = g_new0(struct run_version, 1);

	version->at = at;
	version->change = change;
	version->object = object_ref(object);
	g_ptr_array_add(object->kind == KIND_EVENT ? run->event_versions : run->versions, version);
}

/* --- finding --- */

static bool fits(const char *wanted, const char *namespace)
{
	return !wanted || g_strcmp0(wanted, namespace) == 0;
}

/* The last item of @list, whose items have @name and @namespace at these offsets. */
static void *find(const GPtrArray *list, size_t name_at, size_t namespace_at, const char *namespace,
                  const char *name)
{
	for (unsigned i = list->len; i-- > 0;) {
		char *item = list->pdata[i];
		const char *own_name = *(char **)(void *)(item + name_at);
		const char *own_namespace = *(char **)(void *)(item + namespace_at);

		if (g_strcmp0(own_name, name) == 0 && fits(namespace, own_namespace)) {
			return item;
		}
	}
	return NULL;
}

struct run_pod *run_find_pod(const struct run *run, const char *namespace, const char *name)
{
	return find(run->pods, offsetof(struct run_pod, name), offsetof(struct run_pod, namespace),
	            namespace, name);
}

struct run_load *run_find_load(const struct run *run, const char *name)
{
	return find(run->loads, offsetof(struct run_load, name),
	            offsetof(struct run_load, namespace), NULL, name);
}

struct run_service *run_find_service(const struct run *run, const char *namespace, const char *name)
{
	return find(run->services, offsetof(struct run_service, name),
	            offsetof(struct run_service, namespace), namespace, name);
}

struct run_deployment *run_find_deployment(const struct run *run, const char *namespace,
                                           const char *name)
{
	return find(run->deployments, offsetof(struct run_deployment, name),
	            offsetof(struct run_deployment, namespace), namespace, name);
}

struct run_hpa *run_find_hpa(const struct run *run, const char *namespace, const char *name)
{
	return find(run->hpas, offsetof(struct run_hpa, name), offsetof(struct run_hpa, namespace),
	            namespace, name);
}

const struct object *run_object_at(const struct run *run, enum object_kind kind,
                                   const char *namespace, const char *name, sim_time at)
{
	const GPtrArray *versions = kind == KIND_EVENT ? run->event_versions : run->versions;

	for (unsigned i = versions->len; i-- > 0;) {
		const struct run_version *version = versions->pdata[i];
		const struct object *object = version->object;

		if (version->at <= at && object->kind == kind &&
		    g_strcmp0(object->meta.name, name) == 0 &&
		    fits(namespace, object->meta.namespace)) {
			return version->change == CHANGE_DELETED ? NULL : object;
		}
	}
	return NULL;
}

/* --- pods and loads --- */

bool run_pod_is_ready(const struct run_pod *pod)
{
	return pod->last && pod_is_ready(POD(pod->last));
}

bool run_pod_is_in_endpoints(const struct run_pod *pod)
{
	return spans_are_open(pod->in_endpoints);
}

uint32_t run_pod_restarts(const struct run_pod *pod)
{
	return pod->last ? pod_restarts(POD(pod->last)) : 0;
}

const struct load *run_load_model(const struct run *run, const struct run_load *load)
{
	for (size_t i = 0; i < run->scenario->n_loads; i++) {
		if (g_strcmp0(run->scenario->loads[i].name, load->name) == 0) {
			return &run->scenario->loads[i];
		}
	}
	return NULL;
}

const struct application *run_pod_application(const struct run *run, const struct run_pod *pod)
{
	for (size_t i = 0; i < run->scenario->n_applications; i++) {
		if (g_strcmp0(run->scenario->applications[i].name, pod->application) == 0) {
			return &run->scenario->applications[i];
		}
	}
	return NULL;
}

sim_time load_all_running_at(const struct load *load)
{
	if (load->users <= 0 || load->spawn_rate <= 0) {
		return load->from;
	}
	return load->from + (sim_time)((load->users - 1) / load->spawn_rate * (double)SIM_SECOND);
}

void scenario_measure_window(const struct scenario *scenario, sim_time *from, sim_time *to)
{
	*from = scenario->from;
	*to = scenario->to;
	if (scenario->has_measure) {
		*from = scenario->measure_from;
		*to = scenario->measure_to;
	} else if (scenario->n_loads) {
		*to = *from = load_all_running_at(&scenario->loads[0]);
		for (size_t i = 0; i < scenario->n_loads; i++) {
			const struct load *load = &scenario->loads[i];

			*from = MAX(*from, load_all_running_at(load));
			*to = MAX(*to, load->from + load->duration);
		}
	}
	*from = CLAMP(*from, scenario->from, scenario->to);
	*to = CLAMP(*to, *from, scenario->to);
}

/* --- steps --- */

void steps_set(GArray *steps, sim_time at, double value)
{
	struct step *last = steps->len ? &g_array_index(steps, struct step, steps->len - 1) : NULL;

	if (last && last->at == at) {
		last->value = value;
		if (steps->len > 1 && last[-1].value == value) {
			g_array_set_size(steps, steps->len - 1);
		}
	} else if (!last || last->value != value) {
		const struct step step = {.at = at, .value = value};

		g_array_append_val(steps, step);
	}
}

const struct step *steps_find(const GArray *steps, sim_time at)
{
	const struct step *found = NULL;

	for (unsigned i = 0; i < steps->len; i++) {
		const struct step *step = &g_array_index(steps, struct step, i);

		if (step->at > at) {
			break;
		}
		found = step;
	}
	return found;
}

double steps_at(const GArray *steps, sim_time at, double before)
{
	const struct step *step = steps_find(steps, at);

	return step ? step->value : before;
}

/* --- spans --- */

static struct span *last_span(const GArray *spans)
{
	return spans->len ? &g_array_index(spans, struct span, spans->len - 1) : NULL;
}

bool spans_are_open(const GArray *spans)
{
	const struct span *last = last_span(spans);

	return last && last->to == SIM_NEVER;
}

void spans_open(GArray *spans, sim_time at)
{
	struct span *last = last_span(spans);

	if (last && last->to == SIM_NEVER) {
		return;
	}
	if (last && last->to == at) {
		last->to = SIM_NEVER;
		return;
	}
	const struct span span = {.from = at, .to = SIM_NEVER};

	g_array_append_val(spans, span);
}

void spans_close(GArray *spans, sim_time at)
{
	struct span *last = last_span(spans);

	if (!last || last->to != SIM_NEVER) {
		return;
	}
	if (last->from == at) {
		g_array_set_size(spans, spans->len - 1);
	} else {
		last->to = at;
	}
}

bool spans_contain(const GArray *spans, sim_time at)
{
	for (unsigned i = 0; i < spans->len; i++) {
		const struct span *span = &g_array_index(spans, struct span, i);

		if (span->from <= at && at < span->to) {
			return true;
		}
	}
	return false;
}

sim_time spans_length(const GArray *spans, sim_time from, sim_time to)
{
	sim_time length = 0;

	for (unsigned i = 0; i < spans->len; i++) {
		const struct span *span = &g_array_index(spans, struct span, i);

		const sim_time within = MAX(0, MIN(span->to, to) - MAX(span->from, from));
		const sim_time whole = span->to - span->from;

		length +=
		    !span->gaps || !within ? within
		    : within == whole
			? whole - span->gaps
			: (sim_time)((double)within * (double)(whole - span->gaps) / (double)whole);
	}
	return length;
}

/* --- series --- */

double series_at(const struct series *series, sim_time at)
{
	if (!series->n || at < series->start) {
		return NAN;
	}
	const size_t i = (size_t)((at - series->start) / series->width);

	return i < series->n ? series->values[i] : NAN;
}

double series_mean(const struct series *series, sim_time from, sim_time to)
{
	double area = 0, length = 0;

	for (size_t i = 0; i < series->n; i++) {
		const sim_time start = series->start + (sim_time)i * series->width;
		const sim_time overlap = MIN(to, start + series->width) - MAX(from, start);

		if (overlap > 0 && !isnan(series->values[i])) {
			area += series->values[i] * (double)overlap;
			length += (double)overlap;
		}
	}
	return length > 0 ? area / length : NAN;
}

double series_max(const struct series *series, sim_time from, sim_time to)
{
	double max = NAN;

	for (size_t i = 0; i < series->n; i++) {
		const sim_time start = series->start + (sim_time)i * series->width;

		if (start < to && start + series->width > from && !isnan(series->values[i])) {
			max = isnan(max) ? series->values[i] : MAX(max, series->values[i]);
		}
	}
	return max;
}
