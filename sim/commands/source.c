/* source.c - what a command looks at. */

#include "commands/source.h"

#include "commands/command.h"
#include "kube/quantity.h"
#include "record/archive.h"
#include "world/world.h"

#include <stdio.h>
#include <string.h>

/* --- the run --- */

static bool is_archive(const char *path)
{
	static const char magic[] = "SQLite format 3";
	char head[sizeof(magic)] = "";
	FILE *file = g_str_equal(path, "-") ? NULL : fopen(path, "rb");

	if (!file) {
		return false;
	}
	const size_t n = fread(head, 1, sizeof(head), file);

	fclose(file);
	return n == sizeof(head) && memcmp(head, magic, sizeof(magic)) == 0;
}

static bool run_scenario(const char *path, const struct source_options *options,
                         struct source *source, GError **error)
{
	struct scenario_overrides overrides = {.sets = options->sets};

	if (options->seed_text) {
		overrides.has_seed = true;
		if (!g_ascii_string_to_unsigned(options->seed_text, 10, 0, G_MAXUINT64,
		                                &overrides.seed, error)) {
			g_prefix_error(error, "--seed: ");
			return false;
		}
	}
	source->scenario = scenario_load(path, &overrides, error);
	if (source->scenario) {
		source->run = world_run(source->scenario, error);
	}
	return source->run != NULL;
}

static bool read_archive(const char *path, const struct source_options *options,
                         struct source *source, GError **error)
{
	if (options->sets || options->seed_text) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "%s is a run that is over: --set and --seed need the scenario", path);
		return false;
	}
	source->run = archive_load(path, error);
	return source->run != NULL;
}

/* --- the instant --- */

static bool read_instant(const struct source_options *options, const struct run *run, sim_time *at,
                         GError **error)
{
	*at = run->to;
	if (!options->at_text) {
		return true;
	}
	if (!duration_parse(options->at_text, at)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--at: expected an instant such as 9m, 540s or -1h, not '%s'",
		            options->at_text);
		return false;
	}
	if (*at < run->from || *at > run->to) {
		g_autofree char *from = duration_to_string(run->from);
		g_autofree char *to = duration_to_string(run->to);

		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--at: %s is outside of the run, which lasts from %s to %s",
		            options->at_text, from, to);
		return false;
	}
	return true;
}

bool source_open(const char *path, const struct source_options *options, struct source *source,
                 GError **error)
{
	sim_time at;
	bool good;

	*source = (struct source){0};
	if (!options->all_namespaces) {
		source->namespace = options->namespace ? options->namespace : "default";
	}
	if (options->selector_text) {
		source->selector = label_selector_parse(options->selector_text, error);
		if (!source->selector) {
			g_prefix_error(error, "--selector: ");
			return false;
		}
	}
	good = is_archive(path) ? read_archive(path, options, source, error)
	                        : run_scenario(path, options, source, error);
	if (good && read_instant(options, source->run, &at, error)) {
		source->view = view_new(source->run, at);
		return true;
	}
	source_close(source);
	return false;
}

void source_close(struct source *source)
{
	view_free(source->view);
	run_free(source->run);
	scenario_free(source->scenario);
	label_selector_free(source->selector);
	*source = (struct source){0};
}

void source_options_clear(struct source_options *options)
{
	g_strfreev(options->sets);
	g_free(options->seed_text);
	g_free(options->at_text);
	g_free(options->namespace);
	g_free(options->selector_text);
}

/* --- names --- */

static bool read_kind(const char *word, enum object_kind *kind, GError **error)
{
	static const char *const known[] = {
	    "pods",           "nodes", "deployments", "replicasets", "services", "endpoints",
	    "endpointslices", "hpa",   "pdb",         "events",      NULL,
	};
	g_autofree char *bare = g_strndup(word, strcspn(word, ".")); /* deployment.apps */
	const char *near;

	if (object_kind_from_word(bare, kind) && *kind != KIND_OTHER) {
		return true;
	}
	near = doc_nearest(bare, known);
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
	            "the server doesn't have a resource type \"%s\"%s%s%s", word,
	            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return false;
}

