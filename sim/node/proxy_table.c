#include "node/proxy_table.h"

#include <string.h>

struct affinity_entry {
	struct network_address address;
	int port;
	sim_time last; /* when the client last opened a connection */
};

struct port_entry {
	struct proxy_port port; /* first: clients hold this */
	bool programmed;
	GArray *targets; /* a reference: what the port points to; NULL: none */
	char *key;       /* "namespace/service:port" */
};

G_STATIC_ASSERT(offsetof(struct port_entry, port) == 0);

struct proxy_table {
	GHashTable *ports; /* key -> struct port_entry * */
};

static void port_entry_free(void *data)
{
	struct port_entry *entry = data;

	if (entry->port.clients) {
		g_hash_table_destroy(entry->port.clients);
	}
	if (entry->targets) {
		g_array_unref(entry->targets);
	}
	g_free(entry->key);
	g_free(entry);
}

struct proxy_table *proxy_table_new(void)
{
	struct proxy_table *table = g_new0(struct proxy_table, 1);

	table->ports = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, port_entry_free);
	return table;
}

void proxy_table_free(struct proxy_table *table)
{
	if (table) {
		g_hash_table_destroy(table->ports);
		g_free(table);
	}
}

struct proxy_port *proxy_table_port(struct proxy_table *table, const char *namespace,
                                    const char *service, int port)
{
	g_autofree char *key = g_strdup_printf("%s/%s:%d", namespace, service, port);
	struct port_entry *entry = g_hash_table_lookup(table->ports, key);

	if (!entry) {
		entry = g_new0(struct port_entry, 1);
		entry->key = g_steal_pointer(&key);
		g_hash_table_insert(table->ports, entry->key, entry);
	}
	return &entry->port;
}

static const struct proxy_target *find_target(const struct proxy_port *port,
                                              const struct affinity_entry *entry)
{
	for (uint32_t i = 0; i < port->n_targets; i++) {
		const struct proxy_target *t = &port->targets[i];

		if (t->address.slot == entry->address.slot &&
		    t->address.generation == entry->address.generation && t->port == entry->port) {
			return t;
		}
	}
	return NULL;
}

static gboolean is_gone(gpointer client, gpointer entry, gpointer port)
{
	return !find_target(port, entry);
}

/* Takes @targets, which may be NULL. */
static void program(struct proxy_port *port, GArray *targets, bool has_any_endpoints,
                    bool programmed)
{
	struct port_entry *entry = (struct port_entry *)port;

	if (entry->targets) {
		g_array_unref(entry->targets);
	}
	entry->targets = targets;
	entry->programmed = programmed;
	port->targets = targets ? (const struct proxy_target *)targets->data : NULL;
	port->n_targets = targets ? targets->len : 0;
	port->has_any_endpoints = has_any_endpoints;
	if (port->clients) { /* an endpoint's list of clients goes with its rule */
		g_hash_table_foreach_remove(port->clients, is_gone, port);
	}
}

void proxy_port_program(struct proxy_port *port, const struct proxy_target *targets, uint32_t n,
                        bool has_any_endpoints, bool programmed)
{
	GArray *copy = n ? g_array_sized_new(FALSE, FALSE, sizeof(*targets), n) : NULL;

	if (copy) {
		g_array_append_vals(copy, targets, n);
	}
	program(port, copy, has_any_endpoints, programmed);
}

void proxy_port_share(struct proxy_port *port, GArray *targets, bool has_any_endpoints)
{
	program(port, g_array_ref(targets), has_any_endpoints, true);
}

bool proxy_port_is_programmed(const struct proxy_port *port)
{
	return ((const struct port_entry *)port)->programmed;
}

/* Where @client went within the timeout, if that is still an endpoint. */
static const struct proxy_target *remembered(const struct proxy_port *port, uint64_t client,
                                             sim_time now)
{
	const struct affinity_entry *entry =
	    port->clients ? g_hash_table_lookup(port->clients, &client) : NULL;

	return entry && now - entry->last <= port->affinity_timeout ? find_target(port, entry)
	                                                            : NULL;
}

/* Every new connection renews the client's entry (the rule's `--set`). */
static void remember(struct proxy_port *port, uint64_t client, sim_time now,
                     const struct proxy_target *target)
{
	if (!port->clients) {
		port->clients = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	}
	struct affinity_entry *entry = g_hash_table_lookup(port->clients, &client);

	if (!entry) {
		entry = g_new0(struct affinity_entry, 1);
		g_hash_table_insert(port->clients, g_memdup2(&client, sizeof(client)), entry);
	}
	*entry = (struct affinity_entry){target->address, target->port, now};
}

enum proxy_verdict proxy_port_choose(struct proxy_port *port, uint64_t client, sim_time now,
                                     double u, struct proxy_target *target)
{
	if (!proxy_port_is_programmed(port)) {
		return PROXY_UNKNOWN;
	}
	if (port->n_targets == 0) {
		return port->has_any_endpoints ? PROXY_DROP : PROXY_REJECT;
	}
	const struct proxy_target *chosen = port->affinity ? remembered(port, client, now) : NULL;

	if (!chosen && port->round_robin) {
		chosen = &port->targets[port->next++ % port->n_targets];
	} else if (!chosen) {
		chosen = &port->targets[(uint32_t)(u * port->n_targets)];
	}
	if (port->affinity) {
		remember(port, client, now, chosen);
	}
	*target = *chosen;
	return PROXY_TO_TARGET;
}
