/* scheduling.c - filters, choice and message. */

#include "rules/scheduling.h"

#include "rules/scheduling_picture.h"
#include "rules/scheduling_score.h"
#include "rules/scheduling_topology.h"

#include <string.h>

const char *scheduling_node_label(const struct node *node, const char *key)
{
	const char *value = string_map_get(node->object.meta.labels, key);

	if (!value && g_str_equal(key, "kubernetes.io/hostname")) {
		return node->object.meta.name;
	}
	return value;
}

/* --- resources --- */

int64_t scheduling_requested(const struct scheduling_node *node, const char *resource)
{
	int64_t sum = 0;

	resource_list_get(&node->node->other_requests, resource, &sum);
	if (g_str_equal(resource, "pods")) {
		return sum + 1000 * (int64_t)node->pods->len;
	}
	for (unsigned i = 0; i < node->pods->len; i++) {
		sum += pod_request(POD(node->pods->pdata[i]), resource);
	}
	return sum;
}

static void add_names(GPtrArray *names, const struct resource_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!g_ptr_array_find(names, list->items[i].name, NULL)) {
			g_ptr_array_add(names, (void *)list->items[i].name);
		}
	}
}

static int resource_rank(const char *name)
{
	static const char *const first[] = {"cpu", "memory", "ephemeral-storage"};

	for (unsigned i = 0; i < G_N_ELEMENTS(first); i++) {
		if (g_str_equal(first[i], name)) {
			return (int)i;
		}
	}
	return (int)G_N_ELEMENTS(first);
}

static int compare_resources(const void *a, const void *b)
{
	const char *left = *(const char *const *)a, *right = *(const char *const *)b;
	int difference = resource_rank(left) - resource_rank(right);

	return difference ? difference : strcmp(left, right);
}

/* Names of everything that @spec requests, cpu, memory and ephemeral-storage first. */
static GPtrArray *requested_names(const struct pod_spec *spec)
{
	GPtrArray *names = g_ptr_array_new();

	for (size_t i = 0; i < spec->n_containers; i++) {
		add_names(names, &spec->containers[i].requests);
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		add_names(names, &spec->init_containers[i].requests);
	}
	add_names(names, &spec->pod_requests);
	g_ptr_array_sort(names, compare_resources);
	return names;
}

static void refuse(struct scheduling_verdict *verdict, const char *reason, bool preemption_helps)
{
	if (verdict->reasons->len == 0) { /* so far the list that all who fit share */
		verdict->reasons = g_ptr_array_new();
	}
	g_ptr_array_add(verdict->reasons, (void *)g_intern_string(reason));
	/* One reason that no eviction cures settles it. */
	verdict->preemption_helps =
	    preemption_helps && (verdict->reasons->len == 1 || verdict->preemption_helps);
}

/* What a pod asks of every node, looked up once for all of them. */
struct request {
	const char *name;
	unsigned resource; /* of those that the totals have; SCHEDULING_RESOURCES: none */
	int64_t amount;
};

/* What is requested of it on node number @index, and what the node has. */
static int64_t requested_of(const struct scheduling_input *input, size_t index,
                            const struct request *request, int64_t *allocatable)
{
	if (request->resource < SCHEDULING_RESOURCES) {
		const struct scheduling_totals *totals =
		    scheduling_picture_totals(input->picture, index);

		*allocatable = totals->allocatable[request->resource];
		return totals->requested[request->resource];
	}
	resource_list_get(&input->nodes[index].node->allocatable, request->name, allocatable);
	return scheduling_requested(&input->nodes[index], request->name);
}

static GArray *requests_of(const struct pod_spec *spec)
{
	g_autoptr(GPtrArray) names = requested_names(spec);
	GArray *requests = g_array_new(FALSE, FALSE, sizeof(struct request));

	for (unsigned i = 0; i < names->len; i++) {
		struct request request = {.name = names->pdata[i],
		                          .amount = pod_spec_request(spec, names->pdata[i])};

		while (request.resource < SCHEDULING_RESOURCES &&
		       !g_str_equal(request.name, scheduling_resource_name(request.resource))) {
			request.resource++;
		}
		if (request.amount > 0) {
			g_array_append_val(requests, request);
		}
	}
	return requests;
}

static void check_resources(const struct scheduling_input *input, size_t index,
                            const GArray *requests, struct scheduling_verdict *verdict)
{
	const struct scheduling_totals *totals = scheduling_picture_totals(input->picture, index);
	int64_t pods = totals->other_pods + 1000 * (int64_t)input->nodes[index].pods->len;

	if (totals->max_pods != G_MAXINT64 && pods + 1000 > totals->max_pods) {
		refuse(verdict, "Too many pods", true);
	}
	for (unsigned i = 0; i < requests->len; i++) {
		const struct request *request = &g_array_index(requests, struct request, i);
		int64_t allocatable;
		int64_t requested = requested_of(input, index, request, &allocatable);

		if (request->amount + requested > allocatable) {
			g_autofree char *reason = g_strdup_printf("Insufficient %s", request->name);

			refuse(verdict, reason, request->amount <= allocatable);
		}
	}
}