/* The kinds in "pods,hpa"; "all" are those of kubectl's category. */
static bool add_kinds(GArray *names, const char *text, GError **error)
{
	static const enum object_kind all[] = {KIND_POD, KIND_SERVICE, KIND_DEPLOYMENT,
	                                       KIND_REPLICA_SET, KIND_HPA};
	g_auto(GStrv) words = g_strsplit(text, ",", -1);

	for (char **word = words; *word; word++) {
		struct source_name name = {0};

		for (size_t i = 0; g_str_equal(*word, "all") && i < G_N_ELEMENTS(all); i++) {
			name.kind = all[i];
			g_array_append_val(names, name);
		}
		if (g_str_equal(*word, "all")) {
			continue;
		}
		if (!read_kind(*word, &name.kind, error)) {
			return false;
		}
		g_array_append_val(names, name);
	}
	return true;
}

static bool add_pair(GArray *names, const char *text, GError **error)
{
	const char *slash = strchr(text, '/');
	g_autofree char *word = g_strndup(text, slash ? (size_t)(slash - text) : 0);
	struct source_name name = {.name = slash ? slash + 1 : text};

	if (!slash || !slash[1]) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "expected KIND/NAME, not '%s'", text);
		return false;
	}
	if (!read_kind(word, &name.kind, error)) {
		return false;
	}
	g_array_append_val(names, name);
	return true;
}

static bool add_names(GArray *names, char *const *arguments, int n, GError **error)
{
	if (strchr(arguments[0], '/')) {
		for (int i = 0; i < n; i++) {
			if (!add_pair(names, arguments[i], error)) {
				return false;
			}
		}
		return true;
	}
	if (!add_kinds(names, arguments[0], error)) {
		return false;
	}
	if (n > 1 && names->len > 1) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "names need one resource type, not '%s'", arguments[0]);
		return false;
	}
	for (int i = 1; i < n; i++) {
		struct source_name name = g_array_index(names, struct source_name, 0);

		name.name = arguments[i];
		g_array_append_val(names, name);
	}
	if (n > 1) {
		g_array_remove_index(names, 0);
	}
	return true;
}

GArray *source_names(char *const *arguments, int n, GError **error)
{
	GArray *names = g_array_new(FALSE, TRUE, sizeof(struct source_name));

	if (!add_names(names, arguments, n, error)) {
		g_array_unref(names);
		return NULL;
	}
	return names;
}

bool source_name(char *const *arguments, int n, enum object_kind otherwise,
                 struct source_name *name, GError **error)
{
	*name = (struct source_name){otherwise, arguments[0]};
	if (n == 1 && !strchr(arguments[0], '/')) {
		return true;
	}
	g_autoptr(GArray) names = source_names(arguments, n, error);

	if (names && names->len != 1) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "expected one object, not %u", names->len);
		return false;
	}
	if (names) {
		*name = g_array_index(names, struct source_name, 0);
	}
	return names != NULL;
}

/* --- objects --- */

GPtrArray *source_select(const struct source *source, const struct source_name *name,
                         const char *fields, GError **error)
{
	const struct view_query query = {
	    .kind = name->kind,
	    .namespace = source->namespace,
	    .name = name->name,
	    .selector = source->selector,
	    .fields = fields,
	};
	GPtrArray *objects = view_select(source->view, &query);

	if (name->name && objects->len == 0) {
		g_ptr_array_unref(objects);
		g_set_error(error, VIEW_ERROR, VIEW_ERROR_REFUSED,
		            "Error from server (NotFound): %s \"%s\" not found",
		            view_kind_resource(name->kind), name->name);
		return NULL;
	}
	return objects;
}

/* --- which pod of a Deployment --- */

