/* endpoints_slices.c - how the EndpointSlice controller spreads endpoints over slices. */

#include "rules/endpoints_slices.h"

#include "rules/endpoints_hints.h"

#include <string.h>

#define HEADLESS_LABEL "service.kubernetes.io/headless"

struct group { /* the endpoints that share one set of ports */
	struct endpoint_port *ports;
	size_t n_ports;
	GArray *wanted;     /* struct endpoint, in order of pods; never moved */
	GArray *placed;     /* bool each: stands in a slice already */
	GHashTable *by_key; /* struct endpoint * in @wanted, as a set */
	size_t n_left;
	size_t next; /* before it everything is placed */
};

/* --- labels --- */

static bool is_reserved(const char *key)
{
	return g_str_equal(key, ENDPOINT_SLICE_SERVICE_LABEL) ||
	       g_str_equal(key, ENDPOINT_SLICE_MANAGER_LABEL) || g_str_equal(key, HEADLESS_LABEL);
}

static struct string_map *with(struct string_map *map, const char *key, const char *value)
{
	struct string_map *changed = string_map_with(map, key, value);

	string_map_unref(map);
	return changed;
}

static struct string_map *without_reserved(struct string_map *labels)
{
	struct string_map *rest = labels ? string_map_ref(labels) : NULL;

	for (size_t i = 0; i < string_map_size(labels); i++) {
		if (is_reserved(string_map_key_at(labels, i))) {
			rest = with(rest, string_map_key_at(labels, i), NULL);
		}
	}
	return rest;
}

struct string_map *slice_labels(const struct service *service)
{
	struct string_map *labels = without_reserved(service->object.meta.labels);

	if (!service->cluster_ip || service_is_headless(service)) {
		labels = with(labels, HEADLESS_LABEL, "");
	}
	labels = with(labels, ENDPOINT_SLICE_SERVICE_LABEL, service->object.meta.name);
	return with(labels, ENDPOINT_SLICE_MANAGER_LABEL, ENDPOINT_SLICE_MANAGER);
}

/* The reserved labels alone never cause an update. */
static bool labels_differ(const struct endpoint_slice *slice, const struct service *service)
{
	struct string_map *has = without_reserved(slice->object.meta.labels);
	struct string_map *wanted = without_reserved(service->object.meta.labels);
	bool differ = !string_map_equal(has, wanted);

	string_map_unref(has);
	string_map_unref(wanted);
	return differ;
}

/* --- groups of wanted endpoints --- */

static const char *text_of(const char *text)
{
	return text ? text : "";
}

static bool same_text(const char *a, const char *b)
{
	return a == b || strcmp(text_of(a), text_of(b)) == 0;
}

/* Two endpoints are the same one by address, host name and pod; everything else is updated in
 * place. */
static guint hash_endpoint(gconstpointer data)
{
	const struct endpoint *endpoint = data;

	return g_str_hash(text_of(endpoint->address));
}

static gboolean same_endpoint(gconstpointer a, gconstpointer b)
{
	const struct endpoint *left = a, *right = b;

	return same_text(left->address, right->address) &&
	       same_text(left->pod_name, right->pod_name) &&
	       same_text(left->hostname, right->hostname);
}

static void clear_endpoint(void *endpoint)
{
	endpoint_clear(endpoint);
}

static GArray *endpoints_new(void)
{
	GArray *endpoints = g_array_new(FALSE, TRUE, sizeof(struct endpoint));

	g_array_set_clear_func(endpoints, clear_endpoint);
	return endpoints;
}

static void append_copy(GArray *endpoints, const struct endpoint *endpoint)
{
	struct endpoint copy = {0};

	endpoint_copy(&copy, endpoint);
	g_array_append_val(endpoints, copy);
}

/* Takes @ports. It will never want more than @most endpoints. */
static struct group *group_new(struct endpoint_port *ports, size_t n_ports, size_t most)
{
	struct group *group = g_new0(struct group, 1);

