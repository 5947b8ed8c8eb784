/* check.c - podsim check FILE...: faults that can be seen without running anything. */

#include "check/check.h"
#include "commands/all.h"
#include "kube/codec.h"
#include "kube/quantity.h"
#include "report/text.h"

#include <unistd.h>

struct check_options {
	char *format;
	gboolean brief, no_notes, no_budgets, rules;
};

struct judged { /* one scenario, or all manifests together */
	char *name;
	struct check_result result;
	struct scenario *scenario; /* NULL: manifests */
};

static const char examples[] =
    "  podsim check scenarios/idle-replica.yaml\n"
    "  podsim check deployment.yaml service.yaml hpa.yaml\n"
    "  kustomize build overlays/prod | podsim check -\n"
    "  podsim check --format json manifests/*.yaml | jq '.checks[].findings[].rule'\n"
    "  podsim check --rules\n";

static void judged_free(void *data)
{
	struct judged *judged = data;

	g_free(judged->name);
	check_result_clear(&judged->result);
	scenario_free(judged->scenario);
	g_free(judged);
}

/* --- reading --- */

static bool is_podsim(const struct doc *document, const char *kind)
{
	return g_strcmp0(doc_text(doc_get(document, "apiVersion")), "podsim/v1") == 0 &&
	       g_strcmp0(doc_text(doc_get(document, "kind")), kind) == 0;
}

/* Whether @document is of no kind that podsim has, though it says so; then @error tells. */
static bool is_podsim_kind_unknown(const struct doc *document, GError **error)
{
	static const char *const kinds[] = {"Scenario", "Study", NULL};
	const char *kind = doc_text(doc_get(document, "kind"));

	if (g_strcmp0(doc_text(doc_get(document, "apiVersion")), "podsim/v1") != 0 ||
	    (kind && g_strv_contains(kinds, kind))) {
		return false;
	}
	doc_error_at(error, kind ? doc_get(document, "kind") : document,
	             "podsim/v1 has the kinds Scenario and Study, not %s", kind ? kind : "none");
	return true;
}

static struct judged *judge(const char *name, const GPtrArray *objects, struct scenario *scenario,
                            GError **error)
{
	struct judged *judged = g_new0(struct judged, 1);

	judged->name = g_strdup(g_str_equal(name, "-") ? "standard input" : name);
	judged->scenario = scenario;
	if (!check(objects, scenario, &judged->result, error)) {
		judged_free(judged);
		return NULL;
	}
	return judged;
}

static bool add_scenario(const char *path, const struct doc *document, GPtrArray *all,
                         GError **error)
{
	struct scenario *scenario = scenario_load_document(path, doc_copy(document), NULL, error);
	struct judged *judged = scenario ? judge(path, NULL, scenario, error) : NULL;

	if (judged) {
		g_ptr_array_add(all, judged);
	}
	return judged != NULL;
}

/* Puts the objects of @documents with the others, or judges the scenario that they are. */
static bool read_documents(const char *path, const GPtrArray *documents, GPtrArray *objects,
                           GPtrArray *all, GError **error)
{
	for (unsigned i = 0; i < documents->len; i++) {
		const struct doc *document = documents->pdata[i];

		if (is_podsim_kind_unknown(document, error)) {
			return false;
		}
		if (is_podsim(document, "Study")) {
			doc_error_at(error, document, "a Study has no objects: check its scenario");
			return false;
		}
		if (is_podsim(document, "Scenario") && documents->len > 1) {
			doc_error_at(error, document, "a Scenario must be alone in its file");
			return false;
		}
	}
	if (documents->len == 1 && is_podsim(documents->pdata[0], "Scenario")) {
		return add_scenario(path, documents->pdata[0], all, error);
	}
	g_autoptr(GPtrArray) split = manifest_split(documents, error);

	for (unsigned i = 0; split && i < split->len; i++) {
		g_ptr_array_add(objects, doc_copy(split->pdata[i]));
	}
	return split != NULL;
}

/* Every file is read, so that one run tells all that is wrong. */
static GPtrArray *read_files(char **paths, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(judged_free);
	g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
	g_autoptr(GString) faults = g_string_new(NULL);
	const char *manifests = NULL;
	unsigned files = 0;

	for (char **path = paths; *path; path++) {
		g_autoptr(GError) one = NULL;
		g_autoptr(GPtrArray) documents = doc_read_file(*path, &one);
		const unsigned before = objects->len;

		if (documents && documents->len == 0) {
			g_set_error(&one, DOC_ERROR, DOC_ERROR_INVALID,
			            "%s: there is no object in it", *path);
		}
		if (one || !read_documents(*path, documents, objects, all, &one)) {
			g_string_append_printf(faults, "%s\n", one->message);
		}
		if (objects->len > before) {
			manifests = *path;
			files++;
		}
	}
	if (objects->len > 0) {
		g_autofree char *name = g_strdup_printf("%u files together", files);
		g_autoptr(GError) one = NULL;
		struct judged *judged = judge(files > 1 ? name : manifests, objects, NULL, &one);

		if (judged) {
			g_ptr_array_insert(all, 0, judged);
		} else {
			g_string_append_printf(faults, "%s\n", one->message);
		}
	}
	if (faults->len > 0) {
		g_set_error_literal(error, DOC_ERROR, DOC_ERROR_INVALID, faults->str);
		return NULL;
	}
	return g_steal_pointer(&all);
}

