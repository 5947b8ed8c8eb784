/* cluster_read.c - the part `cluster`: release, nodes, timing, network. */

#include "scenario/sections.h"

#include "kube/codec.h"
#include "kube/quantity.h"

#include <string.h>

#define MOST_NODES 5000 /* what Kubernetes itself is tested with */

static void read_release(struct reader *reader, const struct doc *cluster,
                         struct scenario *scenario)
{
	const struct doc *version = doc_get(cluster, "version");
	const struct doc *gates = doc_get(cluster, "featureGates");
	g_autoptr(GError) error = NULL;

	scenario->version = g_strdup(RELEASE_DEFAULT);
	release_init(&scenario->release, RELEASE_DEFAULT, NULL);
	if (fields_string(reader, cluster, "version", &scenario->version) &&
	    !release_init(&scenario->release, scenario->version, &error)) {
		fields_fault(reader, version, "%s", error->message);
		release_init(&scenario->release, RELEASE_DEFAULT, NULL);
	}
	if (doc_kind_of(gates) != DOC_MAP) {
		if (doc_kind_of(gates) != DOC_NULL) {
			fields_fault(reader, gates, "`featureGates` must be a map, not %s",
			             doc_kind_name(doc_kind_of(gates)));
		}
		return;
	}
	for (size_t i = 0; i < doc_length(gates); i++) {
		const char *name = doc_key_at(gates, i);
		g_autoptr(GError) unknown = NULL;
		bool on = false;

		if (fields_bool(reader, gates, name, &on) &&
		    !release_set_gate(&scenario->release, name, on, &unknown)) {
			fields_fault_at(reader, doc_key_where(gates, i), "%s", unknown->message);
		}
	}
}

static void read_clock(struct reader *reader, const struct doc *cluster, struct scenario *scenario)
{
	g_autofree char *text = NULL;

	scenario->clock_zero = 1735689600; /* 2025-01-01T00:00:00Z */
	if (fields_string(reader, cluster, "clock", &text) &&
	    !timestamp_parse(text, &scenario->clock_zero)) {
		fields_fault(reader, doc_get(cluster, "clock"),
		             "`clock` must be a time such as 2025-11-05T15:30:00Z, not '%s'", text);
	}
}

static void read_resources(struct reader *reader, const struct doc *node, const char *key,
                           struct resource_list *list)
{
	const struct doc *map = doc_get(node, key);

	if (doc_kind_of(map) != DOC_MAP) {
		if (doc_kind_of(map) != DOC_NULL) {
			fields_fault(reader, map, "`%s` must be a map, not %s", key,
			             doc_kind_name(doc_kind_of(map)));
		}
		return;
	}
	for (size_t i = 0; i < doc_length(map); i++) {
		static const char *const usual[] = {"cpu", "memory", "pods", "ephemeral-storage",
		                                    NULL};
		const char *name = doc_key_at(map, i);
		int64_t milli;

		if (!g_strv_contains(usual, name) && !strchr(name, '/') &&
		    !g_str_has_prefix(name, "hugepages-")) {
			g_autofree char *suggestion = fields_suggestion(name, usual);

			fields_fault_at(reader, doc_key_where(map, i), "`%s` is no resource%s",
			                name, suggestion);
		} else if (fields_quantity(reader, map, name, &milli)) {
			resource_list_set(list, g_intern_string(name), milli);
		}
	}
}

static void node_defaults(struct node_spec *node)
{
	static const struct {
		const char *name;
		int64_t milli;
	} usual[] = {
	    {"cpu", 16000}, {"memory", INT64_C(64) * 1024 * 1024 * 1024 * 1000}, {"pods", 110000}};
	int64_t milli;

	for (size_t i = 0; i < G_N_ELEMENTS(usual); i++) {
		if (!resource_list_get(&node->allocatable, usual[i].name, &milli)) {
			resource_list_set(&node->allocatable, g_intern_string(usual[i].name),
			                  usual[i].milli);
		}
	}
}

