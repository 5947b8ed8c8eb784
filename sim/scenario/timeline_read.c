/* timeline_read.c - the part `timeline`: what people did and what broke. */

#include "scenario/sections.h"

#include "kube/codec.h"
#include "kube/quantity.h"

#include <string.h>

void action_clear(struct action *action)
{
	g_free(action->text);
	g_clear_pointer(&action->documents, g_ptr_array_unref);
	g_free(action->name);
	g_free(action->namespace);
	doc_free(action->patch);
	label_selector_free(action->selector);
	g_free(action->application);
	g_free(action->target);
}

void read_manifest(struct reader *reader, const struct doc *name, GPtrArray *objects)
{
	g_autoptr(GPtrArray) documents = NULL;
	g_autoptr(GPtrArray) split = NULL;
	GError *error = NULL;

	if (doc_kind_of(name) == DOC_MAP) { /* an object in place of a file */
		documents = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
		g_ptr_array_add(documents, doc_copy(name));
	} else if (!doc_string(name) || !*doc_string(name)) {
		fields_fault(reader, name, "expected the name of a manifest file, not %s",
		             doc_kind_name(doc_kind_of(name)));
		return;
	} else {
		g_autofree char *path = fields_path(reader, doc_string(name));

		documents = doc_read_file(path, &error);
		if (!documents && g_error_matches(error, DOC_ERROR, DOC_ERROR_FILE)) {
			fields_fault(reader, name, "%s", error->message);
			g_error_free(error);
			return;
		}
	}
	split = documents ? manifest_split(documents, &error) : NULL;
	if (!split) {
		fields_fault_error(reader, error);
		return;
	}
	if (split->len == 0) {
		fields_fault(reader, name, "there is no object in %s", doc_text(name));
	}
	for (unsigned i = 0; i < split->len; i++) {
		g_ptr_array_add(objects, doc_copy(split->pdata[i]));
	}
}

bool read_target(struct reader *reader, const struct doc *text, enum object_kind *kind, char **name,
                 char **namespace)
{
	static const char *const words[] = {
	    "deployment", "service", "hpa",  "pod",
	    "replicaset", "pdb",     "node", "horizontalpodautoscaler",
	    NULL};
	g_auto(GStrv) parts = g_strsplit(doc_text(text) ? doc_text(text) : "", "/", -1);
	unsigned n = g_strv_length(parts);

	if (n < 2 || n > 3 || !*parts[n - 1] || !*parts[0]) {
		fields_fault(reader, text, "expected KIND/NAME, such as deployment/web, not %s",
		             doc_text(text) ? doc_text(text) : doc_kind_name(doc_kind_of(text)));
		return false;
	}
	if (!object_kind_from_word(parts[n - 2], kind)) {
		g_autofree char *suggestion = fields_suggestion(parts[n - 2], words);

		fields_fault(reader, text, "there is no kind `%s`%s", parts[n - 2], suggestion);
		return false;
	}
	g_free(*name);
	*name = g_strdup(parts[n - 1]);
	if (n == 3) {
		g_free(*namespace);
		*namespace = g_strdup(parts[0]);
	}
	return true;
}

/* --- one function an action --- */

/* As `kubectl -n`: objects without a namespace get this one. */
static void set_namespace(GPtrArray *objects, const char *namespace)
{
	static const char *const of_the_cluster[] = {"Node",
	                                             "Namespace",
	                                             "PersistentVolume",
	                                             "StorageClass",
	                                             "PriorityClass",
	                                             "ClusterRole",
	                                             "ClusterRoleBinding",
	                                             "CustomResourceDefinition",
	                                             "IngressClass",
	                                             "RuntimeClass",
	                                             NULL};

	for (unsigned i = 0; namespace && i < objects->len; i++) {
		const char *kind = doc_string(doc_get(objects->pdata[i], "kind"));
		struct doc *metadata = doc_get(objects->pdata[i], "metadata");

		if (kind && !g_strv_contains(of_the_cluster, kind) &&
		    doc_kind_of(metadata) == DOC_MAP && !doc_get(metadata, "namespace")) {
			doc_set_string(metadata, "namespace", namespace);
		}
	}
}