	group->ports = ports;
	group->n_ports = n_ports;
	group->wanted = g_array_sized_new(FALSE, TRUE, sizeof(struct endpoint), (guint)most);
	g_array_set_clear_func(group->wanted, clear_endpoint);
	group->placed = g_array_new(FALSE, TRUE, sizeof(bool));
	group->by_key = g_hash_table_new(hash_endpoint, same_endpoint);
	return group;
}

static void group_free(void *data)
{
	struct group *group = data;

	endpoint_ports_free(group->ports, group->n_ports);
	g_array_unref(group->wanted);
	g_array_unref(group->placed);
	g_hash_table_unref(group->by_key);
	g_free(group);
}

static struct group *group_find(const GPtrArray *groups, const struct endpoint_port *ports,
                                size_t n)
{
	for (unsigned i = 0; i < groups->len; i++) {
		struct group *group = groups->pdata[i];

		if (endpoint_ports_equal(group->ports, group->n_ports, ports, n)) {
			return group;
		}
	}
	return NULL;
}

/* Takes what @endpoint refers to. An endpoint that is the same as an earlier one replaces it. */
static void group_want(struct group *group, struct endpoint *endpoint)
{
	struct endpoint *earlier = g_hash_table_lookup(group->by_key, endpoint);
	bool placed = false;

	if (earlier) {
		endpoint_clear(earlier);
		*earlier = *endpoint;
		return;
	}
	g_array_append_val(group->wanted, *endpoint);
	g_array_append_val(group->placed, placed);
	g_hash_table_add(group->by_key,
	                 &g_array_index(group->wanted, struct endpoint, group->wanted->len - 1));
	group->n_left++;
}

/* The wanted endpoint that is the same as @endpoint, and now stands in a slice; NULL when none is
 * left. */
static const struct endpoint *group_place(struct group *group, const struct endpoint *endpoint)
{
	const struct endpoint *wanted = g_hash_table_lookup(group->by_key, endpoint);
	bool *placed;

	if (!wanted) {
		return NULL;
	}
	placed = &g_array_index(group->placed, bool,
	                        wanted - (const struct endpoint *)group->wanted->data);
	if (*placed) {
		return NULL;
	}
	*placed = true;
	group->n_left--;
	return wanted;
}

/* Moves endpoints that stand nowhere yet into @slice, up to @most in it. */
static void group_fill(struct group *group, struct planned_slice *slice, size_t most)
{
	while (group->n_left > 0 && slice->endpoints->len < most) {
		while (g_array_index(group->placed, bool, group->next)) {
			group->next++;
		}
		append_copy(slice->endpoints,
		            &g_array_index(group->wanted, struct endpoint, group->next));
		g_array_index(group->placed, bool, group->next) = true;
		group->n_left--;
		slice->content_changed = true;
	}
}

/* A group for the pods that stand in settled slices, which are not looked at. */
static void add_settled_group(GPtrArray *groups, const struct slice_request *request)
{
	for (size_t i = 0; request->settled && i < request->n_existing; i++) {
		const struct endpoint_slice *slice = request->existing[i];

		if (request->settled[i]) {
			g_ptr_array_add(groups,
			                group_new(endpoint_ports_copy(slice->ports, slice->n_ports),
			                          slice->n_ports, request->n_pods));
			return;
		}
	}
}

static GPtrArray *groups_of(const struct slice_request *request, bool *retry)
{
	GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);
	const char *address_type = service_address_type(request->service);

	add_settled_group(groups, request);
	for (size_t i = 0; i < request->n_pods; i++) {
		const struct endpoint_pod *pod = &request->pods[i];
		const struct string_map *node_labels = NULL;
		struct endpoint endpoint = {0};

		if (!service_selects(request->service, pod->namespace, pod->labels) ||
		    !endpoints_include_pod(pod, true)) {
			continue;
		}
		size_t n_ports;
		struct endpoint_port *ports =
		    endpoint_ports_of(request->service, pod->spec, &n_ports);
		struct group *group = group_find(groups, ports, n_ports);

		if (group) {
			endpoint_ports_free(ports, n_ports);
		} else {
			group = group_new(ports, n_ports, request->n_pods);
			g_ptr_array_add(groups, group);
		}
		if (!request->node(request->data, pod->node_name ? pod->node_name : "",
		                   &node_labels) &&
		    !request->service->publish_not_ready_addresses) {
			*retry = true;
			continue;
		}
		if (endpoint_of_pod(&endpoint, pod, node_labels, request->service, address_type)) {
			group_want(group, &endpoint);
		}
	}
	return groups;
}