/* --- text --- */

static void print_place(GString *out, struct doc_location where)
{
	if (where.file) {
		g_string_append_printf(out, "%s:%u:%u: ", where.file, where.line, where.column);
	}
}

static void print_times(GString *out, const struct judged *judged, sim_time since, sim_time until)
{
	if (!judged->scenario || (since <= judged->scenario->from && until == SIM_NEVER)) {
		return;
	}
	g_autofree char *from = duration_to_string(since), *to = duration_to_string(until);

	g_string_append_printf(out, "from %s %s%s", from, until == SIM_NEVER ? "on" : "to ",
	                       until == SIM_NEVER ? "" : to);
}

static void print_line(GString *out, const char *word, const char *text)
{
	if (text && *text) {
		g_autofree char *first = g_strdup_printf("    %-6s", word);

		text_wrap(out, first, text);
		if (out->str[out->len - 1] != '\n') {
			g_string_append_c(out, '\n');
		}
	}
}

static void print_finding(GString *out, const struct judged *judged,
                          const struct check_finding *finding, bool brief)
{
	g_autoptr(GString) when = g_string_new(NULL);

	print_place(out, finding->where);
	g_string_append_printf(out, "%s: %s: %s [%s]\n", check_severity_name(finding->severity),
	                       finding->object, finding->message, finding->rule);
	if (brief) {
		return;
	}
	print_times(when, judged, finding->since, finding->until);
	print_line(out, "why", finding->reason);
	print_line(out, "do", finding->advice);
	print_line(out, "cost", finding->cost);
	print_line(out, "when", when->str);
}

static void print_findings(GString *out, const struct judged *judged,
                           const struct check_options *options)
{
	const GPtrArray *findings = judged->result.findings;

	for (unsigned i = 0; i < findings->len; i++) {
		const struct check_finding *finding = findings->pdata[i];

		if (finding->severity != CHECK_NOTE || !(options->brief || options->no_notes)) {
			print_finding(out, judged, finding, options->brief);
		}
	}
}

static char *say_span(bool has, const struct check_span *span)
{
	if (!has || span->earliest == SIM_NEVER) {
		return g_strdup(has ? "never" : "-");
	}
	g_autofree char *earliest = text_seconds(sim_time_to_seconds(span->earliest));
	g_autofree char *latest = span->latest == SIM_NEVER
	                              ? g_strdup("never")
	                              : text_seconds(sim_time_to_seconds(span->latest));

	return g_strdup_printf("%s .. %s", earliest, latest);
}

static struct columns *budget_columns(void)
{
	static const char *const headers[] = {"PROBE", "READY AFTER", "OUT AFTER",
	                                      "RESTARTED AFTER", "ASKS"};

	return columns_new(headers, "lrrrl", G_N_ELEMENTS(headers));
}

static void budget_heading(GString *out, const struct judged *judged,
                           const struct check_budget *budget)
{
	g_autoptr(GString) when = g_string_new(NULL);

	print_times(when, judged, budget->since, budget->until);
	g_string_append_printf(out, "%s, container %s%s%s\n", budget->object, budget->container,
	                       when->len ? ", " : "", when->str);
}

static bool same_group(const struct check_budget *a, const struct check_budget *b)
{
	return g_str_equal(a->object, b->object) && g_str_equal(a->container, b->container) &&
	       a->since == b->since && a->until == b->until;
}

static void print_budgets(GString *out, const struct judged *judged, bool colour)
{
	const GPtrArray *budgets = judged->result.budgets;
	struct columns *columns = NULL;

	if (budgets->len == 0) {
		return;
	}
	text_heading(out, "Time budgets of the probes", colour);
	for (unsigned i = 0; i < budgets->len; i++) {
		const struct check_budget *budget = budgets->pdata[i];

		if (i == 0 || !same_group(budget, budgets->pdata[i - 1])) {
			if (columns) {
				columns_finish(columns, out, 2);
			}
			budget_heading(out, judged, budget);
			columns = budget_columns();
		}
		char *const cells[] = {g_strdup(probe_type_name(budget->type)),
		                       say_span(budget->has_ready, &budget->ready),
		                       say_span(budget->has_removal, &budget->removal),
		                       say_span(budget->has_restart, &budget->restart),
		                       g_strdup(budget->asks)};

		columns_add(columns, cells);
	}
	columns_finish(columns, out, 2);
	text_wrap(
	    out, "",
	    "READY counts from the container's start (of a startup probe: to started), OUT of "
	    "the endpoints and RESTARTED from the instant at which the application would fail "
	    "(of a startup probe: from the start, if it never succeeds).");
}

