/* runtime.h - the container runtime of a node, as the kubelet sees it.
 *
 * The kubelet starts, stops and probes containers through this table of functions; the world plugs the servers of `traffic/`
 * into it, tests plug in a script of answers. A container is one attempt: a restart makes a new one. */

#pragma once

#include "engine/simulation.h"
#include "kube/pod.h"

struct runtime_container; /* one attempt of one container; made by the runtime */

struct probe_answer {
	enum { PROBE_ANSWER_HTTP, PROBE_ANSWER_OK, PROBE_ANSWER_FAILED, PROBE_ANSWER_REFUSED, PROBE_ANSWER_RESET,
	       PROBE_ANSWER_TIMEOUT, PROBE_ANSWER_ERROR } kind; /* OK, FAILED: tcp, grpc, exec; ERROR: of the prober itself */
	int status;              /* HTTP */
	const char *text;        /* detail of FAILED and ERROR (exec output, grpc status); NULL: none; borrowed for the call */
};

typedef void (*probe_answer_fn)(void *data, const struct probe_answer *answer);
/* The container ended, by itself or after a signal. */
typedef void (*container_exit_fn)(void *data, int exit_code, const char *reason);

struct container_runtime {
	void *self;
	/* Creates and starts attempt number @attempt (from 0) of @pod's container @container; calls @exited(@data, ...) once, when
	 * it has ended. The pod's network identity exists before its first container (see network.h). */
	struct runtime_container *(*start)(void *self, const struct pod *pod, const struct container *container, uint32_t attempt,
	                                   container_exit_fn exited, void *data);
	/* SIGTERM and SIGKILL. A kill ends the container at once (137). The reason of the exit is "OOMKilled" when memory did it. */
	void (*terminate)(void *self, struct runtime_container *c);
	void (*kill)(void *self, struct runtime_container *c);
	/* Forgets an ended container. */
	void (*remove)(void *self, struct runtime_container *c);
	/* Sends one probe. The answer comes by @answered(@data, ...) once, at most @timeout later (then PROBE_ANSWER_TIMEOUT), and
	 * never within this call. @port is the resolved number, 0 when the port's name is unknown (answer: ERROR). */
	void (*probe)(void *self, struct runtime_container *c, const struct handler *handler, int port, sim_time timeout,
	              probe_answer_fn answered, void *data);
	/* Takes back the answer that is under way to @data, e.g. because the worker ends. */
	void (*cancel_probe)(void *self, struct runtime_container *c, void *data);
	/* Runs a preStop or postStart handler; @done (exit code 0 good) comes once, never within this call. */
	void (*run_hook)(void *self, struct runtime_container *c, const struct handler *handler, int port,
	                 container_exit_fn done, void *data);
	/* Gives the running container the resources of @container, a container of @spec, at this instant (UpdateContainerResources
	 * and the pod's cgroup). False when it uses more memory than its new limit: then nothing changes. */
	bool (*resize)(void *self, struct runtime_container *c, const struct pod_spec *spec, const struct container *container);
};
