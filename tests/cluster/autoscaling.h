/* autoscaling.h - a Deployment "web" with pods that use what a test says, for tests of what the
 * autoscaler sees and does. No kubelet and no Deployment controller: pods come and go by hand. */

#pragma once

#include "cluster/environment.h"
#include "kube/service.h"
#include "kube/workload.h"
#include "node/usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct workload { /* one attempt of the container of one pod */
	struct usage_source *source;
	struct simulation *sim;
	sim_time started_at;
	double cores; /* from now on */
	double burnt; /* seconds, up to `since` */
	sim_time since;
	int64_t memory;
	struct application_reading application; /* what it shows of itself */
	double request_rate;                    /* adds to `requests`, a second since its start */
	GArray *read_at;                        /* sim_time of each reading of CPU */
};

struct autoscaling {
	struct simulation *sim;
	struct store *store;
	struct release release;
	struct trace trace;
	struct cluster_environment environment;
	struct usage_registry *usage;
	GPtrArray *workloads;                /* struct workload *, owned */
	GArray *looks;                       /* sim_time of each HPA trace */
	int32_t last_current, last_replicas; /* of the last one */
};

void autoscaling_begin(struct autoscaling *world, const char *version);
/* After everything that watches the store or follows the usage was freed. */
void autoscaling_end(struct autoscaling *world);
void autoscaling_run(struct autoscaling *world, double until_seconds);

void autoscaling_add_deployment(struct autoscaling *world, const char *name, int32_t replicas);
const struct deployment *autoscaling_deployment(const struct autoscaling *world, const char *name);
/* An HPA @name on Deployment @target: cpu at 50 %, 1 to 10 replicas. */
void autoscaling_add_hpa(struct autoscaling *world, const char *name, const char *target);
const struct hpa *autoscaling_hpa(const struct autoscaling *world, const char *name);

/* A running, ready pod with label app=@app and one container that asks for 100m and uses @cores. */
struct workload *autoscaling_add_pod(struct autoscaling *world, const char *app, const char *name,
                                     double cores);
/* A further container of the pod, or a new attempt of one that ended. */
struct workload *autoscaling_start(struct autoscaling *world, const char *pod,
                                   const char *container, double cores);
/* The container ends. */
void autoscaling_stop(struct autoscaling *world, struct workload *workload);
void workload_set_cores(struct workload *workload, double cores);

/* Messages of the Events with @reason, a line each. To be freed. */
char *autoscaling_events(const struct autoscaling *world, const char *reason);
