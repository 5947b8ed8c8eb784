/* finding.c - findings and budgets over all states of a scenario, each told once. */

#include "check/set.h"

#include <stdarg.h>
#include <string.h>

struct sighting { /* of a finding or a budget */
	struct check_finding *finding;
	struct check_budget *budget;
	unsigned last; /* number of the latest state that has it */
};

static void finding_free(void *data)
{
	struct check_finding *finding = data;

	g_free(finding->object);
	g_free(finding->message);
	g_free(finding->reason);
	g_free(finding->advice);
	g_free(finding->cost);
	g_free(finding);
}

static void budget_free(void *data)
{
	struct check_budget *budget = data;

	g_free(budget->object);
	g_free(budget->container);
	g_free(budget->asks);
	g_free(budget->application);
	g_free(budget);
}

/* --- telling once --- */

/* Whether @key was seen before; then its end moves on. Else it is remembered. */
static struct sighting *sight(struct check_set *set, char *key)
{
	struct sighting *sighting = g_hash_table_lookup(set->seen, key);

	if (sighting) {
		g_free(key);
	} else {
		sighting = g_new0(struct sighting, 1);
		g_hash_table_insert(set->seen, key, sighting);
	}
	sighting->last = set->state;
	return sighting;
}

struct check_finding *found(struct check_set *set, const char *rule, enum check_severity severity,
                            const char *object, struct doc_location where, const char *format, ...)
{
	va_list arguments;

	g_assert(check_rule_find(rule));
	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);

	va_end(arguments);
	struct sighting *sighting = sight(
	    set, g_strdup_printf("%s %d %s %s:%u:%u %s", rule, severity, object,
	                         where.file ? where.file : "", where.line, where.column, message));

	if (!sighting->finding) {
		sighting->finding = g_new0(struct check_finding, 1);
		*sighting->finding = (struct check_finding){
		    .rule = check_rule_find(rule)->name,
		    .severity = severity,
		    .object = g_strdup(object),
		    .where = where,
		    .message = g_steal_pointer(&message),
		    .since = set->at,
		};
		g_ptr_array_add(set->result->findings, sighting->finding);
	}
	sighting->finding->until = SIM_NEVER;
	return sighting->finding;
}

static void complete(char **slot, const char *format, va_list arguments)
{
	if (!*slot) {
		*slot = g_strdup_vprintf(format, arguments);
	}
}

void finding_why(struct check_finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complete(&finding->reason, format, arguments);
	va_end(arguments);
}

void finding_do(struct check_finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complete(&finding->advice, format, arguments);
	va_end(arguments);
}

void finding_costs(struct check_finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complete(&finding->cost, format, arguments);
	va_end(arguments);
}

void add_budget(struct check_set *set, struct check_budget *budget)
{
	struct sighting *sighting = sight(
	    set, g_strdup_printf("%s %s %d %s:%u:%u %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
	                         " %" G_GINT64_FORMAT,
	                         budget->object, budget->container, budget->type,
	                         budget->where.file ? budget->where.file : "", budget->where.line,
	                         budget->where.column, budget->asks, (gint64)budget->ready.latest,
	                         (gint64)budget->removal.latest, (gint64)budget->restart.latest));

	if (sighting->budget) {
		budget_free(budget);
	} else {
		sighting->budget = budget;
		budget->since = set->at;
		g_ptr_array_add(set->result->budgets, budget);
	}
	sighting->budget->until = SIM_NEVER;
}

/* --- states and order --- */

void end_of_state(struct check_set *set)
{
	GHashTableIter iterator;
	void *value;

	g_hash_table_iter_init(&iterator, set->seen);
	while (g_hash_table_iter_next(&iterator, NULL, &value)) {
		struct sighting *sighting = value;
		sim_time *until =
		    sighting->finding ? &sighting->finding->until : &sighting->budget->until;

		if (sighting->last < set->state && *until == SIM_NEVER) {
			*until = set->at;
		}
	}
}

static int compare_places(const struct doc_location *a, const struct doc_location *b)
{
	const int files = g_strcmp0(a->file, b->file);

	if (files != 0) {
		return files;
	}
	return a->line != b->line ? (a->line < b->line ? -1 : 1)
	                          : (a->column > b->column) - (a->column < b->column);
}

static int compare_findings(const void *first, const void *second)
{
	const struct check_finding *a = *(struct check_finding *const *)first,
				   *b = *(struct check_finding *const *)second;
	int order = (a->severity > b->severity) - (a->severity < b->severity);

	order = order ? order : compare_places(&a->where, &b->where);
	order = order ? order : strcmp(a->rule, b->rule);
	order = order ? order : strcmp(a->object, b->object);
	order = order ? order : (a->since > b->since) - (a->since < b->since);
	return order ? order : strcmp(a->message, b->message);
}

static int compare_budgets(const void *first, const void *second)
{
	const struct check_budget *a = *(struct check_budget *const *)first,
				  *b = *(struct check_budget *const *)second;
	int order = strcmp(a->object, b->object);

	order = order ? order : strcmp(a->container, b->container);
	order = order ? order : (a->since > b->since) - (a->since < b->since);
	order = order ? order : (int)a->type - (int)b->type;
	return order ? order : compare_places(&a->where, &b->where);
}

static void list_unjudged(struct check_set *set)
{
	for (const struct check_rule *rule = check_rules; rule->name; rule++) {
		const char *why = NULL;

		if (rule->need == CHECK_NEEDS_ROUTES && !set->scenario) {
			why = "the routes and start times of the applications are not known; a "
			      "scenario tells them";
		} else if (rule->need == CHECK_NEEDS_NODES && set->nodes->len == 0) {
			why = "the nodes are not known; a scenario or Nodes among the manifests "
			      "tell them";
		}
		if (why) {
			struct check_unjudged *unjudged = g_new(struct check_unjudged, 1);

			*unjudged = (struct check_unjudged){rule->name, why};
			g_ptr_array_add(set->result->unjudged, unjudged);
		}
	}
}

void results_finish(struct check_set *set)
{
	g_ptr_array_sort(set->result->findings, compare_findings);
	g_ptr_array_sort(set->result->budgets, compare_budgets);
	list_unjudged(set);
}

void check_result_init(struct check_result *result)
{
	result->findings = g_ptr_array_new_with_free_func(finding_free);
	result->budgets = g_ptr_array_new_with_free_func(budget_free);
	result->unjudged = g_ptr_array_new_with_free_func(g_free);
}

void check_result_clear(struct check_result *result)
{
	g_clear_pointer(&result->findings, g_ptr_array_unref);
	g_clear_pointer(&result->budgets, g_ptr_array_unref);
	g_clear_pointer(&result->unjudged, g_ptr_array_unref);
}

size_t check_faults(const struct check_result *result)
{
	size_t n = 0;

	for (unsigned i = 0; i < result->findings->len; i++) {
		const struct check_finding *finding = result->findings->pdata[i];

		n += finding->severity != CHECK_NOTE;
	}
	return n;
}
