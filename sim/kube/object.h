/* object.h - what every API object has, and the kinds there are.
 *
 * Objects are plain structs that begin with a `struct object`. One that the API store has handed out is an immutable snapshot:
 * whoever wants to change it takes a copy (object_copy), changes the copy and writes that. Snapshots are shared by reference.
 * Beside the decoded fields, an object that a user made keeps the document it was made from (`source`), so that patches act on
 * what the API server would hold and every field can be printed again, also those that podsim gives no meaning. */

#pragma once

#include "document/document.h"
#include "engine/time.h"
#include "kube/strings.h"

#include <glib.h>
#include <stdbool.h>

enum object_kind {
	KIND_POD,
	KIND_NODE,
	KIND_DEPLOYMENT,
	KIND_REPLICA_SET,
	KIND_SERVICE,
	KIND_ENDPOINT_SLICE,
	KIND_ENDPOINTS,
	KIND_HPA,
	KIND_PDB,
	KIND_EVENT,
	KIND_OTHER, /* any other kind: accepted, kept, without effect */
	KIND_COUNT,
};

/* "Pod", "HorizontalPodAutoscaler"; of KIND_OTHER: "object". */
const char *object_kind_name(enum object_kind kind);
/* "pod", "hpa": as in kubectl's `deployment/web` and in messages. */
const char *object_kind_word(enum object_kind kind);
/* Understands names, plurals and short names ("po", "deploy", "rs", "svc", "hpa", "pdb", "ev", "no", "ep"), any case. */
bool object_kind_from_word(const char *word, enum object_kind *kind);

struct owner_reference { /* to the controller; kind KIND_COUNT: no owner */
	enum object_kind kind;
	GRefString *name;
	GRefString *uid;
};

struct object_meta {
	GRefString *name;
	GRefString *namespace; /* NULL for Nodes */
	GRefString *uid;
	sim_time creation_time;  /* whole seconds on the wire; kept exactly here */
	sim_time deletion_time;  /* deletionTimestamp; SIM_NEVER: not being deleted */
	int64_t deletion_grace_seconds;
	uint64_t resource_version;
	int64_t generation;      /* raised when spec changes */
	struct string_map *labels;
	struct string_map *annotations;
	struct owner_reference owner;
	uint64_t ordinal;        /* entity of random draws: creation ordinal under its owner; set by whoever creates it */
};

struct object {
	enum object_kind kind;
	gint refs;
	struct object_meta meta;
	struct doc *source; /* as the API server would hold it, without status; NULL when no user made it */
};

/* A zeroed object of @kind with one reference, no owner and unset times. Never NULL. */
struct object *object_new(enum object_kind kind);
struct object *object_ref(const struct object *object);
void object_unref(const struct object *object); /* NULL is fine */
/* A deep copy that may be changed, with one reference. Immutable parts (pod specs, maps, strings) are shared. */
struct object *object_copy(const struct object *object);
/* The same for those who leave `source` alone, as all writers of a status do: it is shared and must not be changed. */
struct object *object_revise(const struct object *object);

/* "namespace/name": what tells objects of one kind apart. @namespace NULL: none. Caller frees. */
char *object_key(const char *namespace, const char *name);

/* A new shared string; NULL gives NULL. */
GRefString *ref_string(const char *text);
/* Replaces *@slot by a new shared string of @text (NULL: none). */
void ref_string_set(GRefString **slot, const char *text);
/* The same by another reference to @text, which is shared already. */
void ref_string_share(GRefString **slot, GRefString *text);

/* --- conditions (of pods, Deployments, HPAs) --- */
enum condition_status { CONDITION_UNKNOWN, CONDITION_FALSE, CONDITION_TRUE };
const char *condition_status_name(enum condition_status status); /* "True", "False", "Unknown" */

struct condition {
	const char *type;   /* static or interned (g_intern_string) */
	enum condition_status status;
	const char *reason; /* interned; NULL: none */
	GRefString *message;
	sim_time last_transition_time;
	sim_time last_update_time;    /* Deployments only */
};

/* A growable list of conditions in order of first appearance. Zeroed is empty. */
struct conditions {
	struct condition *items;
	size_t n;
};

/* NULL when there is none of @type. */
struct condition *conditions_find(const struct conditions *list, const char *type);
/* Sets or appends; lastTransitionTime moves only when @status changes. @reason, @message may be NULL. True if anything changed. */
bool conditions_set(struct conditions *list, const char *type, enum condition_status status, const char *reason,
                    const char *message, sim_time now);
void conditions_remove(struct conditions *list, const char *type);
void conditions_copy(struct conditions *to, const struct conditions *from);
void conditions_clear(struct conditions *list);
bool conditions_are_true(const struct conditions *list, const char *type);
