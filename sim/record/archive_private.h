/* archive_private.h - what writing and reading of run.db share. */

#pragma once

#include "record/archive.h"
#include "record/run_folded.h"

enum { ARCHIVE_SPANS = 5, ARCHIVE_SERIES = 5, ARCHIVE_REPLICAS = 5, ARCHIVE_FIGURES = 5 };

extern const char archive_schema[], archive_schema_objects[];
extern const char *const archive_span_kinds[ARCHIVE_SPANS];
extern const char *const archive_series_kinds[ARCHIVE_SERIES];
extern const char *const archive_replica_kinds[ARCHIVE_REPLICAS];
extern const char *const archive_figure_names[ARCHIVE_FIGURES];
extern const char *const archive_changes[]; /* by enum change */
extern const char *const archive_results[]; /* by result of a probe */
extern const char *const archive_notes[];   /* by kind of a note */

/* The lists of a part, in the order of the names above. */
void archive_spans(struct run_pod *pod, GArray *spans[ARCHIVE_SPANS]);
void archive_series(struct run_pod *pod, struct series *series[ARCHIVE_SERIES]);
void archive_figures(struct run_folded *folded, struct run_figure *figures[ARCHIVE_FIGURES]);
void archive_replicas(struct run_deployment *deployment, GArray *steps[ARCHIVE_REPLICAS]);

/* archive_objects.c: objects as the API prints them, and back. */
/* @spec: its spec, when it is not in @text; else NULL. */
struct object *archive_object_read(const char *text, const char *spec, enum object_kind kind,
                                   const struct release *release, int64_t clock_zero,
                                   GError **error);
