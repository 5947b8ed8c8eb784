/* results.h - results of a study in SQLite: one row a run, every measure and setting a column.
 *
 * Rows are written as runs end, so a study that is killed goes on where it stopped. A run is known
 * by the hash of its scenario's content, the values of its setting and its seed; rows of a content
 * that has changed stay but do not count. The tables:
 *
 *   study    key, value: name, content, first_seed, paths, measures
 *   setting  ordinal, setting (its identity), runs (how many seeds it gets; NULL: not known yet)
 *   run      content, setting, seed, a column a path, a column a measure
 *
 * A dump lists the runs by setting and seed, so it is the same bytes whatever the order they ended
 * in, and wherever. */

#pragma once

#include "study/study.h"

struct results;
typedef struct results results; /* for g_autoptr */

/* Opens the file @path (":memory:": none) for @study; made when absent. NULL and @error: it cannot
 * be used, or holds results of another study. */
struct results *results_open(const char *path, const struct study *study, GError **error);
/* Opens what is there, for reading its dump. */
struct results *results_open_existing(const char *path, GError **error);
void results_close(struct results *results);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(results, results_close)

/* Tells of every run of @study's present content that is there: seed number @seed (from 0) of
 * @setting, with its measures (NaN: none). */
typedef void (*results_fn)(void *data, size_t setting, size_t seed, const double *measures);
bool results_each(struct results *results, const struct study *study, results_fn fn, void *data,
                  GError **error);

/* Rows between begin and end are there all or none; none unless @commit. */
bool results_begin(struct results *results, GError **error);
bool results_put(struct results *results, const struct study *study, size_t setting, size_t seed,
                 const double *measures, GError **error);
bool results_end(struct results *results, bool commit, GError **error);
/* Waits until no rows are half written and has no more written, so that the program can be ended at
 * once and leaves nothing to be rolled back. From any thread; for good. */
void results_freeze(struct results *results);

/* How many seeds @setting gets, for the dump. */
bool results_set_runs(struct results *results, size_t setting, size_t runs, GError **error);

/* Appends all runs of the study, a line each, as CSV. */
bool results_dump(struct results *results, GString *out, GError **error);

/* How many runs are there, and how many there should be (0: not known, as some setting's number
 * is not). */
bool results_count(struct results *results, size_t *there, size_t *planned, GError **error);

/* Takes over the runs of the file @path, which must be of the same study. May be done again. */
bool results_merge(struct results *results, const char *path, GError **error);
/* An empty copy of @path's study in the new or old file @out (":memory:": none), to merge into. */
struct results *results_like(const char *out, const char *path, GError **error);
