/* recorder_private.h - the recorder's own state, shared by its parts: objects, usage, traces. */

#pragma once

#include "record/binned.h"
#include "record/recorder.h"
#include "record/run_folded.h"
#include "record/run_thin.h"

struct pod_record { /* what a run_pod is made from */
	struct run_pod *pod;
	unsigned memberships;   /* EndpointSlices of all Services in which it is ready */
	sim_time covered_until; /* usage was read up to here */
	struct binned cpu, memory, requests, connections, waited, seconds;
	double window_cpu, window_memory, window_throttled,
	    window_seconds;      /* within the measure window */
	double bin_cpu, bin_max; /* of the present 15 s of the measure window, highest so far */
	int64_t bin_number;      /* of the present 15 s; -1: none yet */
	double memory_now, connections_now; /* sums over its containers at the present reading */
	sim_time memory_at;                 /* of that reading */
};

struct source_record { /* last reading of one container attempt */
	struct pod_record *record;
	sim_time at;
	double cpu_seconds, throttled_seconds, waited_seconds;
	uint64_t requests, errors, connections_opened;
};

struct replica_set_record {
	char *deployment; /* NULL: none */
	int64_t revision;
};

struct name_list { /* pods that a proxy's rules name; shared by the nodes that have the same */
	unsigned refs;
	uint64_t set;             /* as in struct endpoints_trace */
	GPtrArray *names;         /* char * */
	GHashTable *index;        /* the same as a set */
	GString *text;            /* ": a, b" */
	struct name_list *before; /* that it was last compared with; NULL: none */
	GPtrArray *gone;          /* names that are in that one only, borrowed from there */
};

struct service_record {
	struct run_service *service;
	GHashTable *members;          /* pod UID -> number of slices in which it is ready */
	struct name_list *programmed; /* pods in the clients' node's table; NULL: none yet */
	const char *node;             /* whose proxy table counts; NULL: any */
	GHashTable *rules;            /* node -> struct name_list * */
	struct name_list *names;      /* last that any node's rules named; NULL: none */
};

struct recorder {
	struct store *store;
	struct simulation *sim;
	struct usage_registry *usage;
	const struct scenario *scenario;
	struct run *run;
	struct trace trace;
	struct binned_grid grid;
	struct usage_listener listener;
	event_id tick;
	GHashTable *pods;         /* UID -> struct pod_record */
	GHashTable *pods_by_name; /* "namespace/name" -> struct run_pod *, the last of that name */
	GHashTable *sources;      /* struct usage_source * -> struct source_record */
	GHashTable *replica_sets; /* "namespace/name" -> struct replica_set_record */
	GHashTable *services;     /* "namespace/name" -> struct service_record */
	struct run_pod *cut_last; /* the pod that lost something last; NULL: none */
	GHashTable *events;       /* UID -> index in run->events, plus one */
	struct history *history;  /* of the versions kept */
	GHashTable *notes;        /* kind and object -> last struct run_note * about it */
	unsigned alive, most_alive; /* pods: now, at most until now */
	unsigned first_gone;        /* pods that are gone and stay in the run */
	GQueue gone;                /* struct pod_record *: those that went after them */
	unsigned fold_from;         /* pods in it at which folding is tried again */
	uint64_t folds;             /* times that pods were folded: then records of pods are gone */
	GArray *cuts;               /* thin_cuts() */
};

/* recorder.c: adds what @pod cost and served to its Deployment's replica-seconds. */
void recorder_add_replica_seconds(struct run *run, const struct run_pod *pod);

char *record_key(const char *namespace, const char *name);
/* The last pod of that name; NULL: none. */
struct run_pod *recorder_pod_named(const struct recorder *recorder, const char *namespace,
                                   const char *name);

/* recorder_objects.c */
void recorder_watch_objects(struct recorder *recorder);
struct pod_record *recorder_pod(struct recorder *recorder, const char *uid); /* NULL: not known */
void pod_record_free(void *record);
void replica_set_record_free(void *record);
void service_record_free(void *record);

/* recorder_usage.c */
void recorder_start_sampling(struct recorder *recorder);
/* Reads all counters now. */
void recorder_sample(struct recorder *recorder);
/* Turns what was read into the pod's series and figures. */
void recorder_finish_pod(struct recorder *recorder, struct pod_record *record);

/* recorder_traces.c */
void recorder_init_trace(struct recorder *recorder);
/* Appends a note, or counts the last one about @object again when it says the same. */
void recorder_note(struct recorder *recorder, int kind, const char *object, const char *text);

/* recorder_history.c: how many versions of an object are kept. */
struct history *history_new(struct run *run);
void history_free(struct history *history);
/* Keeps a version of @object as of @at. */
void history_add(struct history *history, sim_time at, enum change change,
                 const struct object *object);

/* Forgets @object, whose versions are no longer in the run. */
void history_forget(struct history *history, const struct object *object);

/* recorder_thin.c: after one more. */
void recorder_thin_decisions(struct run_hpa *hpa);
void recorder_thin_notes(struct recorder *recorder);
/* As spans_open() and steps_set(), for lists that are thinned when they get long. */
void recorder_open(struct recorder *recorder, GArray *spans, sim_time at);
void recorder_step(struct recorder *recorder, GArray *steps, sim_time at, double value);

/* recorder_fold.c */
void recorder_pod_comes(struct recorder *recorder);
/* @record's pod is gone; folds the pods that went long before it. */
void recorder_pod_goes(struct recorder *recorder, struct pod_record *record);

/* recorder_endpoints.c */
/* A struct trace's endpoints(). */
void recorder_see_endpoints(void *self, const struct endpoints_trace *t);
struct name_list *name_list_ref(struct name_list *list);
void name_list_unref(void *list); /* NULL is fine */
bool name_list_has(const struct name_list *list, const char *name);
/* Names in @before that are not in @list; until the next call. */
const GPtrArray *name_list_gone(struct name_list *list, struct name_list *before);

/* recorder_stops.c: pods that are told to stop. */
/* The rules of the node of @t for @service now are @names; NULL @service: not known. */
void recorder_see_rules(struct recorder *recorder, struct service_record *service,
                        const struct endpoints_trace *t, struct name_list *names);
/* A hook of @pod's deletion begins, or its SIGTERM is sent. */
void recorder_see_stop(struct run_pod *pod, const struct container_trace *t);
/* A struct trace's cut(). */
void recorder_see_cut(void *self, const struct cut_trace *t);

/* decision_text.c */
/* Fills @decision from @t: figures, and the arithmetic in words. */
void decision_describe(struct run_decision *decision, const struct hpa_trace *t);
