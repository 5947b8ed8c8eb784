/* view.h - a Run at one instant: the objects that the API server held then.
 *
 * Rebuilt from the versions that the Run keeps. What kubectl would have printed of it is in
 * view_print.h. Objects are borrowed from the Run, which must outlive the view. Events are gone an
 * hour after they were last written, as with the API server's --event-ttl. */

#pragma once

#include "record/run.h"

struct view;
typedef struct view view; /* for g_autoptr(view) */

struct view {
	const struct run *run;
	sim_time at;
	int64_t clock_zero;
	GPtrArray *objects[KIND_COUNT]; /* const struct object *, by namespace and name */
};

/* @run just after the changes at @at; SIM_NEVER: at its end. */
struct view *view_new(const struct run *run, sim_time at);
void view_free(struct view *view); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(view, view_free)

/* Which objects a command speaks of. */
struct view_query {
	enum object_kind kind;
	const char *namespace; /* NULL: all */
	const char *name; /* NULL: all; exact, or where there is none, the beginning of names */
	const struct label_selector *selector; /* NULL: any */
	const char *fields;                    /* "path=value,path!=value"; NULL: any */
};

/* The objects that @query names, by namespace and name; to be unreferenced. */
GPtrArray *view_select(const struct view *view, const struct view_query *query);
/* Whether @object fits @query; its name must be exact. */
bool view_fits(const struct view *view, const struct view_query *query,
               const struct object *object);
/* Exactly this one; NULL: none. */
const struct object *view_find(const struct view *view, enum object_kind kind,
                               const char *namespace, const char *name);
/* Pods that the controller with @uid owns, by name; to be unreferenced. */
GPtrArray *view_owned(const struct view *view, enum object_kind kind, const char *uid);
/* Events about the object with @uid (all when NULL), the oldest first; to be unreferenced. */
GPtrArray *view_events_of(const struct view *view, const char *uid);
/* What the recorder knows of @pod; NULL: nothing. */
const struct run_pod *view_run_pod(const struct view *view, const struct object *pod);

/* Whether a scenario's pods, Services and so on of this kind have no namespace. */
bool view_kind_is_global(enum object_kind kind);
/* "pods", "deployments.apps": as in error messages. */
const char *view_kind_resource(enum object_kind kind);
/* "pod", "deployment.apps": as `-o name` has it. */
const char *view_kind_prefix(enum object_kind kind);

/* Age in the view of something that began at @since: "9m"; "<unknown>" for SIM_NEVER. */
char *view_age(const struct view *view, sim_time since);
/* "Wed, 05 Nov 2025 23:30:00 +0000", as in descriptions. */
char *view_time(const struct view *view, sim_time at);
/* The scalar at @path (".status.phase", "{.spec.containers[0].image}") of @document; NULL: none. */
const struct doc *view_path(const struct doc *document, const char *path);
/* Sorts @objects by the value at @path, ties in the order they had. False when no object has it. */
bool view_sort(const struct view *view, GPtrArray *objects, const char *path);
