/* archive_schema.c - the tables of run.db. */

#include "record/archive_private.h"

const char archive_schema[] =
    "CREATE TABLE run(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE pods(pod INTEGER PRIMARY KEY, name TEXT, namespace TEXT, uid TEXT,"
    " replica_set TEXT, deployment TEXT, revision INTEGER, node TEXT, ip TEXT, application TEXT,"
    " created_at INTEGER, scheduled_at INTEGER, started_at INTEGER, ready_at INTEGER,"
    " deleted_at INTEGER, gone_at INTEGER, scheduling_message TEXT, requests INTEGER,"
    " failures INTEGER, connections_opened INTEGER, cpu_mean REAL, cpu_max REAL, memory_mean REAL,"
    " memory_max REAL, throttled REAL, measured_seconds REAL, listens_after REAL,"
    " pre_stop_at INTEGER, term_at INTEGER, cut_refused INTEGER, cut_unreachable INTEGER,"
    " cut_reset INTEGER, cut_first INTEGER, cut_last INTEGER);"
    "CREATE TABLE rules_left(pod INTEGER, node TEXT, at INTEGER);"
    "CREATE TABLE spans(pod INTEGER, kind TEXT, began INTEGER, ended INTEGER);"
    "CREATE TABLE restarts(pod INTEGER, at INTEGER, killed_at INTEGER, finished_at INTEGER,"
    " cause INTEGER, exit_code INTEGER, reason TEXT, container TEXT);"
    "CREATE TABLE probes(pod INTEGER, container TEXT, type TEXT, attempt INTEGER, first INTEGER,"
    " last INTEGER, count INTEGER, result TEXT, status INTEGER, message TEXT, port INTEGER,"
    " longest INTEGER, in_a_row INTEGER, threshold INTEGER);"
    "CREATE TABLE series(pod INTEGER, kind TEXT, start INTEGER, width INTEGER, bins INTEGER);"
    "CREATE TABLE bins(pod INTEGER, bin INTEGER, cpu REAL, memory REAL, request_rate REAL,"
    " connections REAL, waited REAL);"
    "CREATE TABLE loads(load INTEGER PRIMARY KEY, name TEXT, service TEXT, namespace TEXT,"
    " began INTEGER, ended INTEGER, all_running INTEGER, requests INTEGER, failures INTEGER,"
    " rps REAL, bin_width INTEGER, connections_opened INTEGER, users INTEGER, keep_alive INTEGER);"
    "CREATE TABLE outcomes(load INTEGER, outcome TEXT, requests INTEGER);"
    "CREATE TABLE load_steps(load INTEGER, step INTEGER, rps REAL, failures REAL, mean REAL,"
    " p50 REAL, p95 REAL, p99 REAL, PRIMARY KEY(load, step)) WITHOUT ROWID;"
    "CREATE TABLE latency(load INTEGER, quantile REAL, seconds REAL);"
    "CREATE TABLE latency_steps(load INTEGER, step INTEGER, requests INTEGER,"
    " PRIMARY KEY(load, step)) WITHOUT ROWID;"
    "CREATE TABLE latency_totals(load INTEGER PRIMARY KEY, steps INTEGER, sum_high INTEGER,"
    " sum_low INTEGER, least INTEGER, most INTEGER);"
    "CREATE TABLE services(service INTEGER PRIMARY KEY, name TEXT, namespace TEXT);"
    "CREATE TABLE endpoints(service INTEGER, kind TEXT, at INTEGER, value REAL);"
    "CREATE TABLE last_endpoints(service INTEGER, place INTEGER, pod TEXT);"
    "CREATE TABLE deployments(deployment INTEGER PRIMARY KEY, name TEXT, namespace TEXT, paid REAL,"
    " serving REAL, measured_paid REAL, measured_serving REAL);"
    "CREATE TABLE replicas(deployment INTEGER, kind TEXT, at INTEGER, value REAL);"
    "CREATE TABLE hpas(hpa INTEGER PRIMARY KEY, name TEXT, namespace TEXT, target TEXT, min "
    "INTEGER,"
    " max INTEGER, current INTEGER, desired INTEGER,"
    " thinned INTEGER);"
    "CREATE TABLE decisions(hpa INTEGER, decision INTEGER, at INTEGER, last INTEGER, count INTEGER,"
    " current INTEGER, desired INTEGER, rescaled INTEGER, reason TEXT, text TEXT, limited TEXT,"
    " explanation TEXT,"
    " PRIMARY KEY(hpa, decision)) WITHOUT ROWID;"
    "CREATE TABLE decision_metrics(hpa INTEGER, decision INTEGER, metric INTEGER, name TEXT,"
    " current REAL, target REAL, proposal INTEGER, valid INTEGER, ready_ratio REAL, ratio REAL,"
    " ready INTEGER, unready INTEGER, missing INTEGER, ignored INTEGER, text TEXT,"
    " PRIMARY KEY(hpa, decision, metric)) WITHOUT ROWID;"
    "CREATE TABLE hpa_metric(hpa INTEGER, at INTEGER, current REAL, target REAL);";

