/* pod.h - Pods: the spec that a template gives them, and the status that the kubelet writes.
 *
 * The spec is immutable and shared between a template and all pods made from it. */

#pragma once

#include "kube/object.h"

/* --- resources --- */
struct resource_amount {
	const char *name; /* interned: "cpu", "memory", "pods", ... */
	int64_t milli;
};

struct resource_list { /* zeroed is empty */
	struct resource_amount *items;
	size_t n;
};

/* False (and *@milli 0) when @name is not in the list. */
bool resource_list_get(const struct resource_list *list, const char *name, int64_t *milli);
void resource_list_set(struct resource_list *list, const char *name, int64_t milli);
void resource_list_copy(struct resource_list *to, const struct resource_list *from);
void resource_list_clear(struct resource_list *list);

/* What a container was given; immutable, shared. */
struct resource_requirements {
	gint refs;
	struct resource_list requests, limits;
};

struct resource_requirements *resource_requirements_new(const struct resource_list *requests, const struct resource_list *limits);
struct resource_requirements *resource_requirements_ref(struct resource_requirements *r); /* NULL is fine, here and below */
void resource_requirements_unref(struct resource_requirements *r);
bool resource_requirements_equal(const struct resource_requirements *a, const struct resource_requirements *b);

/* --- probes and hooks --- */
enum handler_kind { HANDLER_NONE, HANDLER_HTTP_GET, HANDLER_TCP_SOCKET, HANDLER_GRPC, HANDLER_EXEC, HANDLER_SLEEP };

struct port_reference { /* number or name */
	int number;    /* 0: by name */
	char *name;
};

struct http_header {
	char *name, *value;
};

struct handler {
	enum handler_kind kind;
	struct port_reference port;   /* HTTP, TCP, gRPC */
	char *path;                   /* HTTP; may hold a query */
	char *host;                   /* HTTP, TCP; NULL: pod IP */
	bool https;                   /* HTTP */
	struct http_header *headers;  /* HTTP */
	size_t n_headers;
	char *service;                /* gRPC */
	GStrv command;                /* exec */
	int64_t sleep_seconds;        /* sleep (lifecycle only) */
	struct doc_location where;    /* of the handler's port or path, for diagnoses */
};

enum probe_type { PROBE_STARTUP, PROBE_READINESS, PROBE_LIVENESS, PROBE_TYPES };
const char *probe_type_name(enum probe_type type); /* "startup" */
const char *probe_type_title(enum probe_type type); /* "Startup" */

struct probe { /* defaults filled in */
	struct handler handler;
	int initial_delay_seconds;
	int timeout_seconds;
	int period_seconds;
	int success_threshold;
	int failure_threshold;
	int64_t termination_grace_period_seconds; /* -1: unset */
	struct doc_location where;                /* of the probe's map */
};

/* --- containers --- */
struct container_port {
	char *name; /* NULL: none */
	int number;
	const char *protocol; /* interned "TCP", "UDP", "SCTP" */
};

struct container {
	char *name;
	char *image;
	const char *image_pull_policy; /* interned */
	struct container_port *ports;
	size_t n_ports;
	struct resource_list requests, limits; /* missing requests default to the limits */
	struct probe *probes[PROBE_TYPES];     /* NULL: none */
	struct handler *pre_stop, *post_start; /* NULL: none */
	bool always_restarts;                  /* init containers: a sidecar */
	bool cpu_restarts, memory_restarts;    /* resizePolicy RestartContainer of either */
	struct doc_location where;
};

/* The number behind @reference in @container, 0 when the name is not there. */
int container_port_number(const struct container *container, const struct port_reference *reference);

enum restart_policy { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };

/* --- placement --- */
struct toleration {
	char *key; /* NULL with Exists: everything */
	bool exists; /* operator Exists, else Equal */
	char *value;
	const char *effect; /* interned; NULL: all */
};

struct node_selector_term {
	GPtrArray *expressions; /* struct selector_requirement *, plus Gt and Lt which podsim does not model */
	int weight;             /* of a preferred term, 1 to 100; 0: required */
};

struct affinity_term { /* of pods, by topology key */
	struct label_selector *selector;
	char *topology_key;
	int weight; /* 0: required */
};

struct spread_constraint {
	int max_skew;
	char *topology_key;
	bool required; /* DoNotSchedule */
	struct label_selector *selector;
};

