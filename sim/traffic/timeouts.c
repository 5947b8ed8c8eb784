/* timeouts.c - the requests of a load that are under way, by time of sending.
 *
 * All requests of a load have the same timeout, so the oldest is always the next to time out: a
 * list and one pending event for its head replace an event per request. The event is not moved when
 * the head leaves; it finds the next one by itself. */

#include "traffic/internal.h"

static void on_timeout(struct simulation *sim, void *data);

static void watch(struct clients *c)
{
	c->timeout_event = simulation_schedule(c->sim, c->oldest->sent + c->load->timeout,
	                                       PHASE_RUNTIME, on_timeout, c);
}

static void on_timeout(struct simulation *sim, void *data)
{
	struct clients *c = data;

	c->timeout_event = EVENT_NONE;
	while (c->oldest && c->oldest->sent + c->load->timeout <= simulation_now(sim)) {
		client_gave_up(c->oldest);
	}
	if (c->oldest) {
		watch(c);
	}
}

void timeouts_add(struct request *request)
{
	struct clients *c = request->clients;

	if (c->load->timeout == 0) {
		return;
	}
	request->timed = true;
	request->newer = NULL;
	request->older = c->newest;
	if (c->newest) {
		c->newest->newer = request;
	} else {
		c->oldest = request;
	}
	c->newest = request;
	if (G_UNLIKELY(!c->timeout_event)) {
		watch(c);
	}
}

void timeouts_remove(struct request *request)
{
	struct clients *c = request->clients;

	if (!request->timed) {
		return;
	}
	request->timed = false;
	if (request->older) {
		request->older->newer = request->newer;
	} else {
		c->oldest = request->newer;
	}
	if (request->newer) {
		request->newer->older = request->older;
	} else {
		c->newest = request->older;
	}
}
