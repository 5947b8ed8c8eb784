/* summary.c - summary.json, pods.csv and events.jsonl. */

#include "report/summary.h"
#include "record/run_folded.h"
#include "record/run_thin.h"

#include "kube/codec.h"
#include "report/pod_status.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

void doc_set_figure(struct doc *map, const char *key, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	/* what lies beyond 12 digits is rounding of sums, not information */
	g_ascii_formatd(text, sizeof(text), "%.12g", value);
	doc_set(map, key,
	        isfinite(value) ? doc_new_float(g_ascii_strtod(text, NULL)) : doc_new_null());
}

void doc_set_instant(struct doc *map, const char *key, sim_time at)
{
	doc_set_figure(map, key, at == SIM_NEVER ? NAN : sim_time_to_seconds(at));
}

static void set_text(struct doc *map, const char *key, const char *text)
{
	doc_set(map, key, text ? doc_new_string(text) : doc_new_null());
}

static void set_count(struct doc *map, const char *key, uint64_t n)
{
	doc_set_int(map, key, (int64_t)n);
}

static struct doc *mean_and_max(double mean, double max)
{
	struct doc *map = doc_new_map();

	doc_set_figure(map, "mean", mean);
	doc_set_figure(map, "max", max);
	return map;
}

static struct doc *pod_document(const struct run_pod *pod)
{
	struct doc *map = doc_new_map();
	g_autofree char *status = pod_status_text(POD(pod->last));

	doc_set_string(map, "name", pod->name);
	set_text(map, "namespace", pod->namespace);
	set_text(map, "deployment", pod->deployment);
	set_text(map, "replicaSet", pod->replica_set);
	doc_set(map, "revision", pod->revision ? doc_new_int(pod->revision) : doc_new_null());
	set_text(map, "node", pod->node);
	doc_set_string(map, "phase", pod_phase_name(POD(pod->last)->phase));
	doc_set_string(map, "status", status);
	doc_set_bool(map, "ready", run_pod_is_ready(pod));
	doc_set_int(map, "restarts", run_pod_restarts(pod));
	doc_set_instant(map, "createdAt", pod->created_at);
	doc_set_instant(map, "scheduledAt", pod->scheduled_at);
	doc_set_instant(map, "readyAt", pod->ready_at);
	doc_set_instant(map, "deletedAt", pod->deleted_at);
	doc_set_instant(map, "goneAt", pod->gone_at);
	doc_set_bool(map, "inEndpoints", run_pod_is_in_endpoints(pod));
	set_count(map, "requests", pod->requests);
	set_count(map, "failures", pod->failures);
	set_count(map, "connectionsOpened", pod->connections_opened);
	doc_set(map, "cpu", mean_and_max(pod->cpu_mean, pod->cpu_max));
	doc_set(map, "memory", mean_and_max(pod->memory_mean, pod->memory_max));
	return map;
}

/* --- load --- */

static struct doc *latency_document(const struct histogram *latency)
{
	static const struct {
		const char *key;
		double quantile;
	} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}};
	const bool any = latency && histogram_count(latency);
	struct doc *map = doc_new_map();

	doc_set_figure(map, "mean", any ? histogram_mean(latency) / 1e9 : NAN);
	for (size_t i = 0; i < G_N_ELEMENTS(quantiles); i++) {
		doc_set_figure(map, quantiles[i].key,
		               any ? histogram_quantile(latency, quantiles[i].quantile) / 1e9
		                   : NAN);
	}
	doc_set_figure(map, "max", any ? sim_time_to_seconds(histogram_max(latency)) : NAN);
	return map;
}

static struct doc *causes_document(const uint64_t *outcomes)
{
	struct doc *map = doc_new_map();

	for (int i = REQUEST_OK + 1; i < REQUEST_OUTCOMES; i++) {
		set_count(map, request_outcome_name((enum request_outcome)i), outcomes[i]);
	}
	return map;
}

static struct doc *load_document(const struct run_load *load)
{
	struct doc *map = doc_new_map();