/* All that go unjudged for one reason, in one paragraph. */
static void print_unjudged_for(GString *out, const GPtrArray *unjudged, const char *why)
{
	g_autoptr(GString) text = g_string_new("Not judged:");
	const char *separator = " ";

	for (unsigned i = 0; i < unjudged->len; i++) {
		const struct check_unjudged *one = unjudged->pdata[i];

		if (one->why == why) {
			g_string_append_printf(text, "%s%s", separator, one->rule);
			separator = ", ";
		}
	}
	g_string_append_printf(text, ": %s.", why);
	text_wrap(out, "", text->str);
}

static void print_unjudged(GString *out, const struct judged *judged)
{
	const GPtrArray *unjudged = judged->result.unjudged;
	g_autoptr(GPtrArray) told = g_ptr_array_new();

	for (unsigned i = 0; i < unjudged->len; i++) {
		const struct check_unjudged *one = unjudged->pdata[i];

		if (!g_ptr_array_find(told, one->why, NULL)) {
			g_ptr_array_add(told, (void *)one->why);
			print_unjudged_for(out, unjudged, one->why);
		}
	}
}

static void print_count(GString *out, const struct judged *judged)
{
	unsigned n[3] = {0};

	for (unsigned i = 0; i < judged->result.findings->len; i++) {
		n[((struct check_finding *)judged->result.findings->pdata[i])->severity]++;
	}
	g_string_append_printf(out, "%s: %u error%s, %u warning%s, %u note%s\n", judged->name, n[0],
	                       text_plural(n[0]), n[1], text_plural(n[1]), n[2], text_plural(n[2]));
}

static char *to_text(const GPtrArray *all, const struct check_options *options)
{
	GString *out = g_string_new(NULL);

	for (unsigned i = 0; i < all->len; i++) {
		const struct judged *judged = all->pdata[i];

		if (i > 0 && !options->brief) {
			g_string_append_c(out, '\n');
		}
		print_findings(out, judged, options);
		if (!options->brief && !options->no_budgets) {
			print_budgets(out, judged, command_wants_colour(STDOUT_FILENO));
		}
		if (!options->brief) {
			g_string_append_c(out, '\n');
			print_unjudged(out, judged);
		}
		print_count(out, judged);
	}
	return g_string_free(out, FALSE);
}

/* --- JSON --- */

static void set_seconds(struct doc *map, const char *key, sim_time at)
{
	if (at == SIM_NEVER) {
		doc_set(map, key, doc_new_null());
	} else {
		doc_set_float(map, key, sim_time_to_seconds(at));
	}
}

static void set_place(struct doc *map, struct doc_location where)
{
	if (where.file) {
		doc_set_string(map, "file", where.file);
		doc_set_int(map, "line", where.line);
		doc_set_int(map, "column", where.column);
	}
}

static void set_times(struct doc *map, const struct judged *judged, sim_time since, sim_time until)
{
	if (judged->scenario) {
		set_seconds(map, "since", since);
		set_seconds(map, "until", until);
	}
}

static struct doc *finding_to_doc(const struct judged *judged, const struct check_finding *finding)
{
	struct doc *map = doc_new_map();

	doc_set_string(map, "rule", finding->rule);
	doc_set_string(map, "severity", check_severity_name(finding->severity));
	doc_set_string(map, "object", finding->object);
	set_place(map, finding->where);
	doc_set_string(map, "message", finding->message);
	doc_set_string(map, "reason", finding->reason);
	doc_set_string(map, "advice", finding->advice);
	doc_set_string(map, "cost", finding->cost);
	set_times(map, judged, finding->since, finding->until);
	return map;
}

static void set_span(struct doc *map, const char *key, bool has, const struct check_span *span)
{
	if (has) {
		struct doc *value = doc_new_map();

		set_seconds(value, "earliest", span->earliest);
		set_seconds(value, "latest", span->latest);
		doc_set(map, key, value);
	}
}

static struct doc *budget_to_doc(const struct judged *judged, const struct check_budget *budget)
{
	struct doc *map = doc_new_map();

