/* endpoints_case.c - strict reading of the cases of the table `endpoints`. */

#include "endpoints_case.h"

#include "conformance.h"
#include "kube/quantity.h"

struct freeing {
	GDestroyNotify free;
	void *data;
};

static void freeing_run(void *data)
{
	struct freeing *freeing = data;

	freeing->free(freeing->data);
	g_free(freeing);
}

void *case_keep(struct table_case *c, void *data, GDestroyNotify free)
{
	struct freeing *freeing = g_new(struct freeing, 1);

	*freeing = (struct freeing){free, data};
	g_ptr_array_add(c->garbage, freeing);
	return data;
}

void case_wrong(struct table_case *c, const char *key, const char *wanted)
{
	g_string_append_printf(c->diff, "%s: expected %s\n", key, wanted);
}

/* A scalar's text; @fallback when the field is absent. */
const char *case_text(struct table_case *c, const struct doc *map, const char *key,
                      const char *fallback)
{
	const struct doc *field = doc_get(map, key);

	if (field && (!doc_text(field) || doc_kind_of(field) == DOC_NULL)) {
		case_wrong(c, key, "a string");
		return fallback;
	}
	return field ? doc_text(field) : fallback;
}

bool case_flag(struct table_case *c, const struct doc *map, const char *key, bool fallback)
{
	const struct doc *field = doc_get(map, key);

	if (field && doc_kind_of(field) != DOC_BOOL) {
		case_wrong(c, key, "true or false");
	}
	return doc_bool(field, fallback);
}

int64_t case_int(struct table_case *c, const struct doc *map, const char *key, int64_t fallback)
{
	const struct doc *field = doc_get(map, key);
	int64_t value = fallback;

	if (field && !doc_int(field, &value)) {
		case_wrong(c, key, "a whole number");
	}
	return value;
}

sim_time case_duration(struct table_case *c, const char *key, const struct doc *field)
{
	sim_time value = 0;

	if (!doc_text(field) || !duration_parse(doc_text(field), &value)) {
		case_wrong(c, key, "a duration");
	}
	return value;
}

/* The strings of a list as a NULL-terminated array; NULL when the field is absent. */
const char *const *case_texts(struct table_case *c, const struct doc *map, const char *key)
{
	const struct doc *list = doc_get(map, key);

	if (!list) {
		return NULL;
	}
	if (doc_kind_of(list) != DOC_LIST) {
		case_wrong(c, key, "a list");
	}
	const char **texts = case_keep(c, g_new0(const char *, doc_length(list) + 1), g_free);

	for (size_t i = 0; i < doc_length(list); i++) {
		texts[i] = doc_text(doc_at(list, i));
		if (!texts[i]) {
			case_wrong(c, key, "a list of strings");
			texts[i] = "";
		}
	}
	return texts;
}

size_t case_length(const char *const *texts)
{
	return texts ? g_strv_length((char **)texts) : 0;
}

/* --- Services and pods --- */

static void release_object(void *object)
{
	object_unref(object);
}

/* A Service "web" that selects app=web; ports are added by those who need them. */
struct service *case_service(struct table_case *c, const struct doc *map)
{
	struct service *service = case_keep(c, object_new(KIND_SERVICE), release_object);

	conformance_known(map, c->diff, "service", "name", "publishNotReadyAddresses", NULL);
	ref_string_set(&service->object.meta.name, case_text(c, map, "name", "web"));
	ref_string_set(&service->object.meta.namespace, "default");
	service->selector = string_map_with(NULL, "app", "web");
	service->type = "ClusterIP";
	service->publish_not_ready_addresses = case_flag(c, map, "publishNotReadyAddresses", false);
	return service;
}

void case_add_port(struct service *service, const char *name, int port, const char *protocol)
{
	service->ports = g_renew(struct service_port, service->ports, service->n_ports + 1);
	service->ports[service->n_ports++] =
	    (struct service_port){.name = g_strdup(name), .port = port, .protocol = protocol};
}

static enum pod_phase phase_of(struct table_case *c, const struct doc *map)
{
	const char *name = case_text(c, map, "phase", "Running");

	for (enum pod_phase phase = POD_PENDING; phase <= POD_UNKNOWN; phase++) {
		if (g_str_equal(name, pod_phase_name(phase))) {
			return phase;
		}
	}
	case_wrong(c, "phase", "a pod phase");
	return POD_UNKNOWN;
}

static void release_map(void *map)
{
	string_map_unref(map);
}

struct string_map *case_labels(struct table_case *c, const struct doc *labels)
{
	struct string_map *map = NULL;

	for (size_t i = 0; i < doc_length(labels); i++) {
		const char *key = doc_key_at(labels, i);
		struct string_map *longer =
		    string_map_with(map, key, case_text(c, labels, key, ""));

		string_map_unref(map);
		map = longer;
	}
	return map ? case_keep(c, map, release_map) : NULL;
}

/* @address: of a pod that does not say; NULL: it has none. Labels that nobody gives are selected.
 */
struct endpoint_pod case_pod(struct table_case *c, const struct doc *map, const char *address)
{
	const char *const *ips = case_texts(c, map, "podIPs");
	const char **one = case_keep(c, g_new0(const char *, 2), g_free);
	const struct doc *labels = doc_get(map, "labels");

	conformance_known(map, c->diff, "pod", "name", "phase", "podIP", "podIPs", "ready",
	                  "terminating", "nodeName", "hostname", "subdomain", "labels",
	                  "restartPolicy", NULL);
	one[0] = case_text(c, map, "podIP", ips ? NULL : address);
	return (struct endpoint_pod){
	    .namespace = "default",
	    .name = case_text(c, map, "name", NULL),
	    .phase = phase_of(c, map),
	    .ips = ips ? ips : (const char *const *)one,
	    .n_ips = ips ? case_length(ips) : 1,
	    .ready = case_flag(c, map, "ready", false),
	    .terminating = case_flag(c, map, "terminating", false),
	    .node_name = case_text(c, map, "nodeName", NULL),
	    .hostname = case_text(c, map, "hostname", NULL),
	    .subdomain = case_text(c, map, "subdomain", NULL),
	    .labels = labels ? case_labels(c, labels)
	                     : case_keep(c, string_map_with(NULL, "app", "web"), release_map),
	};
}

/* --- life --- */

void case_end(struct table_case *c)
{
	/* Last things first: what is kept may refer to what was kept earlier. */
	while (c->garbage->len > 0) {
		freeing_run(g_ptr_array_steal_index(c->garbage, c->garbage->len - 1));
	}
	g_ptr_array_unref(c->garbage);
}