	doc_set_string(map, "name", load->name);
	set_text(map, "service", load->service);
	doc_set_instant(map, "from", load->from);
	doc_set_instant(map, "to", load->to);
	doc_set_instant(map, "allRunning", load->all_running);
	set_count(map, "requests", load->requests);
	set_count(map, "failures", load->failures);
	doc_set(map, "failuresByCause", causes_document(load->outcomes));
	doc_set_figure(map, "rps", load->rps);
	doc_set(map, "latency", latency_document(load->latency));
	set_count(map, "connectionsOpened", load->connections_opened);
	return map;
}

static struct doc *all_causes(const struct run *run)
{
	uint64_t outcomes[REQUEST_OUTCOMES] = {0};

	for (unsigned i = 0; i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];

		for (int k = 0; k < REQUEST_OUTCOMES; k++) {
			outcomes[k] += load->outcomes[k];
		}
	}
	return causes_document(outcomes);
}

/* --- Services, Deployments, HPAs --- */

static struct doc *service_document(const struct run_service *service)
{
	struct doc *map = doc_new_map(), *names = doc_new_list();

	doc_set_string(map, "name", service->name);
	set_text(map, "namespace", service->namespace);
	for (char **name = service->last; name && *name; name++) {
		doc_append(names, doc_new_string(*name));
	}
	doc_set(map, "endpoints", names);
	return map;
}

static struct doc *deployment_document(const struct run_deployment *deployment)
{
	struct doc *map = doc_new_map();
	const struct {
		const char *key;
		const GArray *steps;
	} numbers[] = {
	    {"replicas", deployment->desired},
	    {"currentReplicas", deployment->current},
	    {"updatedReplicas", deployment->updated},
	    {"readyReplicas", deployment->ready},
	    {"availableReplicas", deployment->available},
	};

	doc_set_string(map, "name", deployment->name);
	set_text(map, "namespace", deployment->namespace);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		doc_set_int(map, numbers[i].key, (int64_t)steps_at(numbers[i].steps, SIM_NEVER, 0));
	}
	return map;
}

static struct doc *replica_seconds(const struct run *run)
{
	struct doc *map = doc_new_map();

	for (unsigned i = 0; i < run->deployments->len; i++) {
		const struct run_deployment *deployment = run->deployments->pdata[i];
		struct doc *one = doc_new_map();

		doc_set_figure(one, "paid", deployment->paid);
		doc_set_figure(one, "serving", deployment->serving);
		doc_set(map, deployment->name, one);
	}
	return map;
}

static struct doc *hpa_document(const struct run_hpa *hpa)
{
	struct doc *map = doc_new_map();

	doc_set_string(map, "name", hpa->name);
	set_text(map, "namespace", hpa->namespace);
	set_text(map, "target", hpa->target);
	doc_set_int(map, "minReplicas", hpa->min);
	doc_set_int(map, "maxReplicas", hpa->max);
	doc_set_int(map, "currentReplicas", hpa->current);
	doc_set_int(map, "desiredReplicas", hpa->desired);
	if (hpa->thinned) {
		doc_set_int(map, "decisionsThinned", (int64_t)hpa->thinned);
	}
	return map;
}

/* --- findings and verdicts --- */

static struct doc *strings(const GPtrArray *texts)
{
	struct doc *list = doc_new_list();

	for (unsigned i = 0; i < texts->len; i++) {
		doc_append(list, doc_new_string(texts->pdata[i]));
	}
	return list;
}

static struct doc *finding_document(const struct finding *finding)
{
	struct doc *map = doc_new_map(), *pods = doc_new_list(), *place = NULL;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		doc_append(pods,
		           doc_new_string(((const struct run_pod *)finding->pods->pdata[i])->name));
	}
	if (finding->where.file) {
		place = doc_new_map();
		doc_set_string(place, "file", finding->where.file);
		doc_set_int(place, "line", finding->where.line);
		doc_set_int(place, "column", finding->where.column);
	}
	doc_set_string(map, "rule", finding->rule);
	doc_set_string(map, "severity", severity_name(finding->severity));
	doc_set_string(map, "object", finding->object);
	doc_set_string(map, "message", finding->message);
	doc_set_instant(map, "since", finding->since);
	doc_set(map, "place", place ? place : doc_new_null());
	doc_set(map, "pods", pods);
	doc_set(map, "chain", strings(finding->chain));
	doc_set(map, "excluded", strings(finding->excluded));
	return map;
}

