/* codec.h - between documents and objects.
 *
 * Decoding fills the defaults that the API server fills and applies its validation to what podsim models; every fault has the
 * place in the file and the field path. A field of the real API that podsim gives no meaning is accepted; a field that the real
 * API does not have is a fault, with the nearest name that it has. */

#pragma once

#include "kube/autoscaling.h"
#include "kube/release.h"
#include "kube/service.h"
#include "kube/workload.h"

/* Splits documents into single objects: `List`s (v1 List, DeploymentList ...) are opened, everything else is passed on as it is.
 * @documents from doc_read_file; the result owns its (struct doc *) items. */
GPtrArray *manifest_split(const GPtrArray *documents, GError **error);

/* The object that @document stands for, with defaults filled in. @source of the result is the document completed with its
 * defaults, without `status`, managedFields and the like. NULL and @error at the first fault; with @faults (GPtrArray of char *)
 * not NULL all faults are collected there instead and NULL is returned when there was any. @namespace: for objects without one. */
struct object *object_decode(const struct doc *document, const char *namespace, const struct release *release,
                             GPtrArray *faults, GError **error);

/* The object as the API would print it, with metadata and status; times from @clock_zero, the wall clock of simulated zero in
 * seconds since 1970. */
struct doc *object_encode(const struct object *object, int64_t clock_zero);
/* The same, of @pool. */
struct doc *object_encode_in(struct doc_pool *pool, const struct object *object, int64_t clock_zero);
/* The same, but its spec is null: for who has the spec already. */
struct doc *object_encode_around_spec(struct doc_pool *pool, const struct object *object, int64_t clock_zero);

/* An RFC 3339 timestamp of whole seconds, as the API prints it. */
char *timestamp_to_string(sim_time t, int64_t clock_zero);
bool timestamp_parse(const char *text, int64_t *seconds_since_1970);

/* One probe or one metric spec alone, with defaults; used by tests and by the conformance runner. NULL / false and @error. */
struct probe *probe_decode(const struct doc *document, GError **error);
bool hpa_spec_decode(struct hpa *hpa, const struct doc *spec, GError **error);
void probe_free(struct probe *probe);
