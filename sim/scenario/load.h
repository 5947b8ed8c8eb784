/* load.h - who asks for what: what a scenario says under `load`. Plain data. */

#pragma once

#include "document/document.h"
#include "engine/distribution.h"

struct rate_point {  /* of an open load: requests a second from @at on (steps) or at @at (ramp) */
	sim_time at; /* from the load's start */
	double rate;
};

struct load_request {
	char *path;
	char *method; /* "GET" */
	double weight;
	struct doc_location where;
};

struct load {
	char *name;
	sim_time from, duration;
	struct {
		char *service, *namespace;
		int port;        /* of the Service */
		char *port_name; /* NULL: by number */
	} target;

	/* closed loop: users > 0 */
	int users;
	double spawn_rate;               /* users a second; 0: all at once */
	struct distribution *think_time; /* ns between an answer and the next request; NULL: none */

	/* open loop: rate given */
	struct rate_point *rate;
	size_t n_rate;
	bool ramp;    /* rates are joined by lines, else steps */
	bool poisson; /* else evenly spaced */
	int clients;  /* connections the arrivals are spread over in turn; 0: a new one per request
	               */

	struct {
		bool keep_alive;  /* default true: one kept open per user or client */
		int max_requests; /* then the client opens a new one; 0: no limit */
		sim_time max_age; /* 0: no limit */
		bool http2;       /* many requests at a time on one connection */
		bool client_side; /* headless Service: the client balances over all addresses per
		                     request */
	} connections;
	sim_time timeout;         /* of a request; 0: none */
	sim_time connect_timeout; /* default 130 s */
	int retries;              /* default 0 */
	struct load_request *requests;
	size_t n_requests;
	char *node; /* where the clients are; NULL: the first node */
	struct doc_location where;
};

void load_free(struct load *load);
