/* kubelet_internal.h - what the files of the kubelet share: its pods, their containers and workers.
 *
 * A container is known in three versions: as it is (truth), as the PLEG last published it (seen),
 * and as the sync under way found it (synced). Decisions use the latter two, never the truth. */

#pragma once

#include "cluster/kubelet.h"

#include "engine/random.h"
#include "rules/pod_status.h"
#include "rules/probe_message.h"
#include "rules/termination.h"
#include "store/event_recorder.h"

struct kubelet_pod;
struct node;
struct kubelet_container;

/* One container name of a pod through all its attempts. */
struct container_view {
	uint32_t attempts; /* made so far; the newest is number attempts - 1 */
	bool running;      /* the newest runs */
	sim_time started_at;
	struct container_end end;  /* of the newest, if it has ended */
	struct container_end last; /* of the one before; finished_at SIM_NEVER: none */
};

/* One attempt at the runtime; lives until it has ended, was replaced and owes no answer. */
struct kubelet_attempt {
	struct kubelet_container *container;
	uint32_t number;
	struct runtime_container *handle;
	unsigned in_flight; /* probes under way to it */
	bool termed;        /* SIGTERM was sent */
	bool exited;
	bool replaced;
};

/* A hook under way. The runtime cannot take it back, so it outlives those who no longer wait. */
struct hook_call {
	struct kubelet *kubelet;
	struct kubelet_container *container; /* NULL: nobody waits */
	void (*done)(struct kubelet_container *container, bool good);
	struct hook_call *previous, *next;
};

enum kill_stage {
	KILL_STAGE_NONE,
	KILL_STAGE_HOOK, /* preStop runs */
	KILL_STAGE_TURN, /* a sidecar waits for the containers that stop before it */
	KILL_STAGE_STOP, /* SIGTERM was sent */
};

struct probe_worker {
	struct kubelet_container *container;
	enum probe_type type;
	const struct probe *probe;
	int port;
	sim_time period;
	struct probe_state state;
	enum probe_result stored; /* for the container of state */
	event_id tick;
	bool asleep;                    /* before its first check */
	bool ticked;                    /* a tick came while an answer was awaited */
	bool triggered;                 /* a trigger did */
	bool ended;                     /* does nothing any more; its result is gone */
	struct kubelet_attempt *target; /* of the probe under way; NULL: none */
	sim_time sent_at;
	int tries;
	struct trace_memo memo; /* of who reads the trace */
};

struct kubelet_container {
	struct kubelet_pod *pod;
	const struct container *spec;
	size_t index; /* in its list of the spec */
	bool init, sidecar;
	char *field_path;
	struct container_status *status; /* in the pod's picture */

	struct kubelet_attempt *attempt; /* the newest; NULL: none yet */
	struct container_view truth;
	struct container_view settled; /* truth before the changes made at changed_at */
	sim_time changed_at;
	struct container_view seen, synced;

	struct back_off back_off;
	const char *waiting_reason; /* why the last start did not happen; NULL: it did */
	char *waiting_message;

	bool to_trigger;        /* its readiness worker, by the refresh under way */
	bool to_kill, to_start; /* plan of the sync under way */
	bool to_resize;         /* is killed for the sake of new resources */
	/* of a pod that was ever resized, else NULL: what it may have, and what it has */
	struct resource_requirements *allocated, *actual;
	enum probe_type killer; /* the probe that failed; PROBE_TYPES: none */
	sim_time pull_began;
	event_id start_event; /* image pull, then start of the container */
	struct hook_call *post_start;

	enum kill_stage kill_stage;
	bool kill_in_order;
	int64_t kill_grace;  /* seconds left when the stage began */
	sim_time kill_since; /* begin of the stage */
	event_id kill_timer;
	struct hook_call *pre_stop;

	struct probe_worker *workers[PROBE_TYPES];
};

enum pod_work {
	POD_WORK_SYNC,        /* is kept running */
	POD_WORK_TERMINATING, /* its containers are ended, nothing is restarted */
	POD_WORK_TERMINATED,  /* nothing runs any more */
};