static void read_apply(struct reader *reader, const struct doc *map, struct action *action)
{
	const struct doc *what = doc_get(map, "apply");
	g_autoptr(GString) names = g_string_new("apply");

	action->documents = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
	if (doc_kind_of(what) != DOC_LIST) {
		read_manifest(reader, what, action->documents);
		g_string_append_printf(names, " %s", doc_text(what) ? doc_text(what) : "an object");
	} else if (fields_list(reader, what, "apply", 1)) {
		for (size_t i = 0; i < doc_length(what); i++) {
			const char *name = doc_text(doc_at(what, i));

			read_manifest(reader, doc_at(what, i), action->documents);
			g_string_append_printf(names, "%s%s", i ? ", " : " ",
			                       name ? name : "an object");
		}
	}
	set_namespace(action->documents, action->namespace);
	action->text = g_strdup(names->str);
}

/* The patch in a file of its own: one document. */
static struct doc *read_patch_file(struct reader *reader, const struct doc *name)
{
	GError *error = NULL;

	if (!doc_string(name)) {
		fields_fault(reader, name, "`file` must be the name of a file");
		return NULL;
	}
	g_autofree char *path = fields_path(reader, doc_string(name));
	g_autoptr(GPtrArray) documents = doc_read_file(path, &error);

	if (!documents && g_error_matches(error, DOC_ERROR, DOC_ERROR_FILE)) {
		fields_fault(reader, name, "%s", error->message);
		g_error_free(error);
		return NULL;
	}
	if (!documents) {
		fields_fault_error(reader, error);
		return NULL;
	}
	if (documents->len != 1) {
		fields_fault(reader, name, "expected one patch in %s, found %u documents", path,
		             documents->len);
		return NULL;
	}
	return doc_copy(documents->pdata[0]);
}

static void read_scale(struct reader *reader, const struct doc *map, struct action *action)
{
	const struct doc *what = doc_get(map, "scale");

	if (read_target(reader, what, &action->object_kind, &action->name, &action->namespace) &&
	    action->object_kind != KIND_DEPLOYMENT && action->object_kind != KIND_REPLICA_SET) {
		fields_fault(reader, what,
		             "a %s cannot be scaled, only a deployment or a replicaset",
		             object_kind_word(action->object_kind));
	}
	if (!doc_get(map, "replicas")) {
		fields_fault(reader, map, "`scale` needs `replicas`");
	}
	fields_int(reader, map, "replicas", 0, 100000, &action->replicas);
	action->text = g_strdup_printf("scale %s to %d", doc_text(what), action->replicas);
}

static void read_selector(struct reader *reader, const struct doc *map, const char *key,
                          struct action *action)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	if (fields_string(reader, map, key, &text)) {
		action->selector = label_selector_parse(text, &error);
		if (!action->selector) {
			fields_fault(reader, doc_get(map, key), "%s", error->message);
		}
	}
}

/* KIND/NAME, or pods by `selector`; `subresource: resize` is of pods alone. */
static void read_patched(struct reader *reader, const struct doc *map, struct action *action)
{
	static const char *const subresources[] = {"resize", NULL};
	const struct doc *what = doc_get(map, "patch");
	const struct doc *selector = doc_get(map, "selector");
	const struct doc *subresource = doc_get(map, "subresource");
	int word = -1;

	if (selector && g_strcmp0(doc_text(what), "pod") == 0) {
		action->object_kind = KIND_POD;
		read_selector(reader, map, "selector", action);
		fields_int(reader, map, "count", 1, INT32_MAX, &action->count);
	} else if (g_strcmp0(doc_text(what), "pod") == 0) {
		action->object_kind = KIND_POD;
		fields_fault(reader, what, "`patch: pod` needs a `selector`, or a name: pod/NAME");
	} else {
		read_target(reader, what, &action->object_kind, &action->name, &action->namespace);
		if (selector || doc_get(map, "count")) {
			fields_fault(
			    reader, selector ? selector : doc_get(map, "count"),
			    "`selector` and `count` go with `patch: pod`, not with a name");
		}
	}
	fields_word(reader, map, "subresource", subresources, &word);
	action->resize = subresource && word == 0;
	if (subresource && action->object_kind != KIND_POD) {
		fields_fault(reader, subresource, "only pods have the subresource `resize`");
	}
}

