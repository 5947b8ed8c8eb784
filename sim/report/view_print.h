/* view_print.h - a view of a Run as kubectl prints it.
 *
 * Columns, cells and descriptions are those of kubectl 1.34 with a server of that release; where a
 * field of the real API is not modelled, its cell is empty or says so. Times are UTC. Everything is
 * appended to @out; nothing here prints. */

#pragma once

#include "report/view.h"

/* --- get --- */
struct view_format {
	bool wide, show_labels;
	bool all_namespaces; /* a column says which */
	bool prefixed;       /* several kinds: "pod/web-1" */
};

/* A table of @objects, all of one kind, with a line of headers; nothing when there are none. */
void view_table(const struct view *view, const GPtrArray *objects, const struct view_format *format,
                GString *out);
/* Same, then a row for each later change of an object that fits @query, as `--watch` prints them,
 * up to the end of the Run. */
void view_table_watch(const struct view *view, const GPtrArray *objects,
                      const struct view_query *query, const struct view_format *format,
                      GString *out);

/* The object, or the List of @objects when @list, as JSON or YAML. */
void view_documents(const struct view *view, const GPtrArray *objects, bool list, bool json,
                    GString *out);

/* --- describe --- */
/* Whether view_describe() knows how. */
bool view_can_describe(enum object_kind kind);
void view_describe(const struct view *view, const struct object *object, GString *out);

/* --- events --- */
/* As `kubectl events` does; nothing when there are none. */
void view_events(const struct view *view, const GPtrArray *events, bool all_namespaces,
                 GString *out);

/* --- top --- */
/* What the metrics API would have answered: the means over the last whole metric-resolution before
 * the view's instant. */
struct view_usage {
	double cores, bytes; /* NaN: it knows nothing of the pod */
};

struct view_usage view_pod_usage(const struct view *view, const struct object *pod);
/* Pods that run on the node, and what the scenario says that others on it request. */
struct view_usage view_node_usage(const struct view *view, const struct object *node);

enum view_top_order { TOP_BY_NAME, TOP_BY_CPU, TOP_BY_MEMORY };

/* False when there are no metrics of any of @objects (pods or nodes). */
bool view_top(const struct view *view, const GPtrArray *objects, bool all_namespaces,
              enum view_top_order order, GString *out);

/* --- logs --- */
struct view_log_options {
	const char *container; /* NULL: the first */
	bool previous;         /* of the container before the present one */
	int tail;              /* last lines; -1: all */
	bool follow;           /* and what comes after, until the container ends */
	bool timestamps;
};

/* The access log of @pod's container as uvicorn writes it. False and @error when kubectl would have
 * said so. */
bool view_logs(const struct view *view, const struct object *pod,
               const struct view_log_options *options, GString *out, GError **error);

/* --- curl --- */
struct view_answer {
	int status;        /* 0: no connection */
	char *text;        /* what curl prints: status line, headers, body; empty without answer */
	char *explanation; /* why, for people; NULL: nothing to say */
	int exit_code;     /* of curl */
};

/* What `kubectl exec POD -- curl -i http://localhost:PORT/PATH` gives; @path may also be such a
 * URL. False and @error when the command would not have started, or the Run does not know the
 * routes. */
bool view_curl(const struct view *view, const struct object *pod, const char *container,
               const char *path, struct view_answer *answer, GError **error);
void view_answer_clear(struct view_answer *answer);

/* --- rollout --- */
enum view_rollout { ROLLOUT_DONE, ROLLOUT_WAITS, ROLLOUT_FAILED };

/* The line that `kubectl rollout status` prints at the view's instant. */
enum view_rollout view_rollout_status(const struct view *view, const struct object *deployment,
                                      GString *out);
/* Same, and on from there: a line whenever it changes, until the rollout is done or has failed, or
 * @until, or the end of the Run. */
enum view_rollout view_rollout_watch(const struct view *view, const struct object *deployment,
                                     sim_time until, GString *out);
/* `kubectl rollout history`; @revision 0: the table, else that template. False: no such revision.
 */
bool view_rollout_history(const struct view *view, const struct object *deployment,
                          int64_t revision, GString *out);

#define VIEW_ERROR (view_error_quark())
GQuark view_error_quark(void);
enum view_error {
	VIEW_ERROR_REFUSED, /* kubectl would have failed, with this message */
	VIEW_ERROR_UNKNOWN, /* the Run does not know */
};