struct kubelet_pod {
	struct kubelet *kubelet;
	struct kubelet_pod *previous, *next; /* in order of arrival */
	const struct object *object;         /* as last seen */
	const struct pod_spec *spec; /* as allocated: a resize that has to wait is in `object` only */
	struct kubelet_container *containers; /* main ones, then init containers */
	size_t n_containers;
	enum pod_work work;
	bool rejected; /* by admission */
	bool gone;     /* the object is no longer in the store */
	bool settled;  /* terminated, and nothing is left to do but to remove the object */
	bool leaving;  /* to be freed once no probe is under way */

	struct network_address address;
	char *ip;            /* NULL: none yet */
	sim_time sandbox_at; /* SIM_NEVER: none yet */
	bool sandbox_seen;

	/* the kubelet's own picture of the status */
	bool has_status;
	enum pod_phase phase;
	const char *reason;
	char *message;
	bool shows_ip;
	sim_time start_time;
	struct conditions conditions;
	struct container_status *statuses; /* as containers */
	event_id write_event;
	event_id remove_event;

	/* in-place resize */
	GPtrArray *former;        /* struct pod_spec * that were `spec` before; NULL: never resized */
	struct conditions resize; /* PodResizePending, PodResizeInProgress */
	bool resize_news;         /* to be written */
	bool resized;             /* in place, since the PLEG's last look */

	/* syncs */
	bool busy;          /* one is under way */
	bool wanted;        /* another is wanted after it */
	bool relisted;      /* on demand, since the last one */
	sim_time synced_at; /* end of the last one; INT64_MIN: none yet */
	event_id sync_event;
	event_id requeue_event;
	event_id relist_event; /* on demand */
	unsigned killing;      /* kills under way */
	bool kill_pod;         /* all at once */
	bool sync_started, sync_failed;
	sim_time retry_at; /* of a failed one */
	uint64_t draws;    /* of jitter so far */

	bool dirty; /* the PLEG has something to publish */
	struct kubelet_pod *next_dirty;
};

struct kubelet {
	struct cluster_environment environment;
	struct kubelet_config config;
	struct simulation *sim;
	enum phase phase; /* of the event that runs */
	struct event_recorder *recorder;
	struct random_stream resync, retry;
	GHashTable *by_uid; /* borrowed keys -> struct kubelet_pod * */
	struct kubelet_pod *first, *last;
	struct kubelet_pod *dirty;
	event_id relist_event;
	GHashTable *images; /* name -> sim_time: on the node from then on */
	struct hook_call *hooks;
};

static inline sim_time kubelet_now(const struct kubelet *kubelet)
{
	return simulation_now(kubelet->sim);
}

/* @t cut to the wall clock's second, as the API's timestamps are. */
static inline sim_time kubelet_whole_second(const struct kubelet *kubelet, sim_time t)
{
	sim_time fraction = kubelet->config.clock_fraction;

	return sim_time_floor_second(t + fraction) - fraction;
}

/* --- kubelet.c --- */
/* Forgets a pod of which nothing runs, as soon as no probe to it is under way. */
void kubelet_pod_free(struct kubelet_pod *pod);

/* --- kubelet_sync.c: when a pod is synced, and the course of a sync --- */
void kubelet_want_sync(struct kubelet_pod *pod);
/* The kills of the sync under way are done; or a start that took time is. */
void kubelet_sync_continue(struct kubelet_pod *pod);
/* Breaks off what the sync under way waits for: the pod is to end. */
void kubelet_sync_cancel(struct kubelet_pod *pod);
void kubelet_sync_end(struct kubelet_pod *pod);

/* What the pods that are here, @but left out, and those that nobody models, take of @resource. */
int64_t kubelet_taken(const struct kubelet *kubelet, const struct node *node, const char *resource,
                      const struct kubelet_pod *but);

