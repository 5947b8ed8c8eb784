/* view_describe.h - parts that several descriptions share.
 *
 * Source: Kubernetes 1.34, staging/src/k8s.io/kubectl/pkg/describe/describe.go. */

#pragma once

#include "report/view.h"
#include "report/view_tabs.h"

void describe_labels(struct tabs *tabs, const char *title, const struct string_map *labels);
void describe_annotations(struct tabs *tabs, const char *title,
                          const struct string_map *annotations);
/* "Requests:" and the amounts below it, at @indent; nothing when @list is empty. */
void describe_amounts(struct tabs *tabs, const char *indent, const char *title,
                      const struct resource_list *list);
/* The amount as a quantity in the manner of @resource. */
char *describe_amount(const char *resource, int64_t milli);
/* Flushes @tabs, then the events about @object. */
void describe_events(const struct view *view, const struct object *object, struct tabs *tabs,
                     GString *out);
/* "10m (x3 over 12m)": when an event was last seen. */
char *describe_event_interval(const struct view *view, const struct event *event);

void describe_template(struct tabs *tabs, const struct pod_template *template);
void describe_pod(const struct view *view, const struct object *object, struct tabs *tabs);
void describe_node(const struct view *view, const struct object *object, struct tabs *tabs);
void describe_hpa(const struct view *view, const struct object *object, struct tabs *tabs);

/* --- within pods and templates --- */
struct describe_container {
	const struct container *container;
	const struct doc *document;            /* as the API server holds it; NULL: unknown */
	const struct container_status *status; /* NULL: of a template, or not known yet */
	const struct doc *status_document;     /* its identifiers */
	const struct object *pod;              /* NULL: of a template */
	const char *name_indent;
};

void describe_environment(struct tabs *tabs, const struct describe_container *container);
void describe_mounts(struct tabs *tabs, const struct doc *container);
void describe_volumes(struct tabs *tabs, const char *indent, const struct doc *spec);
void describe_tolerations(struct tabs *tabs, const char *title, const struct doc *spec);
/* "http-get http://:8000/ready delay=30s timeout=5s period=10s #success=1 #failure=3" */
char *describe_probe(const struct probe *probe);