/* --- taints, selectors --- */

bool scheduling_tolerates(const struct pod_spec *spec, const struct taint *taint)
{
	for (unsigned i = 0; spec->tolerations && i < spec->tolerations->len; i++) {
		const struct toleration *toleration = spec->tolerations->pdata[i];
		const char *value = taint->value ? taint->value : "";
		bool any_key = !toleration->key || !*toleration->key;

		if (toleration->effect && *toleration->effect &&
		    g_strcmp0(toleration->effect, taint->effect) != 0) {
			continue;
		}
		if (!any_key && g_strcmp0(toleration->key, taint->key) != 0) {
			continue;
		}
		if (toleration->exists ||
		    (!any_key && g_str_equal(toleration->value ? toleration->value : "", value))) {
			return true;
		}
	}
	return false;
}

bool scheduling_term_matches(const struct node_selector_term *term, const struct node *node)
{
	const struct label_selector selector = {NULL, term->expressions};

	/* A term without requirements matches nothing. */
	return term->expressions && term->expressions->len > 0 &&
	       label_selector_matches(&selector, node->object.meta.labels);
}

bool scheduling_node_matches(const struct pod_spec *spec, const struct node *node)
{
	for (size_t i = 0; i < string_map_size(spec->node_selector); i++) {
		const char *value =
		    scheduling_node_label(node, string_map_key_at(spec->node_selector, i));

		if (!value || !g_str_equal(value, string_map_value_at(spec->node_selector, i))) {
			return false;
		}
	}
	if (!spec->required_node_terms) {
		return true;
	}
	for (unsigned i = 0; i < spec->required_node_terms->len; i++) {
		if (scheduling_term_matches(spec->required_node_terms->pdata[i], node)) {
			return true;
		}
	}
	return false;
}

/* The first taint that keeps the pod away; NULL: none. */
static const struct taint *hard_taint(const struct pod_spec *spec, const struct node *node)
{
	for (size_t i = 0; i < node->n_taints; i++) {
		const struct taint *taint = &node->taints[i];

		if (g_strcmp0(taint->effect, "PreferNoSchedule") != 0 &&
		    !scheduling_tolerates(spec, taint)) {
			return taint;
		}
	}
	return NULL;
}

/* --- one node --- */

/* What the filters look up once for all nodes. */
struct filters {
	const struct scheduling_input *input;
	bool any_node;    /* the pod does not say on which nodes it wants to be */
	GArray *requests; /* struct request */
	struct scheduling_spread *spread;
	struct scheduling_affinity *affinity;
};

static struct filters filters_of(const struct scheduling_input *input)
{
	const struct pod_spec *spec = input->pod->spec;

	return (struct filters){
	    .input = input,
	    .any_node = string_map_size(spec->node_selector) == 0 && !spec->required_node_terms,
	    .requests = requests_of(spec),
	    .spread = scheduling_spread_new(input),
	    .affinity = scheduling_affinity_new(input),
	};
}

static void filters_clear(struct filters *filters)
{
	g_array_unref(filters->requests);
	scheduling_spread_free(filters->spread);
	scheduling_affinity_free(filters->affinity);
}

/* Filters in the order of the plugins; the first that refuses ends it. */
static void filter_node(const struct filters *filters, size_t index,
                        struct scheduling_verdict *verdict)
{
	static const struct taint cordoned = {(char *)"node.kubernetes.io/unschedulable", NULL,
	                                      "NoSchedule"};
	const struct pod_spec *spec = filters->input->pod->spec;
	const struct node *node = filters->input->nodes[index].node;
	const struct taint *taint = hard_taint(spec, node);
	bool resolvable = false;

	if (node->unschedulable && !scheduling_tolerates(spec, &cordoned)) {
		refuse(verdict, "node(s) were unschedulable", false);
		return;
	}
	if (taint) {
		g_autofree char *reason =
		    g_strdup_printf("node(s) had untolerated taint {%s: %s}", taint->key,
		                    taint->value ? taint->value : "");

		refuse(verdict, reason, false);
		return;
	}
	if (!filters->any_node && !scheduling_node_matches(spec, node)) {
		refuse(verdict, "node(s) didn't match Pod's node affinity/selector", false);
		return;
	}
	check_resources(filters->input, index, filters->requests, verdict);
	if (verdict->reasons->len > 0) {
		return;
	}
	const char *reason = scheduling_spread_reason(filters->spread, index, &resolvable);

	if (!reason) {
		reason = scheduling_affinity_reason(filters->affinity, index, &resolvable);
	}
	if (reason) {
		refuse(verdict, reason, resolvable);
	}
}

/* --- the message --- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "0/N nodes are available: " and the reasons with their counts, sorted as strings. */
static void append_counted(GString *message, size_t n_nodes, GPtrArray *reasons)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_sort(reasons, compare_texts);
	for (unsigned i = 0, next; i < reasons->len; i = next) {
		for (next = i + 1;
		     next < reasons->len && g_str_equal(reasons->pdata[next], reasons->pdata[i]);
		     next++) {
		}
		g_ptr_array_add(
		    texts, g_strdup_printf("%u %s", next - i, (const char *)reasons->pdata[i]));
	}
	g_ptr_array_sort(texts, compare_texts);
	g_string_append_printf(message, "0/%zu nodes are available: ", n_nodes);
	for (unsigned i = 0; i < texts->len; i++) {
		g_string_append_printf(message, "%s%s", i ? ", " : "",
		                       (const char *)texts->pdata[i]);
	}
	g_string_append_c(message, '.');
}