	doc_set_string(map, "object", budget->object);
	doc_set_string(map, "container", budget->container);
	doc_set_string(map, "probe", probe_type_name(budget->type));
	doc_set_string(map, "asks", budget->asks);
	set_place(map, budget->where);
	set_span(map, "ready", budget->has_ready, &budget->ready);
	set_span(map, "removed", budget->has_removal, &budget->removal);
	set_span(map, "restarted", budget->has_restart, &budget->restart);
	set_times(map, judged, budget->since, budget->until);
	return map;
}

static struct doc *judged_to_doc(const struct judged *judged)
{
	const struct check_result *result = &judged->result;
	struct doc *map = doc_new_map(), *findings = doc_new_list(), *budgets = doc_new_list(),
		   *unjudged = doc_new_list();

	for (unsigned i = 0; i < result->findings->len; i++) {
		doc_append(findings, finding_to_doc(judged, result->findings->pdata[i]));
	}
	for (unsigned i = 0; i < result->budgets->len; i++) {
		doc_append(budgets, budget_to_doc(judged, result->budgets->pdata[i]));
	}
	for (unsigned i = 0; i < result->unjudged->len; i++) {
		const struct check_unjudged *one = result->unjudged->pdata[i];
		struct doc *item = doc_new_map();

		doc_set_string(item, "rule", one->rule);
		doc_set_string(item, "reason", one->why);
		doc_append(unjudged, item);
	}
	doc_set_string(map, "input", judged->name);
	doc_set_string(map, "kind", judged->scenario ? "scenario" : "manifests");
	doc_set_bool(map, "good", check_faults(result) == 0);
	doc_set(map, "findings", findings);
	doc_set(map, "budgets", budgets);
	doc_set(map, "notJudged", unjudged);
	return map;
}

static char *to_json(const GPtrArray *all)
{
	g_autoptr(doc) map = doc_new_map();
	struct doc *checks = doc_new_list();

	for (unsigned i = 0; i < all->len; i++) {
		doc_append(checks, judged_to_doc(all->pdata[i]));
	}
	doc_set_int(map, "version", 1);
	doc_set(map, "checks", checks);
	g_autofree char *text = doc_to_json(map, 2);

	return g_str_has_suffix(text, "\n") ? g_steal_pointer(&text)
	                                    : g_strconcat(text, "\n", NULL);
}

/* --- the command --- */

static int print_rules(void)
{
	static const char *const headers[] = {"RULE", "NEEDS", "WHAT IT FINDS"};
	static const char *const needs[] = {"manifests", "applications", "nodes"};
	struct columns *columns = columns_new(headers, "lll", G_N_ELEMENTS(headers));
	g_autoptr(GString) out = g_string_new(NULL);

	for (const struct check_rule *rule = check_rules; rule->name; rule++) {
		char *const cells[] = {g_strdup(rule->name), g_strdup(needs[rule->need]),
		                       g_strdup(rule->summary)};

		columns_add(columns, cells);
	}
	columns_finish(columns, out, 0);
	return command_print(out->str);
}

static int check_files(char **paths, const struct check_options *options)
{
	const bool json = options->format && g_str_equal(options->format, "json");
	GError *error = NULL;
	size_t faults = 0;

	if (options->format && !json && !g_str_equal(options->format, "text")) {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--format: expected text or json, not '%s'", options->format);
		return command_fail(error);
	}
	g_autoptr(GPtrArray) all = read_files(paths, &error);

	if (!all) {
		return command_fail(error);
	}
	for (unsigned i = 0; i < all->len; i++) {
		faults += check_faults(&((struct judged *)all->pdata[i])->result);
	}
	g_autofree char *text = json ? to_json(all) : to_text(all, options);
	const int code = command_print(text);

	return code != EXIT_GOOD ? code : faults > 0 ? EXIT_NOT_HELD : EXIT_GOOD;
}

int command_check(int argc, char **argv)
{
	struct check_options options = {0};
	const GOptionEntry entries[] = {
	    {"format", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.format,
	     "Print text (default) or json", "FORMAT"},
	    {"brief", 'b', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.brief,
	     "Print a line for each error and warning, nothing else", NULL},
	    {"no-notes", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.no_notes,
	     "Leave out notes", NULL},
	    {"no-budgets", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.no_budgets,
	     "Leave out the time budgets of the probes", NULL},
	    {"rules", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.rules,
	     "List all rules and do nothing else", NULL},
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("check", "FILE...",
	                  "Finds faults of Kubernetes manifests and of scenarios without running "
	                  "them.\nManifests are checked together, each scenario by itself; - is "
	                  "standard input.",
	                  examples, entries, &argc, &argv, 0, -1, &code)) {
		if (options.rules) {
			code = print_rules();
		} else if (argc < 2) {
			g_printerr("podsim check: expected FILE...\nTry `podsim check --help'.\n");
			code = EXIT_BAD_INPUT;
		} else {
			code = check_files(argv + 1, &options);
		}
	}
	g_free(options.format);
	return code;
}