struct pod_spec { /* immutable; shared */
	gint refs;
	struct container *containers;
	size_t n_containers;
	struct container *init_containers;
	size_t n_init_containers;
	enum restart_policy restart_policy;
	int64_t termination_grace_period_seconds;
	char *hostname, *subdomain;
	struct string_map *node_selector;
	GPtrArray *required_node_terms;        /* struct node_selector_term *, ORed; NULL: none */
	GPtrArray *preferred_node_terms;       /* struct node_selector_term *; NULL: none */
	GPtrArray *pod_affinity, *pod_anti_affinity; /* struct affinity_term * */
	GPtrArray *spread_constraints;         /* struct spread_constraint * */
	GPtrArray *tolerations;                /* struct toleration * */
	GPtrArray *readiness_gates;            /* char *: condition types */
	char *node_name;                       /* given by the user; NULL: by the scheduler */
	struct resource_list pod_requests, pod_limits; /* spec.resources of the pod itself */
	bool has_pod_resources;
	struct doc *source; /* as the API server would hold it, defaults filled in; never changed */
};

struct pod_spec *pod_spec_ref(struct pod_spec *spec);
void pod_spec_unref(struct pod_spec *spec);
const struct container *pod_spec_container(const struct pod_spec *spec, const char *name); /* NULL when absent */

/* What the scheduler counts for @resource: max of init containers and sum of main containers, sidecars added; pod-level
 * requests win. */
int64_t pod_spec_request(const struct pod_spec *spec, const char *resource);

/* The QoS class, which decides the pod's place among the cgroups of its node. */
enum pod_qos { QOS_GUARANTEED, QOS_BURSTABLE, QOS_BEST_EFFORT };
enum pod_qos pod_spec_qos(const struct pod_spec *spec);
const char *pod_qos_name(enum pod_qos qos); /* "Guaranteed" */

struct pod_template { /* of a Deployment or ReplicaSet */
	struct string_map *labels, *annotations;
	struct pod_spec *spec;
	struct doc *source; /* the template as written, defaults filled in: two templates are equal when these are */
};

void pod_template_copy(struct pod_template *to, const struct pod_template *from);
void pod_template_clear(struct pod_template *template);
/* Semantically equal, the label pod-template-hash left out. */
bool pod_template_equal(const struct pod_template *a, const struct pod_template *b);

/* --- status --- */
enum pod_phase { POD_PENDING, POD_RUNNING, POD_SUCCEEDED, POD_FAILED, POD_UNKNOWN };
const char *pod_phase_name(enum pod_phase phase);

enum container_state { CONTAINER_WAITING, CONTAINER_RUNNING, CONTAINER_TERMINATED };

struct container_end { /* a termination; valid when finished_at is set */
	int exit_code;
	const char *reason; /* interned: Completed, Error, OOMKilled */
	sim_time started_at, finished_at;
	uint32_t attempt;
};

struct container_status {
	enum container_state state;
	const char *waiting_reason; /* interned: ContainerCreating, CrashLoopBackOff, ... */
	GRefString *waiting_message;
	sim_time started_at;        /* whole seconds */
	struct container_end end;   /* of the present state when terminated */
	struct container_end last;  /* lastState; finished_at SIM_NEVER: none */
	bool ready, started;
	uint32_t restart_count;
	uint32_t attempt;           /* number of the container that `state` speaks of, from 0 */
	bool has_id;                /* a container was ever created */
	/* Told of a pod that was ever resized (resources, allocatedResources): what it has, and what the kubelet let it have. NULL:
	 * as the spec says */
	struct resource_requirements *actual, *allocated;
};

struct pod {
	struct object object;
	struct pod_spec *spec;
	GRefString *node_name; /* NULL: not bound */
	enum pod_phase phase;
	const char *reason;    /* interned; of the phase */
	GRefString *message;
	GRefString *pod_ip;    /* NULL: none yet */
	GRefString *host_ip;
	sim_time start_time;   /* when the kubelet saw it; whole seconds; SIM_NEVER: not yet */
	const char *resize;    /* interned; before 1.33: InProgress, Deferred, Infeasible; NULL: none */
	struct conditions conditions;
	struct container_status *containers;      /* as spec.containers */
	struct container_status *init_containers; /* as spec.init_containers */
};

/* A pod of @template with one status per container, Pending, not bound. */
struct pod *pod_new(const struct pod_template *template);
/* Gives @to, new and with containers of the same names, the node and the status of @from, as an update of the spec leaves them. */
void pod_carry_status(struct pod *to, const struct pod *from);
/* What the scheduler counts of a bound pod: as pod_spec_request(), but while it is resized the largest of what it wants, may have
 * and has, and what it wants only if the node could ever give it. */
int64_t pod_request(const struct pod *pod, const char *resource);
bool pod_is_ready(const struct pod *pod);
bool pod_is_terminating(const struct pod *pod);
bool pod_is_finished(const struct pod *pod); /* Succeeded or Failed */
/* Sum over main containers and sidecars (init containers while they still run). */
uint32_t pod_restarts(const struct pod *pod);
#define POD(o) ((struct pod *)(o))
