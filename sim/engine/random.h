/* random.h - counter-based random numbers.
 *
 * A draw is a pure function of (seed, purpose, entity, ordinal): the 12th think time of user 17. Nothing is stored but
 * ordinals, and two runs that differ in one setting see the same users, the same think times and the same request costs
 * (common random numbers). The generator is Philox4x32-10 of Random123 (Salmon et al., 2011). One block gives two uniforms.
 * Entities are ordinals that do not depend on other settings: never a generated name. */

#pragma once

#include <stdint.h>

/* What a draw is for. Every use has its own, so streams never overlap. Values are part of what "same bytes" means. */
enum random_purpose {
	RANDOM_THINK = 1,      /* entity: user, ordinal: request of that user */
	RANDOM_DEMAND,         /* CPU demand and wait of a request; same entity and ordinal */
	RANDOM_ROUTE,          /* which route a request asks for */
	RANDOM_ENDPOINT,       /* kube-proxy's choice; entity: client, ordinal: connection */
	RANDOM_ARRIVAL,        /* gaps of an open load */
	RANDOM_SCRAPE,         /* cAdvisor housekeeping; entity: container */
	RANDOM_SCHEDULER,      /* ties between nodes */
	RANDOM_RESYNC,         /* kubelet resync jitter; entity: pod */
	RANDOM_BACKOFF,        /* retry jitter; entity: pod */
	RANDOM_NAME,           /* generated names and UIDs; entity: owner's name hash, ordinal: creation ordinal */
	RANDOM_PROBE_PHASE,    /* offset of probe workers and tickers */
	RANDOM_START,          /* container start and image pull times, start-up of the application */
	RANDOM_VICTIM,         /* which pods a timeline action hits */
	RANDOM_CONTROLLER,     /* phases of controllers' own tickers */
	RANDOM_SETTING,        /* settings that a study samples; entity: path, ordinal: draw */
};

/* All draws of one purpose in one run. Two words; copy freely. */
struct random_stream {
	uint32_t key[2];
};

struct random_stream random_stream_of(uint64_t seed, enum random_purpose purpose);

/* The two uniforms of one block: each in the open interval (0, 1), 53 bits. */
void random_pair(const struct random_stream *stream, uint64_t entity, uint64_t ordinal, double out[2]);

/* The first of the two. */
double random_uniform(const struct random_stream *stream, uint64_t entity, uint64_t ordinal);

/* An integer in [0, @n), from the first uniform. @n > 0. */
uint32_t random_below(const struct random_stream *stream, uint64_t entity, uint64_t ordinal, uint32_t n);
