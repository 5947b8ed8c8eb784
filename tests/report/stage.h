/* stage.h - a stage on which a test plays the cluster: it says what happens when, and a real
 * recorder makes the Run.
 *
 * There is one node "n1" (16 CPU, 13.5Gi, 7Gi of it taken), a Deployment "inference" with a Service
 * and an HPA of that name, and two applications: inference-v1 (image inference:v1) and
 * inference-v2. */

#pragma once

#include "record/recorder.h"

struct stage;

enum stage_template { STAGE_OLD, STAGE_BAD, STAGE_FIXED };

struct stage *stage_new(void);
/* Ends the play at its `to` and hands the Run over, which lives as long as the stage. */
struct run *stage_finish(struct stage *stage);
void stage_free(struct stage *stage);
struct scenario *stage_scenario(struct stage *stage);

/* Lets time pass up to @seconds. */
void stage_at(struct stage *stage, double seconds);
void stage_action(struct stage *stage, const char *text);
/* The Deployment's numbers; created the first time. */
void stage_deployment(struct stage *stage, int desired, int current, int updated, int ready);
void stage_replica_set(struct stage *stage, const char *name, int revision);
void stage_service(struct stage *stage);
void stage_hpa(struct stage *stage, int min, int max);
/* One sync of the HPA: @used and @requested milli-cores of @ready pods, @unready others. */
void stage_hpa_sync(struct stage *stage, int current, int desired, int64_t used, int64_t requested,
                    int ready, int unready, const char *reason);

void stage_pod(struct stage *stage, const char *name, const char *replica_set,
               enum stage_template template);
void stage_bind(struct stage *stage, const char *name);
void stage_unschedulable(struct stage *stage, const char *name, const char *message);
/* A container attempt that uses @cores and answers @requests a second. */
void stage_start(struct stage *stage, const char *name, unsigned attempt, double cores);
void stage_serve(struct stage *stage, const char *name, double cores, double requests);
void stage_probe(struct stage *stage, const char *name, enum probe_type type, int status,
                 const char *message, int run);
void stage_kill(struct stage *stage, const char *name, int cause);
/* The container ends (with @reason) and the next attempt starts. */
void stage_restart(struct stage *stage, const char *name, int exit_code, const char *reason,
                   double cores);
void stage_ready(struct stage *stage, const char *name, bool ready);
void stage_delete(struct stage *stage, const char *name);
/* The pods in the EndpointSlice and in the proxy's rules; ends with NULL. */
void stage_endpoints(struct stage *stage, ...) G_GNUC_NULL_TERMINATED;
void stage_load(struct stage *stage, const char *name, double from, double to, int users,
                bool keep_alive, uint64_t requests, double mean_latency);

/* The incident from its first template change to the end of its load, 780 s. */
struct stage *stage_incident(void);
/* Four replicas that serve. */
struct stage *stage_fixed(void);
