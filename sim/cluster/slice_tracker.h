/* slice_tracker.h - what the EndpointSlice controller has written, and therefore must have seen.
 *
 * Per Service the generation of every slice that the controller wrote, or that a slice is to be
 * gone. A picture that lacks any of this is stale: deciding on it would undo or double the last
 * write. A change with a higher generation than the controller's own is somebody else's.
 * Source: Kubernetes 1.34, staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go. */

#pragma once

#include "kube/service.h"

struct slice_tracker;

struct slice_tracker *slice_tracker_new(void);
void slice_tracker_free(struct slice_tracker *tracker);

/* The controller has written @slice, or removed it; @service is its key. */
void slice_tracker_wrote(struct slice_tracker *tracker, const char *service,
                         const struct endpoint_slice *slice);
void slice_tracker_removed(struct slice_tracker *tracker, const char *service,
                           const struct endpoint_slice *slice);
/* Forgets a deleted Service. */
void slice_tracker_forget(struct slice_tracker *tracker, const char *service);

/* Whether @slices (struct endpoint_slice *), all that are seen of @service, lack a write. */
bool slice_tracker_is_stale(const struct slice_tracker *tracker, const char *service,
                            const GPtrArray *slices);
/* Whether an addition or change of @slice that is seen now was not the controller's own. */
bool slice_tracker_is_foreign(const struct slice_tracker *tracker, const char *service,
                              const struct endpoint_slice *slice);
/* A deletion of @slice is seen: whether it was not the controller's own. Forgets the slice. */
bool slice_tracker_saw_deletion(struct slice_tracker *tracker, const char *service,
                                const struct endpoint_slice *slice);