const char archive_schema_objects[] =
    "CREATE TABLE specs(spec INTEGER PRIMARY KEY, text TEXT);"
    "CREATE TABLE object_versions(version INTEGER PRIMARY KEY, at INTEGER, change TEXT, kind TEXT,"
    " namespace TEXT, name TEXT, uid TEXT, resource_version INTEGER, spec INTEGER, object TEXT);"
    "CREATE VIEW versions AS SELECT version, at, change, kind, namespace, name, uid,"
    " resource_version, CASE WHEN spec IS NULL THEN object"
    " ELSE json_replace(object, '$.spec', json(text)) END AS object"
    " FROM object_versions LEFT JOIN specs USING(spec);"
    "CREATE TABLE events(event INTEGER PRIMARY KEY, first_at INTEGER, last_at INTEGER,"
    " count INTEGER, type TEXT, reason TEXT, regarding_kind TEXT, regarding_name TEXT, source TEXT,"
    " message TEXT);"
    "CREATE TABLE folded(folded INTEGER PRIMARY KEY, namespace TEXT, deployment TEXT,"
    " replica_set TEXT, revision INTEGER, pods INTEGER, first_gone INTEGER, last_gone INTEGER, "
    "versions INTEGER,"
    " requests INTEGER, failures INTEGER, never_ready INTEGER);"
    "CREATE TABLE folded_figures(folded INTEGER, figure TEXT, pods INTEGER, sum REAL,"
    " squares REAL, least REAL, most REAL);"
    "CREATE TABLE folded_containers(folded INTEGER, container INTEGER, name TEXT,"
    " restarts INTEGER, last_restart INTEGER);"
    "CREATE TABLE folded_probes(folded INTEGER, container INTEGER, type INTEGER, result INTEGER,"
    " probes INTEGER);"
    "CREATE TABLE folded_events(folded INTEGER, type TEXT, reason TEXT, events INTEGER);"
    "CREATE TABLE notes(note INTEGER PRIMARY KEY, at INTEGER, last INTEGER, count INTEGER,"
    " kind TEXT, object TEXT, text TEXT);";

const char *const archive_span_kinds[ARCHIVE_SPANS] = {"ready", "running", "backoff", "serving",
                                                       "in_endpoints"};
const char *const archive_series_kinds[ARCHIVE_SERIES] = {"cpu", "memory", "request_rate",
                                                          "connections", "waited"};
const char *const archive_replica_kinds[ARCHIVE_REPLICAS] = {"desired", "current", "ready",
                                                             "available", "updated"};
const char *const archive_figure_names[ARCHIVE_FIGURES] = {"time_to_ready", "cpu_mean", "cpu_max",
                                                           "memory_mean", "memory_max"};
const char *const archive_changes[] = {"added", "modified", "deleted"};
const char *const archive_results[] = {"success", "failure", "error"};
const char *const archive_notes[] = {"rollout", "scheduling", "endpoints", "action"};

void archive_spans(struct run_pod *pod, GArray *spans[ARCHIVE_SPANS])
{
	spans[0] = pod->ready;
	spans[1] = pod->running;
	spans[2] = pod->backoff;
	spans[3] = pod->serving;
	spans[4] = pod->in_endpoints;
}

void archive_series(struct run_pod *pod, struct series *series[ARCHIVE_SERIES])
{
	series[0] = &pod->cpu;
	series[1] = &pod->memory;
	series[2] = &pod->request_rate;
	series[3] = &pod->connections;
	series[4] = &pod->waited;
}

void archive_replicas(struct run_deployment *deployment, GArray *steps[ARCHIVE_REPLICAS])
{
	steps[0] = deployment->desired;
	steps[1] = deployment->current;
	steps[2] = deployment->ready;
	steps[3] = deployment->available;
	steps[4] = deployment->updated;
}

void archive_figures(struct run_folded *folded, struct run_figure *figures[ARCHIVE_FIGURES])
{
	figures[0] = &folded->time_to_ready;
	figures[1] = &folded->cpu_mean;
	figures[2] = &folded->cpu_max;
	figures[3] = &folded->memory_mean;
	figures[4] = &folded->memory_max;
}
