#include "kube/decode.h"
#include "kube/names.h"

#include "kube/quantity.h"

#include <string.h>

/* --- resources --- */

static bool is_resource_name(const char *name)
{
	static const char *const standard[] = {"cpu", "memory", "ephemeral-storage", NULL};

	return g_strv_contains(standard, name) || g_str_has_prefix(name, "hugepages-") ||
	       (strchr(name, '/') != NULL && is_qualified(name));
}

static void check_resource(struct decoder *decoder, const struct place *list, size_t index)
{
	static const char *const standard[] = {"cpu", "memory", "ephemeral-storage", NULL};
	const char *name = doc_key_at(list->doc, index);
	const struct place at = place_field(list, name);
	int64_t milli;

	if (!is_resource_name(name)) {
		const char *nearest = doc_nearest(name, standard);

		fault_at(decoder, &at, doc_key_where(list->doc, index),
		         "\"%s\" is no resource of containers; expected cpu, memory, "
		         "ephemeral-storage, hugepages-SIZE or DOMAIN/NAME%s%s%s",
		         name, nearest != NULL ? " (did you mean \"" : "",
		         nearest != NULL ? nearest : "", nearest != NULL ? "\"?)" : "");
	}
	if (doc_text(at.doc) == NULL || !quantity_parse(doc_text(at.doc), &milli, NULL)) {
		return;
	}
	if (milli < 0) {
		fault(decoder, &at, "%s is negative; expected 0 or more", doc_text(at.doc));
	} else if (strchr(name, '/') != NULL && milli % 1000 != 0) {
		fault(decoder, &at, "%s is no whole number; expected one for \"%s\"",
		      doc_text(at.doc), name);
	}
}

void decode_amounts(struct decoder *decoder, const struct place *at, const char *key,
                    struct resource_list *list)
{
	const struct place amounts = place_field(at, key);

	for (size_t i = 0; doc_kind_of(amounts.doc) == DOC_MAP && i < doc_length(amounts.doc);
	     i++) {
		int64_t milli;

		if (field_quantity(&amounts, doc_key_at(amounts.doc, i), &milli)) {
			resource_list_set(list, doc_key_at(amounts.doc, i), milli);
		}
	}
}

static void check_request(struct decoder *decoder, const struct place *requests, const char *name,
                          const struct place *limits)
{
	const struct place request = place_field(requests, name);
	const bool extended = strchr(name, '/') != NULL;
	int64_t asked, limit;

	if (!field_quantity(requests, name, &asked)) {
		return;
	}
	if (!field_quantity(limits, name, &limit)) {
		if (extended && !field_present(limits, name)) {
			fault(decoder, &request,
			      "has no limit; expected limits.%s of the same value, "
			      "since \"%s\" cannot be shared",
			      name, name);
		}
		return;
	}
	if (extended && asked != limit) {
		fault(decoder, &request,
		      "%s is not the limit %s; expected the same value, since "
		      "\"%s\" cannot be shared",
		      doc_text(request.doc), doc_text(doc_get(limits->doc, name)), name);
	} else if (asked > limit) {
		fault(decoder, &request, "%s is more than the limit %s; expected at most the limit",
		      doc_text(request.doc), doc_text(doc_get(limits->doc, name)));
	}
}

void decode_resources(struct decoder *decoder, const struct place *at,
                      struct resource_list *requests, struct resource_list *limits)
{
	const struct place resources = place_field(at, "resources");
	const struct place asked = place_field(&resources, "requests");
	const struct place allowed = place_field(&resources, "limits");

	for (size_t i = 0; doc_kind_of(asked.doc) == DOC_MAP && i < doc_length(asked.doc); i++) {
		check_resource(decoder, &asked, i);
		check_request(decoder, &asked, doc_key_at(asked.doc, i), &allowed);
	}
	for (size_t i = 0; doc_kind_of(allowed.doc) == DOC_MAP && i < doc_length(allowed.doc);
	     i++) {
		check_resource(decoder, &allowed, i);
	}
	decode_amounts(decoder, &resources, "requests", requests);
	decode_amounts(decoder, &resources, "limits", limits);
	for (size_t i = 0; i < limits->n; i++) {
		int64_t milli;

		if (!resource_list_get(requests, limits->items[i].name, &milli)) {
			resource_list_set(requests, limits->items[i].name, limits->items[i].milli);
		}
	}
}

/* --- ports --- */

static const char *const protocols[] = {"TCP", "UDP", "SCTP", NULL};

/* True when the text of @key in item @index of the list @at stands in an earlier item too. */
static bool stands_before(const struct place *at, size_t index, const char *key)
{
	const char *text = doc_string(doc_get(doc_at(at->doc, index), key));

	for (size_t i = 0; text != NULL && i < index; i++) {
		if (g_strcmp0(doc_string(doc_get(doc_at(at->doc, i), key)), text) == 0) {
			return true;
		}
	}
	return false;
}