static void read_patch(struct reader *reader, const struct doc *map, struct action *action)
{
	static const char *const types[] = {"strategic", "merge", "json", NULL};
	const struct doc *with = doc_get(map, "with"), *file = doc_get(map, "file");
	int type = PATCH_STRATEGIC;

	read_patched(reader, map, action);
	fields_word(reader, map, "type", types, &type);
	action->patch_type = (enum patch_type)type;
	if (!with == !file) {
		fields_fault(reader, map, "`patch` needs either `with` or `file`");
	} else {
		action->patch = with ? doc_copy(with) : read_patch_file(reader, file);
	}
	if (action->patch &&
	    doc_kind_of(action->patch) != (type == PATCH_JSON ? DOC_LIST : DOC_MAP)) {
		fields_fault(reader, action->patch, "a %s patch must be %s, not %s", types[type],
		             type == PATCH_JSON ? "a list" : "a map",
		             doc_kind_name(doc_kind_of(action->patch)));
		g_clear_pointer(&action->patch, doc_free);
	}
	const char *selector = doc_text(doc_get(map, "selector"));
	g_autofree char *pods = selector ? g_strdup_printf("pods of %s", selector) : NULL;

	action->text =
	    g_strdup_printf("%s %s%s%s", action->resize ? "resize" : "patch",
	                    pods ? pods : doc_text(doc_get(map, "patch")), file ? " with " : "",
	                    file && doc_text(file) ? doc_text(file) : "");
}

static void read_delete(struct reader *reader, const struct doc *map, struct action *action)
{
	const struct doc *what = doc_get(map, "delete");
	const char *text = doc_text(what) ? doc_text(what) : "";
	const struct doc *selector = doc_get(map, "selector");

	if (strchr(text, '/')) {
		read_target(reader, what, &action->object_kind, &action->name, &action->namespace);
		if (selector || doc_get(map, "count")) {
			fields_fault(reader, selector ? selector : doc_get(map, "count"),
			             "`selector` and `count` do not go with a name");
		}
		action->text = g_strdup_printf("delete %s", text);
		return;
	}
	if (!object_kind_from_word(text, &action->object_kind) || action->object_kind != KIND_POD) {
		fields_fault(reader, what,
		             "`delete` must be KIND/NAME, or pod with `selector`, not '%s'", text);
	}
	if (!selector) {
		fields_fault(reader, map, "`delete: pod` needs `selector`, or a name");
	}
	read_selector(reader, map, "selector", action);
	fields_int(reader, map, "count", 1, INT32_MAX, &action->count);
	action->text = action->count < 0
	                   ? g_strdup_printf("delete all pods of %s", doc_text(selector))
	                   : g_strdup_printf("delete %d pod%s of %s", action->count,
	                                     action->count == 1 ? "" : "s", doc_text(selector));
}

static void read_kill(struct reader *reader, const struct doc *map, struct action *action)
{
	static const char *const known[] = {"pods", "count", "container", "namespace", NULL};
	const struct doc *what = doc_get(map, "kill");

	action->object_kind = KIND_POD;
	action->status = 137;
	if (doc_kind_of(what) != DOC_MAP) {
		fields_fault(reader, what,
		             "`kill` must be a map such as {pods: app=web, count: 1}");
	} else if (fields_map(reader, what, "kill", known)) {
		if (!doc_get(what, "pods")) {
			fields_fault(reader, what, "`kill` needs `pods`, a selector");
		}
		read_selector(reader, what, "pods", action);
		fields_int(reader, what, "count", 1, INT32_MAX, &action->count);
		fields_string(reader, what, "container", &action->target);
		fields_string(reader, what, "namespace", &action->namespace);
	}
	fields_int(reader, map, "exitCode", 0, 255, &action->status);
	g_autofree char *some = action->count < 0 ? g_strdup("the pods")
	                                          : g_strdup_printf("%d pod%s", action->count,
	                                                            action->count == 1 ? "" : "s");

	action->text = g_strdup_printf("kill %s%s of %s of %s with exit code %d",
	                               action->target ? "container " : "the containers",
	                               action->target ? action->target : "", some,
	                               doc_text(doc_get(what, "pods")), action->status);
}

/* What a controller beside the kubelet writes for a readiness gate. */
static void read_condition(struct reader *reader, const struct doc *map, struct action *action)
{
	static const char *const words[] = {"True", "False", "Unknown", NULL};
	static const enum condition_status values[] = {CONDITION_TRUE, CONDITION_FALSE,
	                                               CONDITION_UNKNOWN};
	const char *type = doc_text(doc_get(map, "condition"));
	int word = 0;

	action->object_kind = KIND_POD;
	action->new_pods = SIM_NEVER;
	action->target = g_strdup(type ? type : "");
	if (!type || !*type) {
		fields_fault(reader, doc_get(map, "condition"),
		             "`condition` must be the type of a pod's condition");
	}
	if (!doc_get(map, "pods")) {
		fields_fault(reader, map, "`condition` needs `pods`, a selector");
	}
	read_selector(reader, map, "pods", action);
	fields_int(reader, map, "count", 1, INT32_MAX, &action->count);
	if (doc_kind_of(doc_get(map, "status")) == DOC_BOOL) {
		word = !doc_bool(doc_get(map, "status"), true);
	} else {
		fields_word(reader, map, "status", words, &word);
	}
	action->status = values[word];
	fields_duration(reader, map, "newPodsAfter", 0, &action->new_pods);
	action->text = g_strdup_printf("condition %s of %s is %s", action->target,
	                               doc_text(doc_get(map, "pods")), words[word]);
}

