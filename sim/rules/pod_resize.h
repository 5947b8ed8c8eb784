/* pod_resize.h - in-place resize of a pod: what the API server accepts, and whether the kubelet can carry it out.
 *
 * A resize changes requests and limits of CPU and memory of containers that exist; nothing else of a pod's spec changes in place.
 * Up to 1.31 (with the gate on) it is an update of the pod, since 1.32 of its subresource `resize`.
 * Sources: Kubernetes 1.33, pkg/apis/core/validation/validation.go (ValidatePodUpdate, ValidatePodResize);
 * pkg/kubelet/kubelet.go (canResizePod), lifecycle/predicate.go (InsufficientResourceError). */

#pragma once

#include "kube/pod.h"
#include "kube/release.h"

/* Why an update of a pod's spec from @old to @fresh is refused, as the API server says it after "is invalid: "; NULL: it is not.
 * @old_spec and @fresh_spec are the same as documents, with their defaults. @subresource: through `resize`. Caller frees. */
char *pod_update_refusal(const struct pod_spec *old, const struct doc *old_spec, const struct pod_spec *fresh,
                         const struct doc *fresh_spec, const struct release *release, bool subresource);

enum resize_verdict { RESIZE_FITS, RESIZE_DEFERRED, RESIZE_INFEASIBLE };
const char *resize_reason(enum resize_verdict verdict); /* "Deferred", "Infeasible"; NULL: fits */

struct resize_question { /* milli-units of a resource; the CPU is judged before the memory */
	int64_t requested;   /* by the pod as it is wanted */
	int64_t used;        /* by all other pods of the node, as they are allocated */
	int64_t allocatable; /* INT64_MAX: not told */
};

/* Whether the node can give what is asked for; if not, why, for the condition's message; caller frees. */
enum resize_verdict resize_decide(const struct resize_question *cpu, const struct resize_question *memory, char **message);

/* Whether the change from @from to @to must restart the container by its resizePolicy. */
bool resize_restarts(const struct container *container, const struct resource_requirements *from,
                     const struct resource_requirements *to);
