/* tables.h - the figures of a Run as tables: pods, endpoints, HPA decisions, load, replicas paid
 * for and serving.
 *
 * All append to a GString, at most TEXT_WIDTH wide, with a heading each; nothing when there is
 * nothing to show. */

#pragma once

#include "record/run.h"

/* One row a pod, as the incident's report had it: POD READY STATUS RESTARTS CPU MEMORY SERVING
 * REQUESTS. CPU and memory over the measure window, the rest at the end of the run. */
void tables_pods(const struct run *run, GString *out, bool colour);
/* Endpoints of each Service: how many, when, and who at the end. */
void tables_endpoints(const struct run *run, GString *out, bool colour);
/* Every decision of the HPAs with its arithmetic; those that hold for the same reason are put
 * together. */
void tables_hpas(const struct run *run, GString *out, bool colour);
/* Requests, failures by cause, rates and latencies of each load. */
void tables_load(const struct run *run, GString *out, bool colour);
/* Replica-seconds paid for against those that served. */
void tables_replicas(const struct run *run, GString *out, bool colour);

/* The mean over the measure window of pods of @deployment bound to a node, and of those in the
 * endpoints. */
double replicas_paid(const struct run *run, const struct run_deployment *deployment);
double replicas_serving(const struct run *run, const struct run_deployment *deployment);
