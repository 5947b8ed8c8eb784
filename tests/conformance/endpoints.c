/* endpoints.c - runs the cases of the table `endpoints`.
 *
 * Each rule of a case is one function: it reads `given`, asks the function that the simulator's
 * controllers and proxies ask, and puts the answer into a map, which is held against `expect` field
 * by field. A field that nobody knows, or of the wrong kind, fails the case. */

#include "conformance.h"
#include "endpoints_case.h"
#include "rules/endpoints_object.h"
#include "rules/endpoints_print.h"
#include "rules/endpoints_slices.h"

static struct doc *addresses_to_doc(const struct endpoint *endpoints, size_t n)
{
	struct doc *list = doc_new_list();

	for (size_t i = 0; i < n; i++) {
		doc_append(list, doc_new_string(endpoints[i].address));
	}
	return list;
}

/* --- podInEndpoints, endpointConditions, podChange --- */

static void ask_pod_in_endpoints(struct table_case *c, const struct doc *given, struct doc *got)
{
	conformance_known(given, c->diff, "given", "pod", "includeTerminating", NULL);
	struct endpoint_pod pod = case_pod(c, doc_get(given, "pod"), NULL);

	doc_set_bool(got, "included",
	             endpoints_include_pod(&pod, case_flag(c, given, "includeTerminating", false)));
}

static void ask_endpoint_conditions(struct table_case *c, const struct doc *given, struct doc *got)
{
	const struct doc *node = doc_get(given, "node");
	struct endpoint endpoint = {0};

	conformance_known(given, c->diff, "given", "service", "pod", "node", "addressType", NULL);
	conformance_known(node, c->diff, "node", "name", "labels", NULL);
	const struct service *service = case_service(c, doc_get(given, "service"));
	struct endpoint_pod pod = case_pod(c, doc_get(given, "pod"), NULL);
	struct string_map *labels = case_labels(c, doc_get(node, "labels"));

	if (!endpoint_of_pod(&endpoint, &pod, labels, service,
	                     case_text(c, given, "addressType", "IPv4"))) {
		doc_set(got, "endpoint", doc_new_null());
		return;
	}
	struct doc *map = doc_new_map(), *conditions = doc_new_map();

	doc_set_bool(conditions, "ready", endpoint.ready);
	doc_set_bool(conditions, "serving", endpoint.serving);
	doc_set_bool(conditions, "terminating", endpoint.terminating);
	doc_set(map, "addresses", addresses_to_doc(&endpoint, 1));
	doc_set(map, "conditions", conditions);
	doc_set_string(map, "nodeName", endpoint.node_name);
	doc_set_string(map, "zone", endpoint.zone);
	doc_set_string(map, "hostname", endpoint.hostname);
	doc_set(got, "endpoint", map);
	endpoint_clear(&endpoint);
}

static void ask_pod_change(struct table_case *c, const struct doc *given, struct doc *got)
{
	bool endpoints, membership;

	conformance_known(given, c->diff, "given", "before", "after", NULL);
	struct endpoint_pod before = case_pod(c, doc_get(given, "before"), NULL);
	struct endpoint_pod after = case_pod(c, doc_get(given, "after"), NULL);

	endpoints_pod_changed(&before, &after, &endpoints, &membership);
	doc_set_bool(got, "endpointsChanged", endpoints);
	doc_set_bool(got, "membershipChanged", membership);
}

/* --- endpointPorts --- */

/* One container for each listed port: which container declares it makes no difference. */
static struct container *read_containers(struct table_case *c, const struct doc *list, bool init,
                                         size_t *n)
{
	struct container *containers =
	    case_keep(c, g_new0(struct container, doc_length(list) + 1), g_free);

	*n = doc_length(list);
	for (size_t i = 0; i < *n; i++) {
		const struct doc *map = doc_at(list, i);
		struct container_port *port =
		    case_keep(c, g_new0(struct container_port, 1), g_free);

		conformance_known(map, c->diff, "containerPort", "name", "containerPort",
		                  "protocol", init ? "sidecar" : NULL, NULL);
		port->name = (char *)case_text(c, map, "name", NULL);
		port->number = (int)case_int(c, map, "containerPort", 0);
		port->protocol = case_text(c, map, "protocol", "TCP");
		containers[i].ports = port;
		containers[i].n_ports = 1;
		containers[i].always_restarts = init && case_flag(c, map, "sidecar", false);
	}
	return containers;
}

