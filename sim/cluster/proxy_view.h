/* proxy_view.h - what all kube-proxies of a cluster see, seen once.
 *
 * Every proxy watches the same Services and EndpointSlices with the same delay, so all have the
 * same picture at any moment. The view holds that picture for them and tells each what changed, in
 * the order in which they joined. Rules that do not depend on the node (no Local policy, no
 * topology hints) are made once and shared as long as nothing changes. */

#pragma once

#include "cluster/environment.h"
#include "cluster/proxy_rules.h"

struct proxy_view;

struct proxy_service { /* known by name; there may be no such Service (any more) */
	char *namespace, *name;
	unsigned number; /* dense, in order of first sight */
};

/* What is to be programmed for one Service. Names of pods live as long as the view. */
struct proxy_rule_set {
	unsigned refs;
	uint64_t number;  /* equal: the same pods; never 0 */
	GPtrArray *rules; /* struct proxy_rules * */
	GPtrArray *pods;  /* their names, each once, in the order of the rules */
};

void proxy_rule_set_unref(struct proxy_rule_set *set);

struct proxy_listener { /* one proxy */
	void *self;
	const char *node;
	/* A change that matters to rules; @headless: to those of DNS only. */
	void (*changed)(void *self, const struct proxy_service *service, bool headless);
	void (*moved)(void *self, const char *zone); /* the node's zone changed to @zone */
};

/* @network resolves addresses; borrowed, as is the environment. */
struct proxy_view *proxy_view_new(const struct cluster_environment *environment,
                                  const struct network *network);
void proxy_view_free(struct proxy_view *view);
/* Copied. All join before the first change is delivered. */
void proxy_view_join(struct proxy_view *view, const struct proxy_listener *listener);

unsigned proxy_view_services(const struct proxy_view *view);
const struct proxy_service *proxy_view_service(const struct proxy_view *view, unsigned number);
/* The Service as it is seen now; NULL: there is none. */
const struct service *proxy_view_look(const struct proxy_view *view, unsigned number);
/* Rules for a node, as of now; proxy_rule_set_unref() in the end. */
struct proxy_rule_set *proxy_view_rules(struct proxy_view *view, unsigned number, const char *node,
                                        const char *zone);
