/* usage.h - the counters that a node keeps of its containers: what cAdvisor and an application's own /metrics would show.
 *
 * Written by the runtime (traffic), read by metrics-server, the metrics adapter and the recorder. A reading brings the counter
 * up to date for the asked instant. */

#pragma once

#include "engine/time.h"
#include "kube/object.h"

struct histogram;

struct usage_reading {
	double cpu_seconds;       /* cumulative CPU time since this container attempt started */
	int64_t memory_bytes;     /* working set */
	sim_time started_at;      /* creation of this attempt */
	double throttled_seconds; /* time in which work waited for the limit */
	double waited_seconds;    /* time in which it waited because other containers of the node had the CPU: pressure, not throttling */
};

struct application_reading { /* cumulative since this attempt started, except where said */
	uint64_t requests;        /* received from clients, probes not counted */
	uint64_t answered, errors; /* answered with < 500 / with >= 500, or broken off */
	uint32_t in_flight;       /* now */
	uint32_t queued;          /* now, waiting for a pool slot */
	uint32_t connections;     /* open now */
	uint64_t connections_opened;
	const struct histogram *latency; /* in-server times of answered requests, cumulative; NULL: none yet */
};

struct usage_source { /* registered per running container */
	GRefString *namespace, *pod, *pod_uid, *container;
	unsigned node;
	void *self;
	void (*read)(void *self, sim_time now, struct usage_reading *reading);
	void (*read_application)(void *self, sim_time now, struct application_reading *reading); /* NULL: not an application */
};

struct usage_registry;

struct usage_registry *usage_registry_new(void);
void usage_registry_free(struct usage_registry *registry);
void usage_source_free(struct usage_source *source);
/* Takes @source (freed with usage_source_free when removed). Order of iteration is order of registration. */
void usage_registry_add(struct usage_registry *registry, struct usage_source *source);
void usage_registry_remove(struct usage_registry *registry, struct usage_source *source);
void usage_registry_each(struct usage_registry *registry, void (*fn)(void *data, struct usage_source *source), void *data);
/* The source of a running container, or NULL. */
struct usage_source *usage_registry_find(struct usage_registry *registry, const char *pod_uid, const char *container);

/* Somebody who follows the sources, as cAdvisor does: told of each when it comes (it may not be readable within the call yet),
 * and just before it goes. Either function may be NULL. */
struct usage_listener {
	void *data;
	void (*added)(void *data, struct usage_source *source);
	void (*removed)(void *data, struct usage_source *source);
};

/* @listener is borrowed until usage_registry_unlisten(); told first of the sources that are there now. Listeners are told in
 * order of listening. */
void usage_registry_listen(struct usage_registry *registry, const struct usage_listener *listener);
void usage_registry_unlisten(struct usage_registry *registry, const struct usage_listener *listener);