static void read_service_ports(struct table_case *c, const struct doc *list,
                               struct service *service)
{
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *map = doc_at(list, i);
		int64_t number = 0;

		conformance_known(map, c->diff, "servicePort", "name", "port", "targetPort",
		                  "protocol", NULL);
		case_add_port(service, case_text(c, map, "name", NULL),
		              (int)case_int(c, map, "port", 0),
		              case_text(c, map, "protocol", "TCP"));
		if (doc_int(doc_get(map, "targetPort"), &number)) {
			service->ports[i].target_port.number = (int)number;
		} else {
			service->ports[i].target_port.name =
			    g_strdup(case_text(c, map, "targetPort", NULL));
		}
	}
}

static void ask_endpoint_ports(struct table_case *c, const struct doc *given, struct doc *got)
{
	struct service *service = case_service(c, NULL);
	struct pod_spec spec = {.refs = 1};
	struct doc *list = doc_new_list();
	size_t n;

	conformance_known(given, c->diff, "given", "servicePorts", "containerPorts",
	                  "initContainerPorts", NULL);
	read_service_ports(c, doc_get(given, "servicePorts"), service);
	spec.containers =
	    read_containers(c, doc_get(given, "containerPorts"), false, &spec.n_containers);
	spec.init_containers =
	    read_containers(c, doc_get(given, "initContainerPorts"), true, &spec.n_init_containers);
	struct endpoint_port *ports = endpoint_ports_of(service, &spec, &n);

	for (size_t i = 0; i < n; i++) {
		struct doc *map = doc_new_map();

		doc_set_string(map, "name", ports[i].name);
		doc_set_int(map, "port", ports[i].port);
		doc_set_string(map, "protocol", ports[i].protocol);
		doc_append(list, map);
	}
	doc_set(got, "ports", list);
	endpoint_ports_free(ports, n);
}

/* --- slicePacking, missingNode --- */

static void release_object(void *object)
{
	object_unref(object);
}

struct slices_case {
	struct service *service;
	GArray *pods;             /* struct endpoint_pod */
	GPtrArray *existing;      /* struct endpoint_slice * */
	const char *const *nodes; /* NULL: every node exists */
	unsigned ordinal;         /* of the next address */
};

static bool node_exists(void *data, const char *name, const struct string_map **labels)
{
	const struct slices_case *s = data;

	*labels = NULL;
	return !s->nodes || g_strv_contains(s->nodes, name);
}

/* An endpoint of its own in @slice: a pod that is wanted as it is, or with other conditions. */
static void add_endpoint(struct table_case *c, struct slices_case *s, struct endpoint_slice *slice,
                         bool wanted, bool changed)
{
	const char **ips = case_keep(c, g_new0(const char *, 2), g_free);
	char *name = case_keep(c, g_strdup_printf("pod-%u", s->ordinal), g_free);
	struct endpoint_pod pod = {.namespace = "default",
	                           .name = name,
	                           .ready = true,
	                           .phase = POD_RUNNING,
	                           .node_name = "node-1",
	                           .ips = (const char *const *)ips,
	                           .n_ips = 1};

	ips[0] =
	    case_keep(c, g_strdup_printf("10.0.%u.%u", s->ordinal / 250, s->ordinal % 250), g_free);
	s->ordinal++;
	pod.labels = s->service->selector;
	if (wanted) {
		g_array_append_val(s->pods, pod);
	}
	pod.ready = !changed;
	if (slice) {
		endpoint_of_pod(&slice->endpoints[slice->n_endpoints++], &pod, NULL, s->service,
		                "IPv4");
	}
}