static char *message_of(const struct scheduling_decision *decision, const struct release *release)
{
	g_autoptr(GPtrArray) reasons = g_ptr_array_new();
	g_autoptr(GPtrArray) preemption = g_ptr_array_new();
	GString *message = g_string_new(NULL);

	if (decision->n == 0) {
		g_string_append(message, "no nodes available to schedule pods");
		return g_string_free(message, FALSE);
	}
	for (size_t i = 0; i < decision->n; i++) {
		const struct scheduling_verdict *verdict = &decision->verdicts[i];

		for (unsigned j = 0; j < verdict->reasons->len; j++) {
			g_ptr_array_add(reasons, verdict->reasons->pdata[j]);
		}
		g_ptr_array_add(preemption,
		                (void *)(verdict->preemption_helps
		                             ? "No preemption victims found for incoming pod"
		                             : "Preemption is not helpful for scheduling"));
	}
	append_counted(message, decision->n, reasons);
	g_string_append(message, release->claims_in_scheduling_message
	                             ? " no new claims to deallocate, preemption: "
	                             : " preemption: ");
	append_counted(message, decision->n, preemption);
	return g_string_free(message, FALSE);
}

char *scheduling_verdict_text(const struct scheduling_verdict *verdict)
{
	if (verdict->reasons->len == 0) {
		return NULL;
	}
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < verdict->reasons->len; i++) {
		g_string_append_printf(text, "%s%s", i ? ", " : "",
		                       (const char *)verdict->reasons->pdata[i]);
	}
	return g_string_free(text, FALSE);
}

/* --- the choice --- */

static int choose(const struct scheduling_decision *decision, const bool *fits, double tie)
{
	int best = 0;
	unsigned n_best = 0;

	for (size_t i = 0; i < decision->n; i++) {
		if (fits[i] && (n_best == 0 || decision->verdicts[i].score > best)) {
			best = decision->verdicts[i].score;
			n_best = 1;
		} else if (fits[i] && decision->verdicts[i].score == best) {
			n_best++;
		}
	}
	unsigned pick = MIN((unsigned)(tie * n_best), n_best - 1);

	for (size_t i = 0; i < decision->n; i++) {
		if (fits[i] && decision->verdicts[i].score == best && pick-- == 0) {
			return (int)i;
		}
	}
	g_assert_not_reached();
}

/* Fills in the verdicts; the number of nodes that fit. */
static size_t filter_nodes(const struct scheduling_input *input,
                           struct scheduling_decision *decision, bool *fits)
{
	struct filters filters = filters_of(input);
	size_t n_fits = 0;

	for (size_t i = 0; i < input->n_nodes; i++) {
		decision->verdicts[i].reasons = decision->none;
		filter_node(&filters, i, &decision->verdicts[i]);
		fits[i] = decision->verdicts[i].reasons->len == 0;
		n_fits += fits[i];
	}
	filters_clear(&filters);
	return n_fits;
}

static void decide(const struct scheduling_input *input, double tie,
                   struct scheduling_decision *decision)
{
	size_t n = input->n_nodes;
	g_autofree bool *fits = g_new0(bool, n);
	size_t n_fits = filter_nodes(input, decision, fits);

	if (n_fits == 0) {
		decision->message = message_of(decision, input->release);
		return;
	}
	if (n_fits > 1) {
		g_autofree int *scores = g_new0(int, n);

		scheduling_scores(input, fits, scores);
		for (size_t i = 0; i < n; i++) {
			decision->verdicts[i].score = scores[i];
		}
	}
	decision->node = choose(decision, fits, tie);
}

void scheduling_decide(const struct scheduling_input *input, double tie,
                       struct scheduling_decision *decision)
{
	struct scheduling_input pictured = *input;

	decision->n = input->n_nodes;
	decision->verdicts = g_new0(struct scheduling_verdict, input->n_nodes);
	decision->none = g_ptr_array_new();
	decision->node = -1;
	decision->message = NULL;
	if (!input->picture) {
		pictured.picture = scheduling_picture_new(input->nodes, input->n_nodes);
	}
	decide(&pictured, tie, decision);
	if (!input->picture) {
		scheduling_picture_free(pictured.picture);
	}
}

void scheduling_decision_clear(struct scheduling_decision *decision)
{
	for (size_t i = 0; i < decision->n; i++) {
		if (decision->verdicts[i].reasons != decision->none) {
			g_ptr_array_unref(decision->verdicts[i].reasons);
		}
	}
	g_clear_pointer(&decision->none, g_ptr_array_unref);
	g_clear_pointer(&decision->verdicts, g_free);
	g_clear_pointer(&decision->message, g_free);
	decision->n = 0;
}