/* --- slices --- */

static struct planned_slice *planned_new(enum slice_action action,
                                         const struct endpoint_slice *existing,
                                         const struct endpoint_port *ports, size_t n_ports,
                                         const char *address_type)
{
	struct planned_slice *slice = g_new0(struct planned_slice, 1);

	slice->action = action;
	slice->existing = existing;
	slice->address_type = address_type;
	slice->ports = endpoint_ports_copy(ports, n_ports);
	slice->n_ports = n_ports;
	slice->endpoints = endpoints_new();
	return slice;
}

/* One that stays as it is, so that nothing of it is copied. */
static struct planned_slice *planned_settled(const struct endpoint_slice *existing,
                                             const char *address_type)
{
	struct planned_slice *slice = g_new0(struct planned_slice, 1);

	slice->action = SLICE_KEEP;
	slice->existing = existing;
	slice->address_type = address_type;
	slice->settled = true;
	return slice;
}

/* After all: something is added to it. */
static void unsettle(struct planned_slice *slice)
{
	const struct endpoint_slice *existing = slice->existing;

	slice->settled = false;
	if (slice->endpoints) {
		return;
	}
	slice->ports = endpoint_ports_copy(existing->ports, existing->n_ports);
	slice->n_ports = existing->n_ports;
	slice->endpoints = endpoints_new();
	for (size_t i = 0; i < existing->n_endpoints; i++) {
		append_copy(slice->endpoints, &existing->endpoints[i]);
	}
}

static size_t length_of(const struct planned_slice *slice)
{
	return slice->endpoints ? slice->endpoints->len : slice->existing->n_endpoints;
}

static void planned_free(void *data)
{
	struct planned_slice *slice = data;

	endpoint_ports_free(slice->ports, slice->n_ports);
	g_clear_pointer(&slice->endpoints, g_array_unref);
	g_free(slice);
}

/* Hints are not compared: they are written afterwards. */
static bool same_beyond_key(const struct endpoint *a, const struct endpoint *b)
{
	return a->ready == b->ready && a->serving == b->serving &&
	       a->terminating == b->terminating && g_strcmp0(a->pod_uid, b->pod_uid) == 0 &&
	       g_strcmp0(a->node_name, b->node_name) == 0 && g_strcmp0(a->zone, b->zone) == 0;
}

/* Step 1: what of @slice stays, and whether it has to be written. @group: of its ports. */
static void trim(struct planned_slice *slice, struct group *group, const struct service *service)
{
	const struct endpoint_slice *existing = slice->existing;
	bool changed = false;

	for (size_t i = 0; i < existing->n_endpoints; i++) {
		const struct endpoint *has = &existing->endpoints[i];
		const struct endpoint *wanted = group_place(group, has);

		if (!wanted) {
			changed = true;
			continue;
		}
		changed = changed || !same_beyond_key(wanted, has);
		append_copy(slice->endpoints, wanted);
	}
	if (changed) {
		slice->action = slice->endpoints->len > 0 ? SLICE_UPDATE : SLICE_DELETE;
		slice->content_changed = true;
		return;
	}
	/* The hints of a slice that stays as it is are looked at as they are. */
	g_array_set_size(slice->endpoints, 0);
	for (size_t i = 0; i < existing->n_endpoints; i++) {
		append_copy(slice->endpoints, &existing->endpoints[i]);
	}
	slice->settled = !labels_differ(existing, service);
	slice->action = slice->settled ? SLICE_KEEP : SLICE_UPDATE;
}

