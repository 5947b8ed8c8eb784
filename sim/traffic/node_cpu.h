/* node_cpu.h - the CPU of a node, which its containers share when it is short.
 *
 * Each container wants, at an instant, a core for each job that it has and what its background work takes, but no more than its
 * limit and its workers allow (with `throttling: cfs`: than its workers allow, and nothing for jobs while its quota is used up).
 * As long as all that fits into the node, everybody gets what he wants and no pod touches another. When it does not, the
 * cores are divided as Linux' fair scheduler would in the fluid limit: by weighted max-min fairness at each level of the tree of
 * cgroups that the kubelet makes (rules/cpu_weight.h), of the pods that have a running container.
 *
 * A node on which the containers could not want too much, whatever happens, costs nothing: its processors do not tell of their
 * jobs. On others a change of jobs is looked at, and the shares are computed anew only when it can change them.
 *
 * Pods that the scenario does not model (`otherRequests`) stand beside them as one Guaranteed pod that always wants what it
 * requests. */

#pragma once

#include "engine/time.h"

#include <glib.h>
#include <stdbool.h>

struct container;
struct node_cpu;
struct pod;
struct pod_cpu;
struct pod_spec;
struct server;

struct container_cpu { /* a container's part in it; in cores, where not said otherwise */
	struct node_cpu *node; /* NULL: in none */
	struct pod_cpu *pod;
	double weight;         /* among the pod's containers */
	double capacity;       /* of the processor, while the container gets what it wants */
	int64_t most;          /* nano-cores: what it can want at all */
	int64_t background;    /* nano-cores of that */
	int64_t wanted;        /* nano-cores: now; kept only while the processor tells of its jobs */
	double share;          /* nano-cores: what it gets; `wanted`, or less */
	double background_got; /* of its background work, at present */
	double background_lost; /* nanoseconds of core that the background work wanted and did not get */
	double waited;          /* nanoseconds in which jobs waited because others had the CPU */
	double short_before;    /* `short_of` of the processor, and the instant, up to which both are true */
	sim_time counted;
};

/* @milli of allocatable CPU, of which pods that are not modelled request @others. */
struct node_cpu *node_cpu_new(int64_t milli, int64_t others, bool cgroup_v1);
void node_cpu_free(struct node_cpu *node); /* NULL is fine; no container may be in it */

/* @server, whose processor is made and whose `share` says what it can want, runs in @container of @pod from now on. */
void node_cpu_enter(struct node_cpu *node, struct server *server, const struct pod *pod, const struct container *container);
/* What @server can want, its `share` and its processor's quota, has changed; before, it was @most. The container has the
 * resources of @container, its pod those of @spec. */
void node_cpu_resize(struct server *server, const struct pod_spec *spec, const struct container *container, int64_t most);
/* It has ended; its processor is empty. */
void node_cpu_leave(struct server *server);
/* Brings `background_lost` and `waited` up to now; the processor is up to date. */
void node_cpu_count(struct server *server);
