/* set.h - the objects that rules look at, as they are at one instant. Inside this folder only.
 *
 * Whatever makes pods from a template is a workload: Deployments and ReplicaSets, lone Pods, and of
 * the kinds that podsim only keeps those that have `spec.template` (StatefulSets, DaemonSets,
 * custom ones): these are read as the Deployment that has the same template. */

#pragma once

#include "check/check.h"
#include "kube/autoscaling.h"
#include "kube/service.h"
#include "kube/workload.h"

struct workload {
	struct object *object; /* a Deployment (also in place of other kinds), ReplicaSet or Pod */
	char *label;           /* "deployment/inference" */
	const char *kind;      /* interned, as written: "Deployment" */
	const char *name, *namespace;
	const struct deployment *deployment; /* NULL unless it really is one */
	const struct pod_spec *spec;
	const struct string_map *labels; /* of its pods */
	int32_t replicas;
	bool sized;                         /* its size is its own: no DaemonSet, no custom kind */
	bool replicas_written;              /* the user wrote spec.replicas */
	struct doc_location replicas_where; /* if so */
};

struct check_set {
	const struct scenario *scenario; /* NULL: manifests alone */
	struct release release;
	sim_time at, next;                 /* this state holds from `at` until `next` */
	GPtrArray *workloads;              /* struct workload * */
	GPtrArray *services, *hpas, *pdbs; /* struct object * */
	GPtrArray *nodes;                  /* struct node * */
	GPtrArray *documents;              /* const struct doc *, borrowed: all objects */
	bool has_operators; /* kinds that podsim does not know: somebody else may make pods */
	struct check_result *result;
	GHashTable *seen; /* findings and budgets by identity */
	unsigned state;   /* number of this state, from 0 */
};

/* --- set.c --- */
void set_init(struct check_set *set, const struct scenario *scenario, struct check_result *result);
void set_clear(struct check_set *set);
/* Forgets the objects, keeps what was found. */
void set_empty(struct check_set *set);
/* Adds the object that @live stands for. @written: as its user wrote it (may be @live). Faults go
 * to @faults. */
void set_add(struct check_set *set, const struct doc *live, const struct doc *written,
             const char *namespace, GPtrArray *faults);
/* The place of the innermost field on the way from @root that came from a file. */
struct doc_location place_of_field(const struct doc *root, ...) G_GNUC_NULL_TERMINATED;

/* --- questions that several rules ask (set.c) --- */
/* The HPA that scales @workload, NULL: none. */
const struct hpa *workload_hpa(const struct check_set *set, const struct workload *workload);
/* Least and most replicas: of its HPA, else its own number. */
void workload_range(const struct check_set *set, const struct workload *workload, int32_t *least,
                    int32_t *most);
bool hpa_targets(const struct hpa *hpa, const struct workload *workload);
/* A Service that selects the pods of @workload, NULL: none. */
const struct service *workload_service(const struct check_set *set,
                                       const struct workload *workload);
/* Whether the pods are reached through @service on @container: one of its target ports is there. */
bool service_reaches(const struct service *service, const struct workload *workload,
                     const struct container *container);
/* The model of @container, NULL: none or no scenario. */
const struct application *container_application(const struct check_set *set,
                                                const struct workload *workload,
                                                const struct container *container);
/* The container of the pod that serves @port (a number); @own when it may itself. NULL: none. */
const struct container *container_at_port(const struct workload *workload,
                                          const struct container *own, int port);

/* --- the families of rules, a file each --- */
void check_probes_served(struct check_set *set);
void check_probe_timing(struct check_set *set);
void check_dependencies(struct check_set *set);
void check_readiness(struct check_set *set);
void check_termination(struct check_set *set);
void check_hpas(struct check_set *set);
void check_services(struct check_set *set);
void check_capacity(struct check_set *set);
void check_budgets_of_disruption(struct check_set *set);
void check_unmodelled(struct check_set *set);
void compute_budgets(struct check_set *set);

/* --- rehearsal.c --- */
/* Looks at every state of the scenario's timeline. */
void rehearse_timeline(struct check_set *set);
void look_at_state(struct check_set *set);

/* --- finding.c --- */
/* A finding about @object at @where with @format as its message; one that was there in an earlier
 * state is found again, and told once. The result is to be completed with finding_reason and
 * friends (which do nothing for one that is complete). */
struct check_finding *found(struct check_set *set, const char *rule, enum check_severity severity,
                            const char *object, struct doc_location where, const char *format, ...)
    G_GNUC_PRINTF(6, 7);
void finding_why(struct check_finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
void finding_do(struct check_finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
void finding_costs(struct check_finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A budget, told once over all states; takes @budget. */
void add_budget(struct check_set *set, struct check_budget *budget);
/* What this state no longer has ends here. */
void end_of_state(struct check_set *set);
void check_result_init(struct check_result *result);
/* Puts everything into its order, and lists what could not be judged. */
void results_finish(struct check_set *set);

/* --- text.c: figures in sentences --- */
char *say_time(sim_time length);                /* "130 s", "0.5 s" */
char *say_span(const struct check_span *span);  /* "30 to 45 s" */
char *say_probe(const struct handler *handler); /* "GET /healthz on 8000" */