static char *length_text(sim_time length)
{
	g_autofree char *text = length == SIM_NEVER ? NULL : duration_to_string(length);

	return text ? g_strdup_printf(" for %s", text) : g_strdup("");
}

static void read_outage(struct reader *reader, const struct doc *map, struct action *action)
{
	static const char *const components[] = {"metrics-server", NULL};
	int component = 0;

	fields_word(reader, map, "outage", components, &component);
	fields_duration(reader, map, "for", 1, &action->duration);
	action->target = g_strdup(components[component]);
	g_autofree char *length = length_text(action->duration);

	action->text = g_strdup_printf("%s is away%s", action->target, length);
}

/* APPLICATION/REST; the rest keeps its slash when @slash. */
static void read_part(struct reader *reader, const struct doc *text, const char *what, bool slash,
                      struct action *action)
{
	const char *word = doc_text(text) ? doc_text(text) : "";
	const char *at = strchr(word, '/');

	if (!at || at == word || (!slash && !at[1])) { /* the path may be the root */
		fields_fault(reader, text, "`%s` must be APPLICATION/%s, not '%s'", what,
		             slash ? "PATH" : "NAME", word);
		return;
	}
	action->application = g_strndup(word, (size_t)(at - word));
	action->target = g_strdup(slash ? at : at + 1);
}

static void read_route(struct reader *reader, const struct doc *map, struct action *action)
{
	read_part(reader, doc_get(map, "route"), "route", true, action);
	if (!doc_get(map, "status") && !doc_get(map, "latency")) {
		fields_fault(reader, map, "`route` needs `status`, `latency` or both");
	}
	fields_int(reader, map, "status", 100, 599, &action->status);
	fields_duration(reader, map, "latency", 0, &action->latency);
	fields_duration(reader, map, "for", 1, &action->duration);
	g_autofree char *length = length_text(action->duration);
	g_autofree char *delay = action->latency ? duration_to_string(action->latency) : NULL;
	g_autofree char *status =
	    action->status ? g_strdup_printf(" answers %d", action->status) : g_strdup("");

	action->text =
	    g_strdup_printf("%s%s%s%s%s%s", doc_text(doc_get(map, "route")), status,
	                    delay && action->status ? "," : "", delay ? " takes longer by " : "",
	                    delay ? delay : "", length);
}

static void read_dependency(struct reader *reader, const struct doc *map, struct action *action)
{
	const struct doc *down = doc_get(map, "down");

	read_part(reader, doc_get(map, "dependency"), "dependency", false, action);
	if (!down) {
		fields_fault(reader, map,
		             "`dependency` needs `down`: how long it is away, or true");
	} else if (doc_kind_of(down) != DOC_BOOL || !doc_bool(down, false)) {
		fields_duration(reader, map, "down", 1, &action->duration);
	}
	g_autofree char *length = length_text(action->duration);

	action->text =
	    g_strdup_printf("%s is down%s", doc_text(doc_get(map, "dependency")), length);
}

static void read_rollout(struct reader *reader, const struct doc *map, struct action *action)
{
	static const char *const words[] = {"restart", "undo", NULL};
	const struct doc *of = doc_get(map, "of");
	int word = 0;

	fields_word(reader, map, "rollout", words, &word);
	action->kind = word ? ACTION_ROLLOUT_UNDO : ACTION_ROLLOUT_RESTART;
	if (!of) {
		fields_fault(reader, map, "`rollout` needs `of`, such as deployment/web");
	} else if (read_target(reader, of, &action->object_kind, &action->name,
	                       &action->namespace) &&
	           action->object_kind != KIND_DEPLOYMENT) {
		fields_fault(reader, of, "only a deployment has rollouts here, not a %s",
		             object_kind_word(action->object_kind));
	}
	action->text = g_strdup_printf("rollout %s %s", words[word], doc_text(of));
}

