/* network.h - which server answers at a pod's address.
 *
 * A dense table of pod addresses. A slot that is reused gets a new generation, so nobody who kept an old address reaches the new
 * pod by it. The kubelet opens and closes addresses with the pod's sandbox; the runtime attaches what listens there. */

#pragma once

#include "engine/time.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct network;

/* A pod's address as the hot path has it. generation 0: no address. */
struct network_address {
	uint32_t slot;
	uint32_t generation;
};

struct network *network_new(void);
void network_free(struct network *network);

/* A new address for a pod on node number @node; *@ip gets its text ("10.1.0.7", owned by the network until closed). Addresses
 * count up per node and are not reused before the node's range is used up. */
struct network_address network_open(struct network *network, unsigned node, const char **ip);
/* From now on packets to @address are not answered. */
void network_close(struct network *network, struct network_address address);

/* What answers at @address; set by the runtime. A pod has as many listeners as containers that listen; each has its ports. */
void network_attach(struct network *network, struct network_address address, int port, void *listener);
void network_detach(struct network *network, struct network_address address, int port, void *listener);

/* The listener at @address and @port. *@open tells whether the address itself exists: not open: silence (connect timeout);
 * open without listener: refused. A port of 0 asks for the first listener; a listener attached at port 0 answers at every port
 * that no other listener has. */
void *network_listener(const struct network *network, struct network_address address, int port, bool *open);

/* The address whose text is @ip, generation 0 when there is none. */
struct network_address network_find(const struct network *network, const char *ip);

/* How often an address was opened or closed so far: while it stays, names resolve as before. */
uint64_t network_changes(const struct network *network);
