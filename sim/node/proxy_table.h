/* proxy_table.h - what kube-proxy has programmed on one node, as clients of that node use it.
 *
 * kube-proxy writes it, connections read it: choosing an endpoint is O(1). Per Service port a dense array of endpoints in the
 * order of the rules. */

#pragma once

#include "node/network.h"

struct proxy_target {
	struct network_address address;
	int port;
	const char *pod_name; /* borrowed from the endpoint's snapshot; for records */
};

enum proxy_verdict {
	PROXY_TO_TARGET,
	PROXY_REJECT,  /* no endpoint anywhere: connection refused at once */
	PROXY_DROP,    /* endpoints elsewhere only (Local policy): no answer */
	PROXY_UNKNOWN, /* no such Service or port is programmed: no answer */
};

struct proxy_port { /* one Service port; exposed for the hot path, written by kube-proxy only */
	const struct proxy_target *targets;
	uint32_t n_targets;
	bool has_any_endpoints; /* somewhere: DROP instead of REJECT */
	bool round_robin;       /* ipvs */
	uint32_t next;          /* round robin position */
	bool affinity;          /* ClientIP */
	sim_time affinity_timeout;
	GHashTable *clients;    /* affinity: client id -> struct affinity_entry; NULL: none yet */
};

struct proxy_table;

struct proxy_table *proxy_table_new(void);
void proxy_table_free(struct proxy_table *table);

/* The entry for (@namespace, @service, @port), made (empty, unknown to the kernel: *programmed* false) when absent, so that a
 * client may keep the pointer from the start. Lives as long as the table. */
struct proxy_port *proxy_table_port(struct proxy_table *table, const char *namespace, const char *service, int port);

/* Replaces the endpoints of @port (copied). @programmed false: the Service is gone. */
void proxy_port_program(struct proxy_port *port, const struct proxy_target *targets, uint32_t n, bool has_any_endpoints,
                        bool programmed);
/* Same with a list (struct proxy_target) that other tables may share: a reference instead of a copy. Nobody may change it. */
void proxy_port_share(struct proxy_port *port, GArray *targets, bool has_any_endpoints);
bool proxy_port_is_programmed(const struct proxy_port *port);

/* Chooses for a new connection of @client at @now by uniform @u in (0, 1). */
enum proxy_verdict proxy_port_choose(struct proxy_port *port, uint64_t client, sim_time now, double u,
                                     struct proxy_target *target);
