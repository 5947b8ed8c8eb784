/* archive.h - a Run in one SQLite file (run.db), for SQL, for `get --at`, and to be read back.
 *
 * The same Run gives the same bytes. Times are nanoseconds of simulated time, NULL for "did not happen"; CPU is in cores, memory
 * in bytes, latency in seconds. A number that is not defined (NaN) is NULL. Rows are in the order of struct run.
 *
 *   run(key, value)              schema_version, podsim_version, kubernetes_version, scenario, description, file, seed, from, to,
 *                                measure_from, measure_to, clock_zero (seconds since 1970 of simulated zero), notes_thinned
 *   pods(pod, name, namespace, uid, replica_set, deployment, revision, node, ip, application, created_at, scheduled_at,
 *        started_at, ready_at, deleted_at, gone_at, scheduling_message, requests, failures, connections_opened, cpu_mean, cpu_max,
 *        memory_mean, memory_max, throttled, measured_seconds, listens_after, pre_stop_at, term_at, cut_refused, cut_unreachable,
 *        cut_reset, cut_first, cut_last)
 *   rules_left(pod, node, at)
 *   spans(pod, kind, began, ended)          kind: ready, running, backoff, serving, in_endpoints
 *   restarts(pod, at, killed_at, finished_at, cause, exit_code, reason, container)
 *                                           cause: 0 by itself, 1 startup probe, 2 liveness probe
 *   probes(pod, container, type, attempt, first, last, count, result, status, message, port, longest, in_a_row, threshold)
 *                                           equal outcomes in a row; type: startup, readiness, liveness; result: success, failure,
 *                                           error
 *   series(pod, kind, start, width, bins)   kind: cpu, memory, request_rate, connections, waited (of pods that did)
 *   bins(pod, bin, cpu, memory, request_rate, connections, waited)   means of one bin
 *   loads(load, name, service, namespace, began, ended, all_running, requests, failures, rps, bin_width, connections_opened, users,
 *         keep_alive)
 *   outcomes(load, outcome, requests)       outcome: ok, 4xx, 5xx, refused, ...
 *   load_steps(load, step, rps, failures, mean, p50, p95, p99)
 *   latency(load, quantile, seconds)        of all requests of the load; quantile 0 to 1
 *   latency_steps(load, step, requests)     the histogram itself, and in
 *   latency_totals(load, steps, sum_high, sum_low, least, most)
 *   services(service, name, namespace)
 *   endpoints(service, kind, at, value)     kind: slices, programmed
 *   last_endpoints(service, place, pod)
 *   deployments(deployment, name, namespace, paid, serving, measured_paid, measured_serving)
 *   replicas(deployment, kind, at, value)   kind: desired, current, ready, available, updated
 *   hpas(hpa, name, namespace, target, min, max, current, desired, thinned)   thinned: decisions that are counted in others
 *   decisions(hpa, decision, at, last, count, current, desired, rescaled, reason, text, limited, explanation)
 *   decision_metrics(hpa, decision, metric, name, current, target, proposal, valid, ready_ratio, ratio, ready, unready, missing,
 *                    ignored, text)
 *   hpa_metric(hpa, at, current, target)
 *   versions(version, at, change, kind, namespace, name, uid, resource_version, object)
 *                                           a view; change: added, modified, deleted; object: as the API prints it, JSON
 *   object_versions(..., spec, object)      what it is made of: the same with a null in the place of the object's spec, and
 *   specs(spec, text)                       all that stood there, each once
 *   events(event, first_at, last_at, count, type, reason, regarding_kind, regarding_name, source, message)
 *   folded(folded, namespace, deployment, replica_set, revision, pods, first_gone, last_gone, versions, requests, failures,
 *          never_ready)
 *                                           pods that went long ago, in sums (recorder_fold.c)
 *   folded_figures(folded, figure, pods, sum, squares, least, most)
 *                                           figure: time_to_ready (seconds), cpu_mean, cpu_max, memory_mean, memory_max
 *   folded_containers(folded, container, name, restarts, last_restart)
 *   folded_probes(folded, container, type, result, probes)   0, 1, 2: as named under probes
 *   folded_events(folded, type, reason, events)
 *   thinned(list, owner, place, more, last, gaps, least, most, zero)
 *                                           only when lists were thinned (run_thin.h): the item number @place, from 0, of a list
 *                                           stands for as many more. list: restarts, probes, spans.ready ... of the pod @owner,
 *                                           endpoints.slices and .programmed of the Service, replicas.desired ... of the Deployment;
 *                                           last: start of the last restart; gaps: time within that is not of the span; least,
 *                                           most, zero: values of the step until the next, and for how long it was 0
 *   notes(note, at, last, count, kind, object, text)   kind: rollout, scheduling, endpoints, action */

#pragma once

#include "record/run.h"

#define ARCHIVE_SCHEMA_VERSION 2

#define ARCHIVE_ERROR (archive_error_quark())
GQuark archive_error_quark(void);
enum archive_error {
	ARCHIVE_ERROR_FILE,   /* cannot be written, or is not there */
	ARCHIVE_ERROR_SCHEMA, /* is no archive of a Run, or of another schema version */
};

/* Writes @run to @path, whole or not at all. */
bool archive_save(const struct run *run, const char *path, GError **error);

/* The Run of @path; run->scenario then has what the archive knows of it (name, file, version,
 * window, clock), nothing more. NULL and @error. */
struct run *archive_load(const char *path, GError **error);
