/* check.h - faults that manifests and scenarios have before anything runs.
 *
 * A rule looks at objects as the API server would hold them, and where there is a scenario also at
 * what it says of the applications, the nodes and the load. Of a scenario every state is looked at:
 * the objects at the beginning, and again after each instant of the timeline at which people change
 * something. A finding says what is wrong, where, why it matters, what to do, and what it would
 * cost, with the numbers of the objects at hand. Findings of severity NOTE are no faults.
 *
 * Beside the findings stand budgets: for every probe, how long it takes at least and at most until
 * its container is Ready, is taken out of the endpoints, is restarted. Nothing here runs anything
 * or draws at random; a rule that needs what is not known (routes, nodes) is listed as not judged.
 */

#pragma once

#include "kube/pod.h"
#include "scenario/scenario.h"

enum check_severity { CHECK_ERROR, CHECK_WARNING, CHECK_NOTE };
const char *check_severity_name(enum check_severity severity); /* "error", "warning", "note" */

enum check_need {
	CHECK_NEEDS_NOTHING,
	CHECK_NEEDS_ROUTES, /* a scenario's `applications` */
	CHECK_NEEDS_NODES   /* a scenario's `cluster.nodes`, or Nodes among the manifests */
};

struct check_rule {
	const char *name;    /* "probe-path-not-served" */
	const char *summary; /* one line */
	enum check_need need;
};

/* All rules, in order of their names; ends with a NULL name. */
extern const struct check_rule check_rules[];
const struct check_rule *check_rule_find(const char *name); /* NULL: no such rule */

struct check_finding {
	const char *rule;
	enum check_severity severity;
	char *object;              /* "deployment/inference" */
	struct doc_location where; /* file NULL: no place */
	char *message;             /* what is wrong */
	char *reason;              /* why it matters; NULL: the message says it */
	char *advice;              /* what to do; NULL: nothing */
	char *cost;                /* what it would cost; NULL: not computed */
	sim_time since, until;     /* in a scenario's timeline; until SIM_NEVER: to the end */
};

struct check_span { /* of simulated time; `latest` SIM_NEVER: it may never come */
	sim_time earliest, latest;
};

struct check_budget { /* of one probe */
	char *object, *container;
	enum probe_type type;
	struct doc_location where;
	char *asks;        /* "GET /healthz on 8000" */
	char *application; /* whose container is asked; NULL: not known */
	int status;        /* with which it answers once all it needs is there; 0: not known */
	bool has_ready, has_removal, has_restart;
	struct check_span
	    ready; /* from the container's start to Ready; of a startup probe: to Started */
	struct check_span removal; /* from the first instant at which the application would fail to
	                              the last kube-proxy having taken it out */
	struct check_span restart; /* from that instant (of a startup probe: from the container's
	                              start, when it never succeeds) to the new container */
	sim_time since, until;     /* as of a finding */
};

struct check_unjudged {
	const char *rule;
	const char *why; /* static */
};

struct check_result {
	GPtrArray *findings; /* struct check_finding *: errors first, then by place */
	GPtrArray *budgets;  /* struct check_budget *: by object, container, type */
	GPtrArray *unjudged; /* struct check_unjudged * */
};

/* Checks @objects (struct doc *, single objects as manifest_split gives them), or when that is NULL
 * the objects and the timeline of @scenario. False and @error, a line a fault, when the API server
 * would refuse an object; @result is empty then. */
bool check(const GPtrArray *objects, const struct scenario *scenario, struct check_result *result,
           GError **error);
void check_result_clear(struct check_result *result);

/* Findings that are more than notes. */
size_t check_faults(const struct check_result *result);
