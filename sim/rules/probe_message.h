/* probe_message.h - the texts of the events that probes and kills leave, in the kubelet's words.
 *
 * Source: pkg/kubelet/prober/prober.go, pkg/probe/{http,tcp,grpc,exec},
 * pkg/kubelet/kuberuntime/kuberuntime_manager.go; transport errors as Go's net package puts them.
 */

#pragma once

#include "rules/probe.h"

/* How an answer looked, as far as texts need it. */
struct probe_reply {
	enum {
		PROBE_REPLY_HTTP, /* a status came */
		PROBE_REPLY_OK,   /* tcp, grpc, exec: good */
		PROBE_REPLY_FAILED,
		PROBE_REPLY_REFUSED,
		PROBE_REPLY_RESET, /* the connection was closed before an answer */
		PROBE_REPLY_TIMEOUT,
		PROBE_REPLY_ERROR, /* of the prober itself */
	} kind;
	int status;       /* HTTP */
	const char *text; /* exec output, grpc status, error; NULL: none */
};

enum probe_outcome probe_reply_outcome(const struct probe_reply *reply);

/* Where a probe went. */
struct probe_target {
	const struct handler *handler;
	const char *host; /* handler.host or the pod's address */
	int port;
	int timeout_seconds;
};

/* The detail of a reply that was no success, without the prefix of the event. */
char *probe_reply_text(const struct probe_reply *reply, const struct probe_target *target);

/* Reason and message of the event for @outcome (not a success): "Unhealthy" or "ProbeWarning", and
 * "Readiness probe failed: TEXT". */
const char *probe_event_reason(enum probe_outcome outcome);
char *probe_event_message(enum probe_type type, enum probe_outcome outcome, const char *text);

/* The Killing event of a container whose probe of @type failed. A sidecar (@init) is always
 * restarted and its message does not say so. */
char *probe_kill_message(const char *container, enum probe_type type, bool init, bool restarts);