static void decode_ports(struct decoder *decoder, const struct place *at,
                         struct container *container)
{
	const size_t n = doc_kind_of(at->doc) == DOC_LIST ? doc_length(at->doc) : 0;

	container->ports = g_new0(struct container_port, n);
	for (size_t i = 0; i < n; i++) {
		const struct place item = place_item(at, i);
		const struct place number = place_field(&item, "containerPort");
		const struct place name = place_field(&item, "name");
		const struct place protocol = place_field(&item, "protocol");
		const struct place host = place_field(&item, "hostPort");
		struct container_port *port = &container->ports[container->n_ports++];

		if (fault_unless_given(decoder, &number, "a port, 1 to 65535")) {
			check_port_number(decoder, &number);
		}
		check_port_number(decoder, &host);
		check_port_name(decoder, &name);
		if (stands_before(at, i, "name")) {
			fault(decoder, &name,
			      "\"%s\" is given twice; expected a name of its own for each port",
			      doc_string(name.doc));
		}
		port->name = g_strdup(doc_string(name.doc));
		port->number = (int)field_int(&item, "containerPort", 0);
		port->protocol = fault_unless_one_of(decoder, &protocol, protocols);
		if (port->protocol == NULL) {
			port->protocol = g_intern_static_string("TCP");
		}
	}
}

/* --- environment and volumes: accepted, without effect, but not everything is right --- */

static void check_env(struct decoder *decoder, const struct place *at)
{
	for (size_t i = 0; doc_kind_of(at->doc) == DOC_LIST && i < doc_length(at->doc); i++) {
		const struct place item = place_item(at, i);
		const struct place name = place_field(&item, "name");
		const struct place from = place_field(&item, "valueFrom");
		const char *text = doc_string(name.doc);
		const char *value = field_text(&item, "value");

		if (fault_unless_given(decoder, &name, "the name of a variable") && text != NULL &&
		    strchr(text, '=') != NULL) {
			fault(decoder, &name,
			      "\"%s\" is no valid name of a variable; expected none with '='",
			      text);
		}
		if (value != NULL && *value != '\0' && from.doc != NULL) {
			fault(decoder, &from,
			      "stands beside a value; expected either value or valueFrom");
		}
		if (doc_kind_of(from.doc) == DOC_MAP && doc_length(from.doc) != 1) {
			fault(decoder, &from,
			      "expected exactly one of fieldRef, resourceFieldRef, "
			      "configMapKeyRef, secretKeyRef, fileKeyRef");
		}
	}
}

static bool has_volume(const struct place *spec, const char *name)
{
	const struct doc *volumes = doc_get(spec->doc, "volumes");

	for (size_t i = 0; i < doc_length(volumes); i++) {
		if (g_strcmp0(doc_string(doc_get(doc_at(volumes, i), "name")), name) == 0) {
			return true;
		}
	}
	return false;
}

static void check_volume_mounts(struct decoder *decoder, const struct place *at,
                                const struct place *spec)
{
	for (size_t i = 0; doc_kind_of(at->doc) == DOC_LIST && i < doc_length(at->doc); i++) {
		const struct place item = place_item(at, i);
		const struct place name = place_field(&item, "name");
		const struct place path = place_field(&item, "mountPath");

		if (fault_unless_given(decoder, &name, "the name of a volume of the pod") &&
		    doc_string(name.doc) != NULL && !has_volume(spec, doc_string(name.doc))) {
			fault(decoder, &name,
			      "the pod has no volume \"%s\"; expected the name of one of "
			      "its volumes",
			      doc_string(name.doc));
		}
		fault_unless_given(decoder, &path, "a path in the container");
		if (stands_before(at, i, "mountPath")) {
			fault(decoder, &path,
			      "\"%s\" is given twice; expected a path of its own for each "
			      "volume",
			      doc_string(path.doc));
		}
	}
}

/* --- containers --- */

static void decode_image(struct decoder *decoder, const struct place *at,
                         struct container *container)
{
	static const char *const policies[] = {"Always", "IfNotPresent", "Never", NULL};
	const struct place image = place_field(at, "image");
	const struct place policy = place_field(at, "imagePullPolicy");
	const char *text = doc_string(image.doc);

	if (fault_unless_given(decoder, &image, "the name of an image") && text != NULL &&
	    strpbrk(text, " \t\r\n") != NULL) {
		fault(decoder, &image,
		      "\"%s\" has blanks; expected the name of an image without any", text);
	}
	container->image = g_strdup(text == NULL ? "" : text);
	container->image_pull_policy = fault_unless_one_of(decoder, &policy, policies);
}

