/* store.h - the API server: objects, their versions, and the watches on them.
 *
 * Writes act at once and in order; every write gives the object a new resourceVersion. A writer
 * that changed an older version than the stored one gets a conflict, as in the real API server.
 * Watchers are told of each change as an immutable snapshot, in order, each after its own delay and
 * never before the previous one: deliver at max(previous, now + delay). Actors talk to each other
 * through here only. */

#pragma once

#include "engine/simulation.h"
#include "kube/object.h"

struct store;

enum change { CHANGE_ADDED, CHANGE_MODIFIED, CHANGE_DELETED };

/* @old is NULL when added; @object of a deletion is the last version. Both are borrowed;
 * object_ref() to keep. */
typedef void (*watch_fn)(void *data, enum change change, const struct object *old,
                         const struct object *object);

#define STORE_ERROR (store_error_quark())
GQuark store_error_quark(void);
enum store_error { STORE_ERROR_NOT_FOUND, STORE_ERROR_CONFLICT, STORE_ERROR_EXISTS };

struct store *store_new(struct simulation *sim);
void store_free(struct store *store);

/* Adds @object, of which the store takes a reference of its own and sets uid (when NULL), creation
 * time, resource version and generation (1). The caller must not change it any more. */
bool store_create(struct store *store, struct object *object, GError **error);

/* Replaces the object of the same kind, namespace and name by @object (taken as in create), if its
 * resource version is that of the stored one. An object without visible difference is the caller's
 * matter: every update is a new version. When
 * @spec_changed the generation is raised by one. */
bool store_update(struct store *store, struct object *object, bool spec_changed, GError **error);

/* Removes it at once (no grace period: that is for pods, see store_mark_deleted). */
bool store_remove(struct store *store, enum object_kind kind, const char *namespace,
                  const char *name, GError **error);

/* Removes it, if it is there, without a word to any watcher: what the API server does with Events after their time, seen by
 * those alone who ask. */
void store_forget(struct store *store, enum object_kind kind, const char *namespace, const char *name);

/* DELETE of a pod: sets deletionTimestamp and grace; a pod that no node has is removed at once.
 * @grace -1: the pod's own. */
bool store_delete_pod(struct store *store, const char *namespace, const char *name, int64_t grace,
                      GError **error);

/* The stored object or NULL; borrowed until the next write. */
const struct object *store_get(const struct store *store, enum object_kind kind,
                               const char *namespace, const char *name);

/* All objects of @kind in order of creation; @fn must not write. */
void store_each(const struct store *store, enum object_kind kind,
                void (*fn)(void *data, const struct object *object), void *data);
size_t store_count(const struct store *store, enum object_kind kind);

/* Calls @fn for each change of @kind, @delay after the write, at PHASE_OBSERVE; first for every
 * object that exists now, as an addition. With a delay of 0 delivery is still an event of its own,
 * except for @synchronous watchers (the recorder), which are called within the write. Watches last
 * as long as the store. */
void store_watch(struct store *store, enum object_kind kind, sim_time delay, bool synchronous,
                 watch_fn fn, void *data);

/* The same for those pods only that are bound to @node (never synchronous): what a kubelet asks for. */
void store_watch_pods_of(struct store *store, const char *node, sim_time delay, watch_fn fn,
                         void *data);

struct simulation *store_simulation(const struct store *store);