static int compare_fullest_first(const void *a, const void *b)
{
	const struct planned_slice *left = *(struct planned_slice *const *)a;
	const struct planned_slice *right = *(struct planned_slice *const *)b;

	return (left->endpoints->len < right->endpoints->len) -
	       (left->endpoints->len > right->endpoints->len);
}

/* Step 2: new endpoints go into slices that are written anyway. GLib's sort is stable. */
static void fill_updated(const GPtrArray *slices, struct group *group, size_t most)
{
	g_autoptr(GPtrArray) updated = g_ptr_array_new();

	for (unsigned i = 0; i < slices->len; i++) {
		struct planned_slice *slice = slices->pdata[i];

		if (slice->action == SLICE_UPDATE) {
			g_ptr_array_add(updated, slice);
		}
	}
	g_ptr_array_sort(updated, compare_fullest_first);
	for (unsigned i = 0; i < updated->len; i++) {
		group_fill(group, updated->pdata[i], most);
	}
}

/* The untouched slice that @n more endpoints fill best without overflowing; NULL when none can take
 * them all. */
static struct planned_slice *slice_to_fill(const GPtrArray *slices, size_t n, size_t most)
{
	struct planned_slice *best = NULL;
	size_t best_space = most;

	for (unsigned i = 0; i < slices->len; i++) {
		struct planned_slice *slice = slices->pdata[i];
		size_t full = length_of(slice) + n;

		if (slice->action == SLICE_KEEP && full <= most && most - full < best_space) {
			best = slice;
			best_space = most - full;
		}
	}
	return best;
}

/* Step 3: the rest goes into new full slices and at most one old one. */
static void place_rest(const GPtrArray *slices, struct group *group, const char *address_type,
                       size_t most, GPtrArray *created)
{
	while (group->n_left > 0) {
		struct planned_slice *slice =
		    group->n_left < most ? slice_to_fill(slices, group->n_left, most) : NULL;

		if (slice) {
			slice->action = SLICE_UPDATE;
			unsettle(slice);
		} else {
			slice = planned_new(SLICE_CREATE, NULL, group->ports, group->n_ports,
			                    address_type);
			g_ptr_array_add(created, slice);
		}
		group_fill(group, slice, most);
	}
}

/* Not so when the Service was deleted and made anew: then the garbage collector is after it. */
static bool is_owned(const struct endpoint_slice *slice, const struct service *service)
{
	return g_strcmp0(slice->object.meta.owner.uid, service->object.meta.uid) == 0;
}

/* An existing slice whose content is as a placeholder's. */
static bool is_placeholder(const struct planned_slice *slice, const struct service *service)
{
	struct string_map *labels = slice_labels(service);
	bool is = slice->existing->n_endpoints == 0 && slice->n_ports == 0 &&
	          string_map_equal(slice->existing->object.meta.labels, labels) &&
	          g_strcmp0(slice->existing->address_type, slice->address_type) == 0;

	string_map_unref(labels);
	return is;
}

/* Something always stays: a Service that has nothing keeps or gets an empty slice. */
static void keep_placeholder(GPtrArray *existing, GPtrArray *created, const char *address_type,
                             const struct service *service)
{
	for (unsigned i = 0; i < existing->len; i++) {
		if (((struct planned_slice *)existing->pdata[i])->action != SLICE_DELETE) {
			return;
		}
	}
	if (created->len > 0) {
		return;
	}
	if (existing->len == 1 && is_placeholder(existing->pdata[0], service)) {
		((struct planned_slice *)existing->pdata[0])->action = SLICE_KEEP;
		return;
	}
	g_ptr_array_add(created, planned_new(SLICE_CREATE, NULL, NULL, 0, address_type));
}

static void write_hints(const GPtrArray *slices, const char *traffic_distribution)
{
	for (unsigned i = 0; i < slices->len; i++) {
		struct planned_slice *slice = slices->pdata[i];

		if (slice->action == SLICE_DELETE || !slice->endpoints) {
			continue;
		}
		struct endpoint *endpoints = (struct endpoint *)slice->endpoints->data;
		size_t n = slice->endpoints->len;

		if (!endpoint_hints_outdated(endpoints, n, traffic_distribution)) {
			continue;
		}
		slice->settled = false;
		endpoint_hints_set(endpoints, n, traffic_distribution);
		slice->content_changed = true;
		if (slice->action == SLICE_KEEP) {
			slice->action = SLICE_UPDATE;
		}
	}
}