static void decode_restart_policy(struct decoder *decoder, const struct place *at,
                                  enum container_use use, struct container *container)
{
	static const char *const always[] = {"Always", NULL};
	const struct place policy = place_field(at, "restartPolicy");

	if (use == CONTAINER_MAIN) {
		if (policy.doc != NULL) {
			fault(decoder, &policy,
			      "is not allowed here; expected it only in initContainers");
		}
		return;
	}
	container->always_restarts = fault_unless_one_of(decoder, &policy, always) != NULL;
}

static void decode_probes(struct decoder *decoder, const struct place *at, enum container_use use,
                          struct container *container)
{
	static const char *const keys[PROBE_TYPES] = {
	    [PROBE_STARTUP] = "startupProbe",
	    [PROBE_READINESS] = "readinessProbe",
	    [PROBE_LIVENESS] = "livenessProbe",
	};

	for (int type = 0; type < PROBE_TYPES; type++) {
		const struct place probe = place_field(at, keys[type]);

		if (use == CONTAINER_INIT && !container->always_restarts && probe.doc != NULL) {
			fault(decoder, &probe,
			      "is not allowed for an init container that runs to its "
			      "end; expected restartPolicy: Always with it");
			continue;
		}
		container->probes[type] = decode_probe(decoder, &probe, (enum probe_type)type);
	}
}

static void decode_lifecycle(struct decoder *decoder, const struct place *at,
                             enum container_use use, const struct place *spec,
                             struct container *container)
{
	const struct place lifecycle = place_field(at, "lifecycle");
	const struct place post_start = place_field(&lifecycle, "postStart");
	const struct place pre_stop = place_field(&lifecycle, "preStop");
	const int64_t grace = field_int(spec, "terminationGracePeriodSeconds", 30);

	if (use == CONTAINER_INIT && !container->always_restarts && lifecycle.doc != NULL) {
		fault(decoder, &lifecycle,
		      "is not allowed for an init container that runs to its end; "
		      "expected restartPolicy: Always with it");
		return;
	}
	container->post_start = decode_hook(decoder, &post_start, grace);
	container->pre_stop = decode_hook(decoder, &pre_stop, grace);
}

/* Source: pkg/apis/core/validation/validation.go, validateResizePolicy. */
static void decode_resize_policy(struct decoder *decoder, const struct place *at,
                                 struct container *container)
{
	static const char *const resources[] = {"cpu", "memory", NULL};
	static const char *const policies[] = {"NotRequired", "RestartContainer", NULL};
	const struct place list = place_field(at, "resizePolicy");
	bool *const restarts[] = {&container->cpu_restarts, &container->memory_restarts};
	bool seen[] = {false, false};

	for (size_t i = 0; doc_kind_of(list.doc) == DOC_LIST && i < doc_length(list.doc); i++) {
		const struct place item = place_item(&list, i);
		const struct place name = place_field(&item, "resourceName");
		const struct place policy = place_field(&item, "restartPolicy");
		const char *resource = fault_unless_one_of(decoder, &name, resources);
		const char *word = fault_unless_one_of(decoder, &policy, policies);

		fault_unless_given(decoder, &name, "cpu or memory");
		fault_unless_given(decoder, &policy, "NotRequired or RestartContainer");
		for (size_t k = 0; k < G_N_ELEMENTS(seen); k++) {
			if (g_strcmp0(resource, resources[k]) != 0) {
				continue;
			}
			if (seen[k]) {
				fault(decoder, &name,
				      "\"%s\" is given twice; expected one policy for each resource",
				      resource);
			}
			seen[k] = true;
			*restarts[k] = g_strcmp0(word, "RestartContainer") == 0;
		}
	}
}

void decode_container(struct decoder *decoder, const struct place *at, enum container_use use,
                      const struct place *spec, struct container *container)
{
	const struct place name = place_field(at, "name");
	const struct place ports = place_field(at, "ports");
	const struct place env = place_field(at, "env");
	const struct place mounts = place_field(at, "volumeMounts");

	if (fault_unless_given(decoder, &name, "the container's name")) {
		check_label(decoder, &name);
	}
	container->where = doc_where(at->doc);
	container->name = g_strdup(doc_string(name.doc) == NULL ? "" : doc_string(name.doc));
	decode_image(decoder, at, container);
	decode_ports(decoder, &ports, container);
	decode_resources(decoder, at, &container->requests, &container->limits);
	decode_resize_policy(decoder, at, container);
	decode_restart_policy(decoder, at, use, container);
	decode_probes(decoder, at, use, container);
	decode_lifecycle(decoder, at, use, spec, container);
	check_env(decoder, &env);
	check_volume_mounts(decoder, &mounts, spec);
}
