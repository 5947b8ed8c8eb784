#include "kube/pod_spec.h"

#include "kube/codec.h"
#include "kube/selector.h"

#include <string.h>

const char *probe_type_name(enum probe_type type)
{
	static const char *const names[] = {"startup", "readiness", "liveness"};

	g_assert((unsigned)type < PROBE_TYPES);
	return names[type];
}

const char *probe_type_title(enum probe_type type)
{
	static const char *const titles[] = {"Startup", "Readiness", "Liveness"};

	g_assert((unsigned)type < PROBE_TYPES);
	return titles[type];
}

void handler_clear(struct handler *handler)
{
	g_free(handler->port.name);
	g_free(handler->path);
	g_free(handler->host);
	for (size_t i = 0; i < handler->n_headers; i++) {
		g_free(handler->headers[i].name);
		g_free(handler->headers[i].value);
	}
	g_free(handler->headers);
	g_free(handler->service);
	g_strfreev(handler->command);
	*handler = (struct handler){0};
}

static void handler_free(struct handler *handler)
{
	if (handler != NULL) {
		handler_clear(handler);
		g_free(handler);
	}
}

void probe_free(struct probe *probe)
{
	if (probe != NULL) {
		handler_clear(&probe->handler);
		g_free(probe);
	}
}

static void container_clear(struct container *container)
{
	g_free(container->name);
	g_free(container->image);
	for (size_t i = 0; i < container->n_ports; i++) {
		g_free(container->ports[i].name);
	}
	g_free(container->ports);
	resource_list_clear(&container->requests);
	resource_list_clear(&container->limits);
	for (int i = 0; i < PROBE_TYPES; i++) {
		probe_free(container->probes[i]);
	}
	handler_free(container->pre_stop);
	handler_free(container->post_start);
}

int container_port_number(const struct container *container, const struct port_reference *reference)
{
	if (reference->number != 0 || reference->name == NULL) {
		return reference->number;
	}
	for (size_t i = 0; i < container->n_ports; i++) {
		if (g_strcmp0(container->ports[i].name, reference->name) == 0) {
			return container->ports[i].number;
		}
	}
	return 0;
}

void node_selector_term_free(void *data)
{
	struct node_selector_term *term = data;

	g_clear_pointer(&term->expressions, g_ptr_array_unref);
	g_free(term);
}

void affinity_term_free(void *data)
{
	struct affinity_term *term = data;

	label_selector_free(term->selector);
	g_free(term->topology_key);
	g_free(term);
}

void spread_constraint_free(void *data)
{
	struct spread_constraint *constraint = data;

	label_selector_free(constraint->selector);
	g_free(constraint->topology_key);
	g_free(constraint);
}

void toleration_free(void *data)
{
	struct toleration *toleration = data;

	g_free(toleration->key);
	g_free(toleration->value);
	g_free(toleration);
}

struct pod_spec *pod_spec_new(void)
{
	struct pod_spec *spec = g_new0(struct pod_spec, 1);

	spec->refs = 1;
	return spec;
}

struct pod_spec *pod_spec_ref(struct pod_spec *spec)
{
	g_atomic_int_inc(&spec->refs);
	return spec;
}

void pod_spec_unref(struct pod_spec *spec)
{
	if (spec == NULL || !g_atomic_int_dec_and_test(&spec->refs)) {
		return;
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		container_clear(&spec->containers[i]);
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		container_clear(&spec->init_containers[i]);
	}
	g_free(spec->containers);
	g_free(spec->init_containers);
	g_free(spec->hostname);
	g_free(spec->subdomain);
	string_map_unref(spec->node_selector);
	g_clear_pointer(&spec->required_node_terms, g_ptr_array_unref);
	g_clear_pointer(&spec->preferred_node_terms, g_ptr_array_unref);
	g_clear_pointer(&spec->pod_affinity, g_ptr_array_unref);
	g_clear_pointer(&spec->pod_anti_affinity, g_ptr_array_unref);
	g_clear_pointer(&spec->spread_constraints, g_ptr_array_unref);
	g_clear_pointer(&spec->tolerations, g_ptr_array_unref);
	g_clear_pointer(&spec->readiness_gates, g_ptr_array_unref);
	g_free(spec->node_name);
	resource_list_clear(&spec->pod_requests);
	resource_list_clear(&spec->pod_limits);
	doc_free(spec->source);
	g_free(spec);
}

const struct container *pod_spec_container(const struct pod_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->n_containers; i++) {
		if (g_strcmp0(spec->containers[i].name, name) == 0) {
			return &spec->containers[i];
		}
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		if (g_strcmp0(spec->init_containers[i].name, name) == 0) {
			return &spec->init_containers[i];
		}
	}
	return NULL;
}

/* --- templates --- */

void pod_template_copy(struct pod_template *to, const struct pod_template *from)
{
	to->labels = string_map_ref(from->labels);
	to->annotations = string_map_ref(from->annotations);
	to->spec = from->spec == NULL ? NULL : pod_spec_ref(from->spec);
	to->source = doc_share(from->source);
}

void pod_template_clear(struct pod_template *template)
{
	string_map_unref(template->labels);
	string_map_unref(template->annotations);
	pod_spec_unref(template->spec);
	doc_free(template->source);
	*template = (struct pod_template){0};
}

#define HASH_LABEL "pod-template-hash"

static bool labels_equal(struct string_map *a, struct string_map *b)
{
	struct string_map *x = string_map_with(a, HASH_LABEL, NULL);
	struct string_map *y = string_map_with(b, HASH_LABEL, NULL);
	const bool equal = string_map_equal(x, y);

	string_map_unref(x);
	string_map_unref(y);
	return equal;
}

bool pod_template_equal(const struct pod_template *a, const struct pod_template *b)
{
	if (!labels_equal(a->labels, b->labels) ||
	    !string_map_equal(a->annotations, b->annotations)) {
		return false;
	}
	return a->spec == b->spec ||
	       doc_equal(doc_get(a->source, "spec"), doc_get(b->source, "spec"));
}
