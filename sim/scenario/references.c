/* references.c - whether what one part of a scenario names exists in another, and whether times
 * make sense together. */

#include "scenario/sections.h"

#include "kube/quantity.h"

#include <string.h>

/* "; did you mean `x`?" among @n names, the first at @first, each @stride bytes after the one
 * before; to be freed. */
static char *suggest(const char *word, const void *first, size_t n, size_t stride)
{
	g_autofree const char **names = g_new0(const char *, n + 1);

	for (size_t i = 0; i < n; i++) {
		names[i] = *(char *const *)((const char *)first + i * stride);
	}
	return fields_suggestion(word, names);
}

static const struct application *find_application(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->n_applications; i++) {
		if (g_str_equal(s->applications[i].name, name)) {
			return &s->applications[i];
		}
	}
	return NULL;
}

static void check_dependency(struct reader *reader, const struct application *a,
                             const struct action *action)
{
	for (size_t i = 0; i < a->n_dependencies; i++) {
		if (g_str_equal(a->dependencies[i].name, action->target)) {
			return;
		}
	}
	g_autofree char *suggestion =
	    suggest(action->target, a->n_dependencies ? &a->dependencies[0].name : NULL,
	            a->n_dependencies, sizeof(a->dependencies[0]));

	fields_fault_at(reader, action->where, "`%s` has no dependency `%s`%s", a->name,
	                action->target, suggestion);
}

static void check_route(struct reader *reader, const struct application *a,
                        const struct action *action)
{
	for (size_t i = 0; i < a->n_routes; i++) {
		if (g_str_equal(a->routes[i].path, action->target)) {
			return;
		}
	}
	g_autofree char *suggestion =
	    suggest(action->target, a->n_routes ? &a->routes[0].path : NULL, a->n_routes,
	            sizeof(a->routes[0]));

	fields_fault_at(reader, action->where, "`%s` has no route %s%s", a->name, action->target,
	                suggestion);
}

static void check_action(struct reader *reader, const struct scenario *s,
                         const struct action *action)
{
	if (action->at < s->from || action->at > s->to) {
		g_autofree char *at = duration_to_string(action->at);
		g_autofree char *limit = duration_to_string(action->at < s->from ? s->from : s->to);

		fields_fault_at(reader, action->where, "%s lies %s %s, so this would never happen",
		                at, action->at < s->from ? "before `from`," : "after `to`,", limit);
	}
	if (!action->application) {
		return;
	}
	const struct application *a = find_application(s, action->application);

	if (!a) {
		g_autofree char *suggestion = suggest(
		    action->application, s->n_applications ? &s->applications[0].name : NULL,
		    s->n_applications, sizeof(s->applications[0]));

		fields_fault_at(reader, action->where, "there is no application `%s`%s",
		                action->application, suggestion);
	} else if (action->kind == ACTION_DEPENDENCY) {
		check_dependency(reader, a, action);
	} else if (action->kind == ACTION_ROUTE) {
		check_route(reader, a, action);
	}
}

static void check_load(struct reader *reader, const struct scenario *s, const struct load *load)
{
	bool found = !load->node;

	for (size_t i = 0; !found && i < s->n_nodes; i++) {
		found = g_str_equal(s->nodes[i].name, load->node);
	}
	if (!found) {
		g_autofree char *suggestion =
		    suggest(load->node, &s->nodes[0].name, s->n_nodes, sizeof(s->nodes[0]));

		fields_fault_at(reader, load->where,
		                "the load `%s` is on node `%s`, which is not there%s", load->name,
		                load->node, suggestion);
	}
	if (load->from < s->from || load->from >= s->to) {
		g_autofree char *from = duration_to_string(load->from);

		fields_fault_at(reader, load->where, "the load `%s` begins at %s, %s", load->name,
		                from,
		                load->from < s->from ? "before the scenario does"
		                                     : "when the scenario is over");
	}
}

static void check_expectation(struct reader *reader, const struct scenario *s,
                              const struct expectation *e)
{
	const sim_time instants[] = {e->from, e->to};

	for (size_t i = 0; i < G_N_ELEMENTS(instants) && e->when != EXPECT_WHOLE_RUN; i++) {
		if (instants[i] != SIM_NEVER && (instants[i] < s->from || instants[i] > s->to)) {
			g_autofree char *at = duration_to_string(instants[i]);
			g_autofree char *from = duration_to_string(s->from);
			g_autofree char *to = duration_to_string(s->to);

			fields_fault_at(reader, e->where,
			                "%s does not lie in the scenario, which goes from %s to %s",
			                at, from, to);
			return;
		}
	}
}

void check_references(struct reader *reader, const struct scenario *s)
{
	for (size_t i = 0; i < s->n_timeline; i++) {
		check_action(reader, s, &s->timeline[i]);
	}
	for (size_t i = 0; i < s->n_loads; i++) {
		check_load(reader, s, &s->loads[i]);
	}
	for (size_t i = 0; i < s->n_expectations; i++) {
		check_expectation(reader, s, &s->expectations[i]);
	}
}
