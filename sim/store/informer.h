/* informer.h - a watcher's own, delayed picture of the objects of one kind: what client-go calls
 * informer and lister.
 *
 * Controllers decide on this picture, not on the store: that is why they sometimes act on old news.
 */

#pragma once

#include "store/store.h"

struct informer;

/* Follows @kind with @delay; @fn (may be NULL) is called after the picture was updated. */
struct informer *informer_new(struct store *store, enum object_kind kind, sim_time delay,
                              watch_fn fn, void *data);
void informer_free(struct informer *informer);

/* The object as last seen, or NULL; borrowed until the next delivery. */
const struct object *informer_get(const struct informer *informer, const char *namespace,
                                  const char *name);

/* The owner of @object as this informer of @kind has seen it: same name and same UID; or NULL. */
const struct object *informer_owner_of(const struct informer *informer, enum object_kind kind,
                                       const struct object *object);

/* Groups the objects by a text, such as the UID of their owner: what client-go calls an index.
 * @key_of gives it, borrowed from the object; NULL: in no group. One whose text changes comes last
 * in its new group. To be called before the first delivery. */
void informer_group_by(struct informer *informer,
                       const char *(*key_of)(const struct object *object));
/* A @key_of: the UID of the object's owner. */
const char *informer_owner_uid(const struct object *object);
/* A new array of the borrowed objects of one group, in order of creation. */
GPtrArray *informer_list_of(const struct informer *informer, const char *key);
bool informer_has_any_of(const struct informer *informer, const char *key);

/* A number that grows from object to object in order of creation; 0: has not been seen. */
uint64_t informer_number(const struct informer *informer, const struct object *object);

/* All objects seen, in order of creation. */
void informer_each(const struct informer *informer,
                   void (*fn)(void *data, const struct object *object), void *data);
/* A new array of borrowed objects in order of creation. */
GPtrArray *informer_list(const struct informer *informer);