static const struct verb {
	const char *name;
	enum action_kind kind;
	void (*read)(struct reader *reader, const struct doc *map, struct action *action);
	const char *fields[7]; /* beside `at`, its own name and `namespace` */
} verbs[] = {
    {"apply", ACTION_APPLY, read_apply, {NULL}},
    {"patch",
     ACTION_PATCH,
     read_patch,
     {"with", "file", "type", "selector", "count", "subresource", NULL}},
    {"scale", ACTION_SCALE, read_scale, {"replicas", NULL}},
    {"delete", ACTION_DELETE, read_delete, {"selector", "count", NULL}},
    {"rollout", ACTION_ROLLOUT_RESTART, read_rollout, {"of", NULL}},
    {"dependency", ACTION_DEPENDENCY, read_dependency, {"down", NULL}},
    {"kill", ACTION_KILL, read_kill, {"exitCode", NULL}},
    {"outage", ACTION_OUTAGE, read_outage, {"for", NULL}},
    {"route", ACTION_ROUTE, read_route, {"status", "latency", "for", NULL}},
    {"condition",
     ACTION_CONDITION,
     read_condition,
     {"pods", "status", "count", "newPodsAfter", NULL}},
};

/* The one verb of an action; NULL and a fault when there is none or more than one. */
static const struct verb *verb_of(struct reader *reader, const struct doc *map)
{
	const char *names[G_N_ELEMENTS(verbs) + 1] = {NULL};
	const struct verb *found = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
		names[i] = verbs[i].name;
		if (!doc_get(map, verbs[i].name)) {
			continue;
		}
		if (found) {
			fields_fault(reader, map, "an action is either `%s` or `%s`, not both",
			             found->name, verbs[i].name);
			return NULL;
		}
		found = &verbs[i];
	}
	for (size_t i = 0; !found && i < doc_length(map); i++) {
		const char *nearest = doc_nearest(doc_key_at(map, i), names);

		if (nearest && !g_str_equal(doc_key_at(map, i), "at")) {
			fields_fault_at(reader, doc_key_where(map, i),
			                "there is no action `%s`; did you mean `%s`?",
			                doc_key_at(map, i), nearest);
			return NULL;
		}
	}
	if (!found) {
		g_autofree char *all = g_strjoinv(", ", (GStrv)names);

		fields_fault(reader, map, "an action needs one of %s", all);
	}
	return found;
}

static void read_action(struct reader *reader, const struct doc *map, struct action *action)
{
	const char *known[10] = {"at", "namespace"};
	size_t n = 2;

	action->where = doc_where(map);
	action->count = -1;
	action->duration = SIM_NEVER;
	action->object_kind = KIND_OTHER;
	if (doc_kind_of(map) != DOC_MAP) {
		fields_fault(reader, map, "an action must be a map, not %s",
		             doc_kind_name(doc_kind_of(map)));
		return;
	}
	if (!doc_get(map, "at")) {
		fields_fault(reader, map, "an action needs `at`");
	}
	fields_instant(reader, map, "at", &action->at);
	fields_string(reader, map, "namespace", &action->namespace);
	const struct verb *verb = verb_of(reader, map);

	if (!verb) {
		return;
	}
	known[n++] = verb->name;
	for (size_t i = 0; verb->fields[i]; i++) {
		known[n++] = verb->fields[i];
	}
	fields_map(reader, map, verb->name, known);
	action->kind = verb->kind;
	verb->read(reader, map, action);
}

static int by_time(const void *a, const void *b, void *unused)
{
	const struct action *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

void read_timeline(struct reader *reader, const struct doc *list, struct scenario *scenario)
{
	if (doc_kind_of(list) == DOC_NULL || !fields_list(reader, list, "timeline", 0)) {
		return;
	}
	scenario->n_timeline = doc_length(list);
	scenario->timeline = g_new0(struct action, scenario->n_timeline + 1);
	for (size_t i = 0; i < scenario->n_timeline; i++) {
		struct action *action = &scenario->timeline[i];

		read_action(reader, doc_at(list, i), action);
		if (!action->namespace) {
			action->namespace = g_strdup("default");
		}
		if (!action->text) {
			action->text = g_strdup("?");
		}
	}
	/* Stable: actions of one instant stay as written. */
	g_qsort_with_data(scenario->timeline, (int)scenario->n_timeline, sizeof(struct action),
	                  by_time, NULL);
}