/* The findings that are notes, or those that are not. */
static struct doc *findings_document(const GPtrArray *findings, bool notes)
{
	struct doc *list = doc_new_list();

	for (unsigned i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];

		if ((finding->severity == SEVERITY_NOTE) == notes) {
			doc_append(list, finding_document(finding));
		}
	}
	return list;
}

static struct doc *verdicts_document(const GPtrArray *verdicts)
{
	struct doc *list = doc_new_list();

	for (unsigned i = 0; verdicts && i < verdicts->len; i++) {
		const struct verdict *verdict = verdicts->pdata[i];
		struct doc *map = doc_new_map();

		doc_set_string(map, "line", verdict->expectation->line);
		doc_set_bool(map, "held", verdict->outcome == VERDICT_HELD);
		set_text(map, "seen", verdict->seen);
		set_text(map, "error", verdict->outcome == VERDICT_ERROR ? verdict->seen : NULL);
		doc_append(list, map);
	}
	return list;
}

static struct doc *folded_document(const struct run_folded *folded)
{
	struct doc *map = doc_new_map();
	uint64_t restarts = 0;

	for (unsigned i = 0; i < folded->containers->len; i++) {
		restarts +=
		    g_array_index(folded->containers, struct run_folded_container, i).restarts;
	}
	set_text(map, "deployment", folded->deployment);
	doc_set_string(map, "namespace", folded->namespace);
	doc_set_int(map, "revision", folded->revision);
	doc_set_int(map, "pods", (int64_t)folded->pods);
	doc_set_instant(map, "from", folded->first);
	doc_set_instant(map, "to", folded->last);
	doc_set_int(map, "requests", (int64_t)folded->requests);
	doc_set_int(map, "failures", (int64_t)folded->failures);
	doc_set_int(map, "restarts", (int64_t)restarts);
	doc_set_int(map, "versions", (int64_t)folded->versions);
	return map;
}

/* --- the whole --- */

#define LIST_OF(array, type, make)                                                                 \
	static struct doc *array##_documents(const struct run *run)                                \
	{                                                                                          \
		struct doc *list = doc_new_list();                                                 \
                                                                                                   \
		for (unsigned i = 0; i < run->array->len; i++) {                                   \
			doc_append(list, make((const struct type *)run->array->pdata[i]));         \
		}                                                                                  \
		return list;                                                                       \
	}

LIST_OF(pods, run_pod, pod_document)
LIST_OF(loads, run_load, load_document)
LIST_OF(services, run_service, service_document)
LIST_OF(deployments, run_deployment, deployment_document)
LIST_OF(hpas, run_hpa, hpa_document)
LIST_OF(folded, run_folded, folded_document)

struct doc *summary_document(const struct run *run, const GPtrArray *findings,
                             const GPtrArray *verdicts)
{
	struct doc *map = doc_new_map(), *measure = doc_new_map();

	doc_set_instant(measure, "from", run->measure_from);
	doc_set_instant(measure, "to", run->measure_to);
	doc_set_int(map, "schemaVersion", SUMMARY_SCHEMA_VERSION);
	doc_set_string(map, "podsimVersion", PODSIM_VERSION);
	set_text(map, "kubernetesVersion", run->scenario->version);
	set_text(map, "scenario", run->scenario->name);
	set_count(map, "seed", run->seed);
	doc_set_instant(map, "from", run->from);
	doc_set_instant(map, "to", run->to);
	doc_set_figure(map, "duration", sim_time_to_seconds(run->to - run->from));
	doc_set(map, "measure", measure);
	doc_set(map, "pods", pods_documents(run));
	if (run->notes_thinned) {
		doc_set_int(map, "notesThinned", (int64_t)run->notes_thinned);
	}
	if (thinned_items(run)) {
		doc_set_int(map, "itemsThinned", (int64_t)thinned_items(run));
	}
	if (run->folded->len) {
		doc_set(map, "podsInSums", folded_documents(run));
	}
	doc_set(map, "load", loads_documents(run));
	doc_set(map, "failuresByCause", all_causes(run));
	doc_set(map, "services", services_documents(run));
	doc_set(map, "deployments", deployments_documents(run));
	doc_set(map, "hpas", hpas_documents(run));
	doc_set(map, "replicaSeconds", replica_seconds(run));
	doc_set(map, "expect", verdicts_document(verdicts));
	doc_set(map, "findings", findings_document(findings, false));
	doc_set(map, "notes", findings_document(findings, true));
	return map;
}

