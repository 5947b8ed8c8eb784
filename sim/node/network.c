#include "node/network.h"

#include <stdio.h>
#include <string.h>

/* Node n has the block 10.x.y.0/24 with x.y from n, as --node-cidr-mask-size=24 would give it; .1
 * is its bridge. A node with more pods than that gets further blocks. */
#define FIRST_HOST 2
#define HOSTS 253
#define NODES 4096
#define BLOCKS_PER_NODE 15

struct listener {
	int port;
	void *what;
};

struct slot {
	uint32_t generation; /* of the present or last address here; never 0 once used */
	bool open;
	uint32_t n_listeners;
	struct listener first;
	struct listener *others; /* behind the first, in order of attaching */
	char *ip;
};

struct node_range {
	uint32_t next;  /* where to look for a free address first */
	uint32_t range; /* addresses in the blocks it has */
	uint32_t open;
};

struct network {
	uint64_t changes;
	struct slot *slots;
	uint32_t n_slots, capacity;
	GArray *free; /* uint32_t: closed slots, taken again oldest first */
	guint free_head;
	GArray *nodes;     /* struct node_range */
	GHashTable *by_ip; /* text (of the slot) -> slot number + 1 */
};

struct network *network_new(void)
{
	struct network *network = g_new0(struct network, 1);

	network->free = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	network->nodes = g_array_new(FALSE, TRUE, sizeof(struct node_range));
	network->by_ip = g_hash_table_new(g_str_hash, g_str_equal);
	return network;
}

void network_free(struct network *network)
{
	if (!network) {
		return;
	}
	g_hash_table_destroy(network->by_ip);
	for (uint32_t i = 0; i < network->n_slots; i++) {
		g_free(network->slots[i].others);
		g_free(network->slots[i].ip);
	}
	g_free(network->slots);
	g_array_free(network->free, TRUE);
	g_array_free(network->nodes, TRUE);
	g_free(network);
}

static uint32_t take_slot(struct network *network)
{
	if (network->free_head < network->free->len) {
		const uint32_t slot = g_array_index(network->free, uint32_t, network->free_head++);

		if (network->free_head == network->free->len) {
			g_array_set_size(network->free, 0);
			network->free_head = 0;
		}
		return slot;
	}
	if (network->n_slots == network->capacity) {
		network->capacity = MAX(16, 2 * network->capacity);
		network->slots = g_renew(struct slot, network->slots, network->capacity);
	}
	network->slots[network->n_slots] = (struct slot){0};
	return network->n_slots++;
}

static char *ip_text(unsigned node, uint32_t host)
{
	const uint32_t block = node + NODES * (host / HOSTS);

	return g_strdup_printf("10.%u.%u.%u", 1 + block / 256, block % 256,
	                       FIRST_HOST + host % HOSTS);
}

/* The next address of @node in its order that nobody has. */
static char *take_ip(struct network *network, unsigned node)
{
	g_assert(node < NODES);
	if (node >= network->nodes->len) {
		g_array_set_size(network->nodes, node + 1);
	}
	struct node_range *range = &g_array_index(network->nodes, struct node_range, node);

	if (range->open == range->range) {
		g_assert(range->range < HOSTS * BLOCKS_PER_NODE);
		range->next = range->range;
		range->range += HOSTS;
	}
	range->open++;
	for (;;) {
		g_autofree char *ip = ip_text(node, range->next);

		range->next = (range->next + 1) % range->range;
		if (!g_hash_table_contains(network->by_ip, ip)) {
			return g_steal_pointer(&ip);
		}
	}
}

static unsigned node_of_ip(const char *ip)
{
	unsigned high = 0;
	unsigned low = 0;

	if (sscanf(ip, "10.%u.%u.", &high, &low) != 2) {
		g_assert_not_reached();
	}
	return ((high - 1) * 256 + low) % NODES;
}

struct network_address network_open(struct network *network, unsigned node, const char **ip)
{
	const uint32_t number = take_slot(network);
	struct slot *slot = &network->slots[number];

	network->changes++;
	slot->generation++;
	slot->open = true;
	g_free(slot->ip);
	slot->ip = take_ip(network, node);
	g_hash_table_insert(network->by_ip, slot->ip, GUINT_TO_POINTER(number + 1));
	*ip = slot->ip;
	return (struct network_address){number, slot->generation};
}

static struct slot *open_slot(const struct network *network, struct network_address address)
{
	if (address.generation == 0 || address.slot >= network->n_slots) {
		return NULL;
	}
	struct slot *slot = &network->slots[address.slot];

	return slot->open && slot->generation == address.generation ? slot : NULL;
}

void network_close(struct network *network, struct network_address address)
{
	struct slot *slot = open_slot(network, address);

	if (!slot) {
		return;
	}
	network->changes++;
	g_hash_table_remove(network->by_ip, slot->ip);
	g_array_index(network->nodes, struct node_range, node_of_ip(slot->ip)).open--;
	g_clear_pointer(&slot->ip, g_free);
	slot->open = false;
	slot->n_listeners = 0;
	g_clear_pointer(&slot->others, g_free);
	g_array_append_val(network->free, address.slot);
}

static inline struct listener *listener_at(struct slot *slot, uint32_t i)
{
	return i == 0 ? &slot->first : &slot->others[i - 1];
}

void network_attach(struct network *network, struct network_address address, int port,
                    void *listener)
{
	struct slot *slot = open_slot(network, address);

	if (slot) {
		slot->others = g_renew(struct listener, slot->others, slot->n_listeners + 1);
		*listener_at(slot, slot->n_listeners++) = (struct listener){port, listener};
	}
}

void network_detach(struct network *network, struct network_address address, int port,
                    void *listener)
{
	struct slot *slot = open_slot(network, address);

	for (uint32_t i = 0; slot && i < slot->n_listeners; i++) {
		const struct listener *l = listener_at(slot, i);

		if (l->port == port && l->what == listener) {
			for (slot->n_listeners--; i < slot->n_listeners; i++) {
				*listener_at(slot, i) = *listener_at(slot, i + 1);
			}
			return;
		}
	}
}

void *network_listener(const struct network *network, struct network_address address, int port,
                       bool *open)
{
	struct slot *slot = open_slot(network, address);
	void *everywhere = NULL;

	*open = slot != NULL;
	for (uint32_t i = 0; slot && i < slot->n_listeners; i++) {
		const struct listener *l = listener_at(slot, i);

		if (l->port == port || port == 0) {
			return l->what;
		}
		if (l->port == 0 && !everywhere) {
			everywhere = l->what;
		}
	}
	return everywhere;
}

struct network_address network_find(const struct network *network, const char *ip)
{
	const uint32_t found = GPOINTER_TO_UINT(g_hash_table_lookup(network->by_ip, ip));

	return found ? (struct network_address){found - 1, network->slots[found - 1].generation}
	             : (struct network_address){0, 0};
}

uint64_t network_changes(const struct network *network)
{
	return network->changes;
}
