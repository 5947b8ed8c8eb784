/* client_closed.c - a closed load: users who think, ask, wait for the answer, and think again. */

#include "traffic/internal.h"

/* When user @i comes. */
static sim_time spawn_at(const struct clients *c, uint32_t i)
{
	return c->load->spawn_rate > 0 ? c->start + (sim_time)(i / c->load->spawn_rate * 1e9 + 0.5)
	                               : c->start;
}

static void ask(struct client *client)
{
	struct clients *c = client->clients;
	const uint64_t entity = clients_entity(c, client_number(c, client));

	client_send(client_request(c, client, entity, client->requests++));
}

static void on_thought(struct simulation *sim, void *data)
{
	ask(data);
}

static void on_spawn(struct simulation *sim, void *data)
{
	struct clients *c = data;
	const sim_time now = simulation_now(sim);

	while (c->spawned < c->n_clients && spawn_at(c, c->spawned) <= now && now < c->end) {
		ask(&c->clients[c->spawned++]);
	}
	if (c->spawned < c->n_clients && spawn_at(c, c->spawned) < c->end && now < c->end) {
		simulation_schedule(sim, spawn_at(c, c->spawned), PHASE_RUNTIME, on_spawn, c);
	}
}

void client_closed_start(struct clients *c)
{
	on_spawn(c->sim, c);
}

void client_closed_next(struct clients *c, struct client *client, uint64_t ordinal, sim_time at)
{
	const struct distribution *think = c->load->think_time;
	sim_time next = at;

	if (think) {
		double u = 0.5;

		if (distribution_kind_of(think) != DISTRIBUTION_CONSTANT) {
			/* After request number n the n-th think time, whatever became of the
			 * request. */
			u = random_uniform(&c->think, clients_entity(c, client_number(c, client)),
			                   ordinal);
		}
		next += distribution_duration(think, u);
	}
	if (next < c->end) {
		simulation_schedule(c->sim, next, PHASE_RUNTIME, on_thought, client);
	} else if (client->connection) { /* the user goes home */
		client_drop_connection(client);
	}
}

sim_time clients_all_running(const struct clients *c)
{
	return c->load->users > 0 ? spawn_at(c, c->n_clients - 1) : c->start;
}