char *summary_json(const struct run *run, const GPtrArray *findings, const GPtrArray *verdicts)
{
	g_autoptr(doc) document = summary_document(run, findings, verdicts);
	g_autofree char *text = doc_to_json(document, 2);

	return g_strdup_printf("%s%s", text, g_str_has_suffix(text, "\n") ? "" : "\n");
}

/* --- pods.csv --- */

/* A field, quoted when it must be. */
static void csv_text(GString *out, const char *text)
{
	if (!text) {
		return;
	}
	if (!strpbrk(text, ",\"\n\r")) {
		g_string_append(out, text);
		return;
	}
	g_string_append_c(out, '"');
	for (; *text; text++) {
		g_string_append(out, *text == '"' ? "\"\"" : "");
		if (*text != '"') {
			g_string_append_c(out, *text);
		}
	}
	g_string_append_c(out, '"');
}

static void csv_figure(GString *out, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append_c(out, ',');
	if (isfinite(value)) {
		g_string_append(out, g_ascii_formatd(text, sizeof(text), "%.12g", value));
	}
}

static void csv_instant(GString *out, sim_time at)
{
	csv_figure(out, at == SIM_NEVER ? NAN : sim_time_to_seconds(at));
}

static void csv_pod(GString *out, const struct run_pod *pod)
{
	const char *const texts[] = {pod->namespace, pod->deployment, pod->replica_set, pod->node,
	                             pod_phase_name(POD(pod->last)->phase)};

	csv_text(out, pod->name);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_string_append_c(out, ',');
		csv_text(out, texts[i]);
	}
	g_string_append_printf(out, ",%s,%u", run_pod_is_ready(pod) ? "true" : "false",
	                       run_pod_restarts(pod));
	csv_instant(out, pod->created_at);
	csv_instant(out, pod->ready_at);
	csv_instant(out, pod->deleted_at);
	g_string_append_printf(out, ",%s,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT,
	                       run_pod_is_in_endpoints(pod) ? "true" : "false", pod->requests,
	                       pod->failures);
	csv_figure(out, pod->cpu_mean);
	csv_figure(out, pod->cpu_max);
	csv_figure(out, pod->memory_mean);
	csv_figure(out, pod->memory_max);
	g_string_append_c(out, '\n');
}

char *summary_pods_csv(const struct run *run)
{
	GString *out = g_string_new(
	    "name,namespace,deployment,replicaSet,node,phase,ready,restarts,createdAt,readyAt,"
	    "deletedAt,inEndpoints,requests,failures,cpuMean,cpuMax,memoryMean,memoryMax\n");

	for (unsigned i = 0; i < run->pods->len; i++) {
		csv_pod(out, run->pods->pdata[i]);
	}
	return g_string_free(out, FALSE);
}

char *summary_events_jsonl(const struct run *run)
{
	GString *out = g_string_new(NULL);
	g_autoptr(doc_pool) pool = doc_pool_new();

	for (unsigned i = 0; i < run->events->len; i++) {
		doc_append_json(
		    out, object_encode_in(pool, run->events->pdata[i], run->scenario->clock_zero));
		g_string_append_c(out, '\n');
		doc_pool_empty(pool);
	}
	return g_string_free(out, FALSE);
}