static uint32_t most_restarts(const struct pod *pod)
{
	uint32_t most = 0;

	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		most = MAX(most, pod->containers[i].restart_count);
	}
	return most;
}

static sim_time ready_since(const struct pod *pod)
{
	const struct condition *ready = conditions_find(&pod->conditions, "Ready");

	return ready ? ready->last_transition_time : SIM_NEVER;
}

/* The better one for its logs comes first: bound, Running, Ready, longer Ready, restarted more
 * often, older. Source: staging/src/k8s.io/kubectl/pkg/util/podutils, ByLogging. */
static int compare_for_logs(const void *a, const void *b)
{
	static const int rank[] = {
	    [POD_RUNNING] = 0,   [POD_UNKNOWN] = 1, [POD_PENDING] = 2,
	    [POD_SUCCEEDED] = 0, [POD_FAILED] = 0,
	};
	const struct pod *left = POD(*(void *const *)a), *right = POD(*(void *const *)b);

	if (!left->node_name != !right->node_name) {
		return left->node_name ? -1 : 1;
	}
	if (rank[left->phase] != rank[right->phase]) {
		return rank[left->phase] - rank[right->phase];
	}
	if (pod_is_ready(left) != pod_is_ready(right)) {
		return pod_is_ready(left) ? -1 : 1;
	}
	if (pod_is_ready(left) && ready_since(left) != ready_since(right)) {
		return ready_since(left) < ready_since(right) ? -1 : 1;
	}
	if (most_restarts(left) != most_restarts(right)) {
		return most_restarts(left) > most_restarts(right) ? -1 : 1;
	}
	if (left->object.meta.creation_time != right->object.meta.creation_time) {
		return left->object.meta.creation_time < right->object.meta.creation_time ? -1 : 1;
	}
	return strcmp(left->object.meta.name, right->object.meta.name);
}

/* The selector of a workload or Service whose pods may stand for it; NULL: it has none. */
static struct label_selector *selector_of(const struct object *object)
{
	switch (object->kind) {
	case KIND_DEPLOYMENT:
		return label_selector_copy(DEPLOYMENT(object)->selector);
	case KIND_REPLICA_SET:
		return label_selector_copy(REPLICA_SET(object)->selector);
	case KIND_SERVICE: {
		g_autofree char *text = string_map_to_string(SERVICE(object)->selector);

		return *text ? label_selector_parse(text, NULL) : NULL;
	}
	default:
		return NULL;
	}
}

const struct object *source_pod(const struct source *source, const struct source_name *name,
                                GError **error)
{
	g_autoptr(GPtrArray) objects = source_select(source, name, NULL, error);
	g_autoptr(GPtrArray) pods = NULL;

	if (!objects) {
		return NULL;
	}
	if (name->kind == KIND_POD) {
		pods = g_ptr_array_ref(objects);
	} else {
		const struct object *owner = objects->pdata[0];
		struct label_selector *selector = selector_of(owner);
		const struct view_query query = {
		    .kind = KIND_POD, .namespace = owner->meta.namespace, .selector = selector};

		pods = selector ? view_select(source->view, &query) : g_ptr_array_new();
		label_selector_free(selector);
	}
	if (pods->len == 0) {
		g_set_error(error, VIEW_ERROR, VIEW_ERROR_REFUSED,
		            "error: timed out waiting for the condition: %s/%s has no pods",
		            object_kind_word(name->kind), name->name);
		return NULL;
	}
	g_ptr_array_sort(pods, compare_for_logs);
	const struct object *pod = pods->pdata[0];

	if (pods->len > 1) {
		fprintf(stderr, "Found %u pods, using pod/%s\n", pods->len, pod->meta.name);
	}
	return pod;
}

int source_fail(GError *error)
{
	if (!g_error_matches(error, VIEW_ERROR, VIEW_ERROR_REFUSED)) {
		return command_fail(error);
	}
	fprintf(stderr, "%s\n", error->message);
	g_error_free(error);
	return EXIT_NOT_HELD;
}
