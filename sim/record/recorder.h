/* recorder.h - makes a Run while the world runs: one more watcher of the API store, and a sink for
 * traces. */

#pragma once

#include "node/usage.h"
#include "record/run.h"
#include "store/store.h"

struct recorder;

/* What the recorder must be told of the clients at the end: see recorder_add_load. */
struct load_record {
	const struct load *load;
	sim_time all_running;
	uint64_t requests, failures;
	const uint64_t *outcomes;
	const struct histogram *latency;
	sim_time bin_width;
	size_t n_bins;
	/* of bin @i: requests done, failures, latency (NULL: none) */
	void (*bin)(void *self, size_t i, uint64_t *done, uint64_t *failures,
	            const struct histogram **latency);
	void *self;
	uint64_t connections_opened;
};

struct recorder *recorder_new(struct store *store, struct usage_registry *usage,
                              const struct scenario *scenario);
/* The sink for actors and traffic; valid as long as the recorder. */
const struct trace *recorder_trace(struct recorder *recorder);
void recorder_note_action(struct recorder *recorder, const struct action *action, const char *text);
void recorder_add_load(struct recorder *recorder, const struct load_record *load);
/* Closes the record at the present instant and hands the Run over; frees the recorder. */
struct run *recorder_finish(struct recorder *recorder);
