/* application.h - how the containers of an application behave: what a scenario says under
 * `applications`.
 *
 * CPU time is a duration on one core; CPU rate a quantity in milli-cores. Plain data, never changed
 * after loading. */

#pragma once

#include "document/document.h"
#include "engine/distribution.h"
#include "kube/strings.h"

struct application_match { /* all that are given must fit */
	char *container;
	char *image;      /* glob */
	char *deployment; /* name of the owning Deployment */
	char *namespace;
	struct string_map *labels;
};

struct dependency_model { /* a named state that routes may need */
	char *name;
	struct distribution
	    *ready_after; /* after each container start; NULL: there from the start */
	struct doc_location where;
};

struct pool_model { /* worker pool of the server, per worker process */
	char *name;
	int concurrency;
	int queue; /* places for waiting requests; a full queue answers 503; -1: no limit */
	struct doc_location where;
};

struct route_model {
	char *path; /* exact, or with a trailing * as prefix */
	int status; /* 200 */
	int *needs; /* indices of dependencies; when one is away the answer is 503 */
	size_t n_needs;
	int pool;                  /* index; -1: none */
	bool release_before_wait;  /* the pool slot is held for CPU only */
	struct distribution *cpu;  /* nanoseconds of one core; NULL: none */
	struct distribution *wait; /* nanoseconds without a core, after the CPU part; NULL: none */
	char *redirect;            /* Location of the answer: a path, or a URL; NULL: none */
	int64_t
	    memory_bytes; /* while the request is in the server; -1: the application's perRequest */
	struct doc_location where;
};

/* What a command that an exec probe or hook runs comes to. */
struct command_model {
	char *command; /* glob over the command and its arguments, joined by blanks */
	int exit_code; /* 0 */
	int *needs;    /* indices of dependencies; when one is away the exit code is 1 */
	size_t n_needs;
	sim_time takes; /* until it ends */
	char *output;   /* NULL: none */
	struct doc_location where;
};

/* What the gRPC health service answers for one service name: SERVING while what it needs is there.
 */
struct health_model {
	char *service; /* "": the server as a whole */
	int *needs;    /* indices of dependencies */
	size_t n_needs;
	struct doc_location where;
};

enum application_tls { TLS_ANY, TLS_OFF, TLS_ON }; /* TLS_ANY: answers in the scheme it is asked */

struct application {
	char *name;
	struct application_match match;
	struct distribution *listens_after; /* after container start; refused before */
	int64_t startup_cpu; /* CPU time in ns burnt after each start, as fast as the CPU allows */
	struct dependency_model *dependencies;
	size_t n_dependencies;
	int workers;             /* processes */
	double cores_per_worker; /* 1 under an interpreter lock; 0: no limit of its own */
	struct pool_model *pools;
	size_t n_pools;
	int64_t background_milli;                /* CPU rate that takes its share first */
	int64_t memory_base, memory_per_request; /* bytes */
	sim_time keep_alive_timeout;     /* idle connections are closed by the server; 0: never */
	int max_requests_per_connection; /* then the server closes; 0: no limit */
	struct {
		bool ignores;                    /* no handler: only SIGKILL ends it */
		struct distribution *exit_after; /* from SIGTERM to exit */
		int exit_code;                   /* 0 */
		bool drains; /* finishes requests in flight before it exits (within exit_after:
		                whichever is later) */
		bool
		    stops_listening; /* new connections are refused from SIGTERM on; default true */
		int status;          /* every route answers this from SIGTERM on; 0: as before */
	} on_term;
	struct {
		bool active;
		sim_time after; /* after each start the container ends by itself */
		int exit_code;
	} exits;
	struct route_model *routes;
	size_t n_routes;
	enum application_tls tls;
	struct command_model *commands; /* `exec`; other commands exit with 0 at once */
	size_t n_commands;
	struct health_model *health; /* `grpc` */
	size_t n_health;
	struct doc_location where;
};

void application_free(struct application *application);

/* The model of @command (NULL-terminated; may be NULL): the first that fits; NULL: none. */
const struct command_model *application_command(const struct application *application,
                                                char *const *command);
/* The health service's answer for @service (NULL: ""); NULL: it does not know that name. */
const struct health_model *application_health(const struct application *application,
                                              const char *service);

/* The index of the route that serves @path (without its query), or -1: 404. Exact paths before
 * prefixes, longer prefixes first. */
int application_route(const struct application *application, const char *path);