static struct endpoint_slice *add_slice(struct table_case *c, struct slices_case *s, size_t room,
                                        bool ports_match)
{
	struct endpoint_slice *slice =
	    case_keep(c, object_new(KIND_ENDPOINT_SLICE), release_object);

	slice->address_type = "IPv4";
	slice->endpoints = g_new0(struct endpoint, room + 1);
	slice->object.meta.labels = slice_labels(s->service);
	if (room > 0) {
		const struct endpoint_port port = {NULL, ports_match ? 80 : 81, "TCP"};

		slice->ports = endpoint_ports_copy(&port, 1);
		slice->n_ports = 1;
	}
	g_ptr_array_add(s->existing, slice);
	return slice;
}

static struct slice_plan *plan_of(struct table_case *c, struct slices_case *s, size_t most)
{
	struct release release;

	g_assert(release_init(&release, RELEASE_DEFAULT, NULL));
	struct slice_request request = {
	    .service = s->service,
	    .pods = (const struct endpoint_pod *)s->pods->data,
	    .n_pods = s->pods->len,
	    .existing = (const struct endpoint_slice *const *)s->existing->pdata,
	    .n_existing = s->existing->len,
	    .max_endpoints = most,
	    .release = &release,
	    .node = node_exists,
	    .data = s,
	};

	return case_keep(c, slice_plan_new(&request), (GDestroyNotify)slice_plan_free);
}

static void release_array(void *array)
{
	g_array_unref(array);
}

static void slices_case_init(struct table_case *c, struct slices_case *s, const struct doc *service)
{
	*s = (struct slices_case){.service = case_service(c, service)};
	s->pods =
	    case_keep(c, g_array_new(FALSE, TRUE, sizeof(struct endpoint_pod)), release_array);
	s->existing = case_keep(c, g_ptr_array_new(), (GDestroyNotify)g_ptr_array_unref);
	case_add_port(s->service, NULL, 80, "TCP");
}

static void set_writes(struct doc *got, const struct slice_plan *plan)
{
	doc_set_int(got, "created", (int64_t)slice_plan_count(plan, SLICE_CREATE));
	doc_set_int(got, "updated", (int64_t)slice_plan_count(plan, SLICE_UPDATE));
	doc_set_int(got, "deleted", (int64_t)slice_plan_count(plan, SLICE_DELETE));
}

static int compare_lengths(const void *a, const void *b)
{
	size_t left = *(const size_t *)a, right = *(const size_t *)b;

	return (left < right) - (left > right);
}

static void ask_slice_packing(struct table_case *c, const struct doc *given, struct doc *got)
{
	const struct doc *existing = doc_get(given, "existingSlices");
	struct slices_case s;
	struct doc *list = doc_new_list();
	g_autoptr(GArray) lengths = g_array_new(FALSE, TRUE, sizeof(size_t));

	conformance_known(given, c->diff, "given", "maxEndpointsPerSlice", "existingSlices",
	                  "desiredEndpoints", NULL);
	slices_case_init(c, &s, NULL);
	for (size_t i = 0; i < doc_length(existing); i++) {
		const struct doc *map = doc_at(existing, i);

		conformance_known(map, c->diff, "slice", "kept", "changed", "removed", "portsMatch",
		                  NULL);
		int64_t kept = case_int(c, map, "kept", 0),
			changed = case_int(c, map, "changed", 0);
		int64_t all = kept + changed + case_int(c, map, "removed", 0);
		struct endpoint_slice *slice =
		    add_slice(c, &s, (size_t)all, case_flag(c, map, "portsMatch", true));

		for (int64_t k = 0; k < all; k++) {
			add_endpoint(c, &s, slice, k < kept + changed,
			             k >= kept && k < kept + changed);
		}
	}
	int64_t desired = case_int(c, given, "desiredEndpoints", 0);

	if (s.pods->len > desired) {
		case_wrong(c, "desiredEndpoints", "at least as many as the slices keep");
	}
	while (s.pods->len < desired) {
		add_endpoint(c, &s, NULL, true, false);
	}
	const struct slice_plan *plan =
	    plan_of(c, &s, (size_t)case_int(c, given, "maxEndpointsPerSlice", 100));

	for (unsigned i = 0; i < plan->slices->len; i++) {
		const struct planned_slice *slice = plan->slices->pdata[i];
		size_t length = slice->endpoints->len;

		if (slice->action != SLICE_DELETE) {
			g_array_append_val(lengths, length);
		}
	}
	g_array_sort(lengths, compare_lengths);
	for (unsigned i = 0; i < lengths->len; i++) {
		doc_append(list, doc_new_int((int64_t)g_array_index(lengths, size_t, i)));
	}
	doc_set(got, "slices", list);
	set_writes(got, plan);
}