/* --- kubelet_resize.c: resources that change --- */
/* Allocates what the pod wants, if there is room. */
void kubelet_resize_look(struct kubelet_pod *pod);
/* After the plan of a sync: gives running containers what is allocated, or has them restarted. */
void kubelet_resize_plan(struct kubelet_pod *pod);
/* @container was just started. */
void kubelet_resize_started(struct kubelet_container *container);
/* The node has more room than before. */
void kubelet_resize_retry(struct kubelet *kubelet);
/* Lets @to tell of it. */
void kubelet_resize_show(const struct kubelet_pod *pod, struct pod *to);
void kubelet_resize_clear(struct kubelet_pod *pod);

/* --- kubelet_actions.c: what a sync has to do --- */
void kubelet_plan(struct kubelet_pod *pod);

/* --- kubelet_container.c: starts --- */
/* True when it is done with (started or refused), false when kubelet_sync_continue() comes. */
bool kubelet_container_start(struct kubelet_container *container);
void kubelet_container_start_cancel(struct kubelet_container *container);
void kubelet_attempt_release(struct kubelet_attempt *attempt);

/* --- kubelet_hook.c --- */
struct hook_call *kubelet_hook_run(struct kubelet_container *container,
                                   const struct handler *handler,
                                   void (*done)(struct kubelet_container *container, bool good));
void kubelet_hook_abandon(struct hook_call **call);

/* --- kubelet_kill.c --- */
/* @message NULL: "Stopping container NAME". @cause: KILL_... of trace.h. */
void kubelet_container_kill(struct kubelet_container *container, const char *message, int cause,
                            bool in_order);
void kubelet_container_kill_ended(struct kubelet_container *container);
void kubelet_container_kill_cancel(struct kubelet_container *container);
void kubelet_container_kill_shorten(struct kubelet_container *container, int64_t grace);

/* --- kubelet_termination.c --- */
void kubelet_pod_terminate(struct kubelet_pod *pod); /* from now on */
void kubelet_terminating_sync(struct kubelet_pod *pod);
void kubelet_terminating_done(struct kubelet_pod *pod);
void kubelet_terminated_sync(struct kubelet_pod *pod);
void kubelet_pod_remove(struct kubelet_pod *pod); /* the object, once the status is written */

/* --- kubelet_pleg.c --- */
/* To be called before the truth of @container changes. */
void kubelet_container_changing(struct kubelet_container *container);
void kubelet_pod_changed(struct kubelet_pod *pod);
sim_time kubelet_last_relist(const struct kubelet *kubelet); /* at or before now */
void kubelet_relist_on_demand(struct kubelet_pod *pod);

/* --- kubelet_worker.c --- */
void kubelet_workers_add(struct kubelet_pod *pod);
void kubelet_worker_trigger(struct probe_worker *worker);
void kubelet_worker_end(struct probe_worker *worker);
void kubelet_worker_free(struct probe_worker *worker);
/* What is stored for attempt number @attempt. */
enum probe_result kubelet_worker_result(const struct kubelet_container *container,
                                        enum probe_type type, uint32_t attempt);
bool kubelet_has_worker(const struct kubelet_container *container, enum probe_type type);

/* --- kubelet_status.c --- */
/* Makes the status anew from what is seen, writes it if it changed, and triggers readiness workers
 * of containers that are started and not ready. */
void kubelet_status_refresh(struct kubelet_pod *pod, bool terminal);
void kubelet_status_set_ready(struct kubelet_container *container, uint32_t attempt, bool ready);
void kubelet_status_set_started(struct kubelet_container *container, uint32_t attempt,
                                bool started);
void kubelet_status_write(struct kubelet_pod *pod);
/* Makes the object carry what the picture holds, at once. */
void kubelet_status_flush(struct kubelet_pod *pod);

/* --- kubelet_events.c --- */
void kubelet_event(struct kubelet_container *container, bool warning, const char *reason,
                   const char *message);
void kubelet_event_created(struct kubelet_container *container);
void kubelet_event_back_off(struct kubelet_container *container);
struct container_trace kubelet_trace(const struct kubelet_container *container, int step);
void kubelet_trace_send(const struct kubelet *kubelet, const struct container_trace *record);
void kubelet_trace_step(const struct kubelet_container *container, int step, int cause);
