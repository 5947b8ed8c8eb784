/* event_recorder.h - how components write Events: with aggregation, counts and the spam filter of
 * client-go.
 *
 * Source: staging/src/k8s.io/client-go/tools/record/events_cache.go. In this order: from the 10th
 * different message of one source, object, type and reason within 10 minutes, events are merged
 * into "(combined from similar events): ..."; an identical event raises the count and lastTimestamp
 * of the first; at most 25 at once and then one per 300 s per source and object. */

#pragma once

#include "kube/object.h"
#include "store/store.h"

struct event_recorder;

/* @component ("kubelet", "deployment-controller") is interned; @host may be NULL. */
struct event_recorder *event_recorder_new(struct store *store, const char *component,
                                          const char *host);
void event_recorder_free(struct event_recorder *recorder);

/* Records an event about @object. @field_path ("spec.containers{app}") may be NULL. */
void event_recorder_emit(struct event_recorder *recorder, const struct object *object,
                         const char *field_path, bool warning, const char *reason,
                         const char *format, ...) G_GNUC_PRINTF(6, 7);