static void ask_missing_node(struct table_case *c, const struct doc *given, struct doc *got)
{
	const struct doc *pods = doc_get(given, "pods");
	const char *const *standing = case_texts(c, given, "existingEndpoints");
	struct endpoint_slice *slice = NULL;
	struct slices_case s;
	int64_t endpoints = 0;

	conformance_known(given, c->diff, "given", "service", "pods", "nodes", "existingEndpoints",
	                  NULL);
	slices_case_init(c, &s, doc_get(given, "service"));
	s.nodes = case_texts(c, given, "nodes");
	if (case_length(standing) > 0) {
		slice = add_slice(c, &s, case_length(standing), true);
	}
	for (size_t i = 0; i < doc_length(pods); i++) {
		char *address = case_keep(c, g_strdup_printf("10.0.0.%zu", i + 1), g_free);
		struct endpoint_pod pod = case_pod(c, doc_at(pods, i), address);

		g_array_append_val(s.pods, pod);
		if (standing && pod.name && g_strv_contains(standing, pod.name)) {
			endpoint_of_pod(&slice->endpoints[slice->n_endpoints++], &pod, NULL,
			                s.service, "IPv4");
		}
	}
	if (slice && slice->n_endpoints != case_length(standing)) {
		case_wrong(c, "existingEndpoints", "names of pods");
	}
	const struct slice_plan *plan = plan_of(c, &s, 100);

	for (unsigned i = 0; i < plan->slices->len; i++) {
		endpoints += ((const struct planned_slice *)plan->slices->pdata[i])->endpoints->len;
	}
	doc_set_int(got, "endpoints", endpoints);
	doc_set_bool(got, "retry", plan->retry);
	set_writes(got, plan);
}

/* --- endpointsObject, printEndpoints --- */

static void ask_endpoints_object(struct table_case *c, const struct doc *given, struct doc *got)
{
	const struct doc *pods = doc_get(given, "pods");
	g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(struct endpoint_pod));
	bool truncated;
	size_t n;

	conformance_known(given, c->diff, "given", "service", "pods", NULL);
	struct service *service = case_service(c, doc_get(given, "service"));

	case_add_port(service, NULL, 80, "TCP");
	for (size_t i = 0; i < doc_length(pods); i++) {
		struct endpoint_pod pod = case_pod(c, doc_at(pods, i), NULL);

		g_array_append_val(list, pod);
	}
	struct endpoint_subset *subsets = endpoint_subsets_of(
	    service, (const struct endpoint_pod *)list->data, list->len, &n, &truncated);

	/* One port, so one subset at most; without one there are no addresses. */
	doc_set(got, "addresses",
	        addresses_to_doc(n ? subsets->addresses : NULL, n ? subsets->n_addresses : 0));
	doc_set(got, "notReadyAddresses",
	        addresses_to_doc(n ? subsets->not_ready_addresses : NULL,
	                         n ? subsets->n_not_ready_addresses : 0));
	endpoint_subsets_free(subsets, n);
}

static struct endpoint *read_addresses(struct table_case *c, const struct doc *map, const char *key,
                                       size_t *n)
{
	const char *const *texts = case_texts(c, map, key);

	*n = case_length(texts);
	struct endpoint *endpoints = g_new0(struct endpoint, *n + 1);

	for (size_t i = 0; i < *n; i++) {
		endpoints[i].address = ref_string(texts[i]);
	}
	return endpoints;
}