static void read_taints(struct reader *reader, const struct doc *list, struct node_spec *node)
{
	static const char *const known[] = {"key", "value", "effect", NULL};
	static const char *const effects[] = {"NoSchedule", "PreferNoSchedule", "NoExecute", NULL};

	if (doc_kind_of(list) == DOC_NULL || !fields_list(reader, list, "taints", 0)) {
		return;
	}
	node->taints = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *taint = doc_at(list, i);
		int effect;

		fields_map(reader, taint, "taint", known);
		if (!doc_get(taint, "key") || !doc_get(taint, "effect")) {
			fields_fault(reader, taint, "a taint needs `key` and `effect`");
		}
		fields_word(reader, taint, "effect", effects, &effect);
		g_ptr_array_add(node->taints, doc_copy(taint));
	}
}

static void read_node(struct reader *reader, const struct doc *map, struct node_spec *node,
                      int *count)
{
	static const char *const known[] = {"name",   "count",  "allocatable", "otherRequests",
	                                    "labels", "taints", NULL};

	node->where = doc_where(map);
	if (doc_kind_of(map) != DOC_MAP) {
		fields_fault(reader, map, "a node must be a map, not %s",
		             doc_kind_name(doc_kind_of(map)));
	}
	fields_map(reader, map, "node", known);
	fields_string(reader, map, "name", &node->name);
	fields_int(reader, map, "count", 1, MOST_NODES, count);
	read_resources(reader, map, "allocatable", &node->allocatable);
	read_resources(reader, map, "otherRequests", &node->other_requests);
	node->labels = fields_labels(reader, map, "labels");
	read_taints(reader, doc_get(map, "taints"), node);
	node_defaults(node);
}

static void node_clear(struct node_spec *node)
{
	g_free(node->name);
	resource_list_clear(&node->allocatable);
	resource_list_clear(&node->other_requests);
	string_map_unref(node->labels);
	g_clear_pointer(&node->taints, g_ptr_array_unref);
}

static void add_node(GArray *nodes, const struct node_spec *model, const char *name)
{
	struct node_spec node = {.name = g_strdup(name), .where = model->where};

	resource_list_copy(&node.allocatable, &model->allocatable);
	resource_list_copy(&node.other_requests, &model->other_requests);
	node.labels = model->labels ? string_map_ref(model->labels) : NULL;
	if (model->taints) {
		node.taints = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
		for (unsigned i = 0; i < model->taints->len; i++) {
			g_ptr_array_add(node.taints, doc_copy(model->taints->pdata[i]));
		}
	}
	g_array_append_val(nodes, node);
}

/* One entry of `nodes`, unrolled: `count: 3` makes NAME-1 ... NAME-3. */
static void read_nodes_entry(struct reader *reader, const struct doc *map, GArray *nodes)
{
	struct node_spec model = {0};
	int count = 0;

	read_node(reader, map, &model, &count);
	if (!model.name) {
		if (map && !doc_get(map, "name")) {
			fields_fault(reader, map, "a node needs `name`");
		}
		model.name = g_strdup("node");
	}
	for (int i = 1; i <= MAX(count, 1) && nodes->len < MOST_NODES; i++) {
		g_autofree char *name =
		    count ? g_strdup_printf("%s-%d", model.name, i) : g_strdup(model.name);

		add_node(nodes, &model, name);
	}
	node_clear(&model);
}

static void read_nodes(struct reader *reader, const struct doc *list, struct scenario *scenario)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	GArray *nodes = g_array_new(FALSE, TRUE, sizeof(struct node_spec));

	if (list && fields_list(reader, list, "nodes", 1)) {
		for (size_t i = 0; i < doc_length(list); i++) {
			read_nodes_entry(reader, doc_at(list, i), nodes);
		}
	}
	if (nodes->len == 0) {
		g_autoptr(doc) usual = doc_new_map();

		doc_set_string(usual, "name", "node");
		read_nodes_entry(reader, usual, nodes);
	}
	scenario->n_nodes = nodes->len;
	scenario->nodes = (struct node_spec *)g_array_free(nodes, FALSE);
	for (size_t i = 0; i < scenario->n_nodes; i++) {
		if (!g_hash_table_add(names, scenario->nodes[i].name)) {
			fields_fault_at(reader, scenario->nodes[i].where,
			                "there are two nodes named `%s`", scenario->nodes[i].name);
		}
	}
}