/* A slice to create and one to delete become one update; the last created one goes first. */
static void recycle(const GPtrArray *existing, GPtrArray *created, const struct service *service)
{
	for (unsigned i = 0; i < existing->len && created->len > 0; i++) {
		struct planned_slice *old = existing->pdata[i];
		struct planned_slice *new = created->pdata[created->len - 1];

		if (old->action != SLICE_DELETE || !is_owned(old->existing, service) ||
		    g_strcmp0(old->existing->address_type, new->address_type) != 0) {
			continue;
		}
		const struct endpoint_slice *slice = old->existing;

		g_ptr_array_steal_index(created, created->len - 1);
		new->action = SLICE_UPDATE;
		new->existing = slice;
		new->content_changed = true;
		planned_free(old);
		existing->pdata[i] = new;
	}
}

/* Brings the slices of one set of ports up to date: those in @existing, and new ones in @created.
 */
static void spread(const GPtrArray *existing, struct group *group,
                   const struct slice_request *request, GPtrArray *created)
{
	const char *address_type = service_address_type(request->service);
	g_autoptr(GPtrArray) slices = g_ptr_array_new();

	for (unsigned i = 0; i < existing->len; i++) {
		struct planned_slice *slice = existing->pdata[i];
		const struct endpoint_slice *has = slice->existing;

		if (slice->settled && !slice->endpoints) {
			g_ptr_array_add(slices, slice);
		} else if (is_owned(has, request->service) &&
		           g_strcmp0(has->address_type, address_type) == 0 &&
		           endpoint_ports_equal(has->ports, has->n_ports, group->ports,
		                                group->n_ports)) {
			trim(slice, group, request->service);
			g_ptr_array_add(slices, slice);
		}
	}
	fill_updated(slices, group, request->max_endpoints);
	place_rest(slices, group, address_type, request->max_endpoints, created);
}

struct slice_plan *slice_plan_new(const struct slice_request *request)
{
	const char *address_type = service_address_type(request->service);
	const char *distribution = endpoint_hints_distribution(request->service, request->release);
	struct slice_plan *plan = g_new0(struct slice_plan, 1);
	g_autoptr(GPtrArray) groups = groups_of(request, &plan->retry);
	GPtrArray *created = g_ptr_array_new_with_free_func(planned_free);

	plan->slices = g_ptr_array_new_with_free_func(planned_free);
	for (size_t i = 0; i < request->n_existing; i++) {
		const struct endpoint_slice *slice = request->existing[i];

		/* Deleted unless its ports are wanted below. */
		g_ptr_array_add(plan->slices, request->settled && request->settled[i]
		                                  ? planned_settled(slice, address_type)
		                                  : planned_new(SLICE_DELETE, slice, slice->ports,
		                                                slice->n_ports, address_type));
	}
	plan->mixed = groups->len > 1;
	for (unsigned i = 0; i < groups->len; i++) {
		spread(plan->slices, groups->pdata[i], request, created);
	}
	keep_placeholder(plan->slices, created, address_type, request->service);
	write_hints(plan->slices, distribution);
	write_hints(created, distribution);
	recycle(plan->slices, created, request->service);
	g_ptr_array_extend_and_steal(plan->slices, created);
	return plan;
}

void slice_plan_free(struct slice_plan *plan)
{
	if (plan) {
		g_ptr_array_unref(plan->slices);
		g_free(plan);
	}
}

size_t slice_plan_count(const struct slice_plan *plan, enum slice_action action)
{
	size_t count = 0;

	for (unsigned i = 0; i < plan->slices->len; i++) {
		count += ((const struct planned_slice *)plan->slices->pdata[i])->action == action;
	}
	return count;
}
