/* diagnosis_private.h - what the rules of the diagnosis share. */

#pragma once

#include "report/diagnosis.h"
#include "report/text.h"

struct diagnosis {
	const struct run *run;
	GPtrArray *findings;
	GPtrArray *services; /* struct object *, borrowed: of run->services each as it was in the end;
	                      * NULL: none was left */
};

/* --- findings (finding.c) --- */
/* A new finding of @rule about "@kind/@name", appended to the diagnosis, which owns it. */
struct finding *finding_new(struct diagnosis *d, const char *rule, enum severity severity,
                            const char *kind, const char *name, sim_time since);
void finding_message(struct finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
void finding_chain(struct finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
void finding_exclude(struct finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
void finding_free(void *finding);
/* "sfvsn and mql9h" of @pods: the last part of each name. */
char *pods_text(const GPtrArray *pods);
/* "replica" or "replicas", with the verb that follows: pods_are(1) is "is". */
const char *pods_are(const GPtrArray *pods);

/* --- evidence (evidence.c) --- */
/* "/healthz, /ready and /predict". */
char *routes_text(const struct application *application);
/* The route most like @path, or NULL. */
const char *nearest_route(const struct application *application, const char *path);
bool serves_path(const struct application *application, const char *path);
/* Seconds after a container start from which @path answers as modelled (port bound, dependencies
 * there), by means; NaN: not served. */
double served_after(const struct application *application, const char *path);
/* "GET :8000/health", "tcp :8000", ...; caller frees. */
char *handler_text(const struct handler *handler, int port);
/* "web.yaml:12:3"; NULL when there is no place. */
char *place_text(struct doc_location where);
const struct probe *pod_probe(const struct run_pod *pod, const char *container,
                              enum probe_type type);
/* The container that the application models, else the first. */
const struct container *pod_container(const struct run *run, const struct run_pod *pod);
/* How long @pod was there, bound or not. */
sim_time pod_age(const struct run *run, const struct run_pod *pod);
/* How long a replica may take from its start to Ready if its probes succeed at once, and a
 * margin. */
sim_time start_budget(const struct run *run, const struct run_pod *pod);
/* The Service whose selector matches @pod; NULL: none. */
const struct run_service *service_of_pod(const struct diagnosis *d, const struct run_pod *pod);
const struct run_hpa *hpa_of_deployment(const struct run *run, const char *namespace,
                                        const char *deployment);
/* Requests of all loads on @service that ran at some time between @from and @to. */
uint64_t service_requests(const struct run *run, const struct run_service *service, sim_time from,
                          sim_time to);
/* Requests (milli) of pods bound to @node at @at, @pod left out. */
int64_t requested_on_node(const struct run *run, const char *node, const char *resource,
                          sim_time at, const struct run_pod *pod);

/* --- the race at SIGTERM (diagnosis_stopping.c) --- */
/* Connections that @pod did not take from its SIGTERM on. */
uint64_t cut_connections(const struct run_pod *pod);
/* Whether an action of the timeline, not the application, ended the container. */
bool killed_by_action(const struct run *run, const struct run_restart *restart);
/* When the last node's rules let go of @pod; SIM_NEVER: not yet. */
sim_time left_rules_at(const struct run_pod *pod);
/* "of node-1 at 40.55s and of node-2 at 40.60s"; empty: not yet. */
char *left_rules_text(const struct run_pod *pod);
/* "12 connections (12 refused)". */
char *cut_text(const struct run_pod *pod);

/* What the run rules out for the pods of @finding, beside @rule's own cause. */
enum rival {
	RIVAL_SCHEDULING = 1,
	RIVAL_MEMORY = 2,
	RIVAL_CPU = 4,
	RIVAL_SELECTOR = 8,
	RIVAL_START = 16,
	RIVAL_CRASH = 32,
	RIVAL_TIMING = 64,
};
void exclude_rivals(const struct diagnosis *d, struct finding *finding, unsigned rivals);

/* --- rules --- */
void diagnose_probes(struct diagnosis *d);
void diagnose_pods(struct diagnosis *d);
void diagnose_traffic(struct diagnosis *d);
/* Part of it: replicas without CPU to spare. */
void diagnose_cpu(struct diagnosis *d);
void diagnose_stopping(struct diagnosis *d);
void diagnose_scaling(struct diagnosis *d);
/* Whether @pod already belongs to a finding of SEVERITY_ERROR. */
bool is_explained(const struct diagnosis *d, const struct run_pod *pod);
/* The finding of @rule about the same ReplicaSet as @pod (or @pod itself), to which @pod is added;
 * NULL: none yet. */
struct finding *finding_of_kin(const struct diagnosis *d, const char *rule,
                               const struct run_pod *pod);