static void read_timing(struct reader *reader, const struct doc *map, struct timing *timing)
{
	static const char *const known[] = {"imagePull",    "containerStart", "watch",
	                                    "statusUpdate", "controller",     "proxySync",
	                                    "scheduling",   "hpaOverhead",    NULL};

	*timing = (struct timing){
	    .image_pull = distribution_constant(0),
	    .container_start = distribution_constant((double)SIM_SECOND),
	    .watch = 20 * SIM_MILLISECOND,
	    .status_update = 50 * SIM_MILLISECOND,
	    .controller = 20 * SIM_MILLISECOND,
	    .proxy_sync = 100 * SIM_MILLISECOND,
	    .scheduling = 5 * SIM_MILLISECOND,
	    .hpa_overhead = 50 * SIM_MILLISECOND,
	};
	if (fields_map(reader, map, "timing", known)) {
		fields_distribution(reader, map, "imagePull", &timing->image_pull);
		fields_distribution(reader, map, "containerStart", &timing->container_start);
		fields_duration(reader, map, "watch", 0, &timing->watch);
		fields_duration(reader, map, "statusUpdate", 0, &timing->status_update);
		fields_duration(reader, map, "controller", 0, &timing->controller);
		fields_duration(reader, map, "proxySync", 0, &timing->proxy_sync);
		fields_duration(reader, map, "scheduling", 0, &timing->scheduling);
		fields_duration(reader, map, "hpaOverhead", 0, &timing->hpa_overhead);
	}
}

static void read_network(struct reader *reader, const struct doc *map, struct scenario *scenario)
{
	static const char *const known[] = {"rtt", NULL};

	scenario->rtt = SIM_MILLISECOND;
	if (fields_map(reader, map, "network", known)) {
		/* A refused connection costs a round trip: without it, a client could loop within
		 * one instant. */
		fields_duration(reader, map, "rtt", SIM_MICROSECOND, &scenario->rtt);
	}
}

void read_cluster(struct reader *reader, const struct doc *map, struct scenario *scenario)
{
	static const char *const known[] = {"version",
	                                    "featureGates",
	                                    "clock",
	                                    "nodes",
	                                    "timing",
	                                    "network",
	                                    "throttling",
	                                    "cgroups",
	                                    "kubeControllerManager",
	                                    "metricsServer",
	                                    "kubelet",
	                                    "kubeProxy",
	                                    "kubeScheduler",
	                                    NULL};
	static const char *const throttling[] = {"fluid", "cfs", NULL};
	static const char *const cgroups[] = {"v2", "v1", NULL};
	int cfs = 0, version = 0;

	fields_map(reader, map, "cluster", known);
	read_release(reader, map, scenario);
	read_clock(reader, map, scenario);
	read_nodes(reader, doc_get(map, "nodes"), scenario);
	read_timing(reader, doc_get(map, "timing"), &scenario->timing);
	read_network(reader, doc_get(map, "network"), scenario);
	fields_word(reader, map, "throttling", throttling, &cfs);
	scenario->cfs_throttling = cfs == 1;
	fields_word(reader, map, "cgroups", cgroups, &version);
	scenario->cgroup_v1 = version == 1;
	read_components(reader, map, &scenario->components);
}

void cluster_clear(struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->n_nodes; i++) {
		node_clear(&scenario->nodes[i]);
	}
	g_clear_pointer(&scenario->nodes, g_free);
	g_clear_pointer(&scenario->version, g_free);
	if (scenario->timing.image_pull) {
		distribution_unref(scenario->timing.image_pull);
		distribution_unref(scenario->timing.container_start);
	}
}