static void ask_print_endpoints(struct table_case *c, const struct doc *given, struct doc *got)
{
	const struct doc *list = doc_get(given, "subsets");
	size_t n = doc_length(list);
	struct endpoint_subset *subsets = g_new0(struct endpoint_subset, n + 1);

	conformance_known(given, c->diff, "given", "subsets", "sliceAddresses", NULL);
	for (size_t i = 0; i < n; i++) {
		const struct doc *map = doc_at(list, i), *ports = doc_get(map, "ports");

		conformance_known(map, c->diff, "subset", "addresses", "notReadyAddresses", "ports",
		                  NULL);
		subsets[i].addresses = read_addresses(c, map, "addresses", &subsets[i].n_addresses);
		subsets[i].not_ready_addresses =
		    read_addresses(c, map, "notReadyAddresses", &subsets[i].n_not_ready_addresses);
		subsets[i].n_ports = doc_length(ports);
		subsets[i].ports = g_new0(struct endpoint_port, doc_length(ports) + 1);
		for (size_t k = 0; k < doc_length(ports); k++) {
			int64_t number = 0;

			if (!doc_int(doc_at(ports, k), &number)) {
				case_wrong(c, "ports", "a list of numbers");
			}
			subsets[i].ports[k].port = (int)number;
		}
	}
	size_t n_slice;
	struct endpoint *slice = read_addresses(c, given, "sliceAddresses", &n_slice);
	g_autofree char *cell = doc_get(given, "sliceAddresses")
	                            ? endpoint_slice_cell(slice, n_slice)
	                            : endpoints_cell(subsets, n);

	doc_set_string(got, "endpoints", cell);
	endpoint_subsets_free(subsets, n);
	for (size_t i = 0; i < n_slice; i++) {
		endpoint_clear(&slice[i]);
	}
	g_free(slice);
}

/* Durations may be written in more than one way: they are compared as nanoseconds. */
static struct doc *in_nanoseconds(struct table_case *c, const struct doc *durations)
{
	struct doc *list = doc_new_list();

	for (size_t i = 0; i < doc_length(durations); i++) {
		doc_append(list,
		           doc_new_int(case_duration(c, "syncsStartAt", doc_at(durations, i))));
	}
	return list;
}

/* --- the table --- */

static const struct {
	const char *rule;
	void (*ask)(struct table_case *c, const struct doc *given, struct doc *got);
} rules[] = {
    {"podInEndpoints", ask_pod_in_endpoints},
    {"endpointConditions", ask_endpoint_conditions},
    {"podChange", ask_pod_change},
    {"endpointPorts", ask_endpoint_ports},
    {"slicePacking", ask_slice_packing},
    {"missingNode", ask_missing_node},
    {"endpointsObject", ask_endpoints_object},
    {"printEndpoints", ask_print_endpoints},
    {"usableEndpoints", ask_usable_endpoints},
    {"ruleProbability", ask_rule_probability},
    {"proxySync", ask_proxy_sync},
};

static void compare(struct table_case *c, const struct doc *expect, const struct doc *got)
{
	if (doc_kind_of(expect) != DOC_MAP || doc_length(expect) == 0) {
		case_wrong(c, "expect", "a map of answers");
	}
	for (size_t i = 0; i < doc_length(expect); i++) {
		const char *key = doc_key_at(expect, i);
		const struct doc *answer = doc_get(got, key);

		if (!answer) {
			g_string_append_printf(c->diff, "expect: unknown field '%s'\n", key);
		} else if (g_str_equal(key, "syncsStartAt")) {
			g_autoptr(doc) times = in_nanoseconds(c, doc_value_at(expect, i));

			conformance_equal(c->diff, key, times, answer);
		} else {
			conformance_equal(c->diff, key, doc_value_at(expect, i), answer);
		}
	}
}

bool conformance_endpoints(const struct doc *kase, GString *diff)
{
	struct table_case c = {diff, g_ptr_array_new()};
	const char *rule = case_text(&c, kase, "rule", "");
	g_autoptr(doc) got = doc_new_map();
	gsize before = diff->len;

	conformance_known(kase, diff, "case", "name", "rule", "source", "note", "given", "expect",
	                  NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		if (g_str_equal(rules[i].rule, rule)) {
			rules[i].ask(&c, doc_get(kase, "given"), got);
		}
	}
	compare(&c, doc_get(kase, "expect"), got);
	case_end(&c);
	return diff->len == before;
}
