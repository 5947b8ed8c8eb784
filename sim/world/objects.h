/* objects.h - what people do to the API server with kubectl: apply, patch, scale, delete.
 *
 * Acts on the documents that the API server holds and decodes them anew, with its defaults and its
 * validation; so a patch sees what a real one would see. Errors carry the place in the user's file
 * and leave everything as it was. */

#pragma once

#include "kube/patch.h"
#include "kube/release.h"
#include "store/store.h"

struct objects;

/* @default_namespace for documents without one. */
struct objects *objects_new(struct store *store, const struct release *release);
void objects_free(struct objects *objects);

/* `kubectl apply` of one document: creates the object, or merges three ways with what was applied
 * before. */
bool objects_apply(struct objects *objects, const struct doc *document, GError **error);

/* `kubectl patch`. @where is the place of the action, for errors about an object that does not
 * exist. */
bool objects_patch(struct objects *objects, enum object_kind kind, const char *namespace,
                   const char *name, enum patch_type type, const struct doc *patch,
                   struct doc_location where, GError **error);

/* `kubectl scale`: of Deployments and ReplicaSets. */
/* Patches a pod through its subresource `resize`. */
bool objects_resize(struct objects *objects, const char *namespace, const char *name,
                    enum patch_type type, const struct doc *patch, struct doc_location where,
                    GError **error);
bool objects_scale(struct objects *objects, enum object_kind kind, const char *namespace,
                   const char *name, int32_t replicas, struct doc_location where, GError **error);

/* `kubectl delete`: pods gracefully, everything else at once (dependents follow). */
bool objects_delete(struct objects *objects, enum object_kind kind, const char *namespace,
                    const char *name, struct doc_location where, GError **error);

/* `kubectl rollout restart`: annotates the template at simulated wall clock @clock_zero + now. */
bool objects_rollout_restart(struct objects *objects, const char *namespace, const char *name,
                             int64_t clock_zero, struct doc_location where, GError **error);

/* `kubectl rollout undo`: back to the template of the previous revision. */
bool objects_rollout_undo(struct objects *objects, const char *namespace, const char *name,
                          struct doc_location where, GError **error);
