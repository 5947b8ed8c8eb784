#include "kube/defaults.h"

#include "kube/decoder.h"
#include "kube/quantity.h"

#include <string.h>

static void each(struct doc *list, void (*complete)(struct doc *item))
{
	for (size_t i = 0; i < doc_length(list); i++) {
		complete(doc_at(list, i));
	}
}

static void default_http_get(struct doc *handler)
{
	struct doc *http_get = doc_get(handler, "httpGet");
	const char *path = doc_string(doc_get(http_get, "path"));
	const char *scheme = doc_string(doc_get(http_get, "scheme"));

	if (http_get == NULL) {
		return;
	}
	if (path != NULL && *path == '\0') {
		doc_remove(http_get, "path");
	}
	if (scheme != NULL && *scheme == '\0') {
		doc_remove(http_get, "scheme");
	}
	default_text(http_get, "path", "/");
	default_text(http_get, "scheme", "HTTP");
}

void default_probe(struct doc *probe)
{
	if (probe == NULL) {
		return;
	}
	default_http_get(probe);
	if (doc_kind_of(doc_get(probe, "grpc")) == DOC_MAP) {
		default_text(doc_get(probe, "grpc"), "service", "");
	}
	default_nonzero(probe, "timeoutSeconds", 1);
	default_nonzero(probe, "periodSeconds", 10);
	default_nonzero(probe, "successThreshold", 1);
	default_nonzero(probe, "failureThreshold", 3);
}

/* The tag of an image's name, NULL when it has none and no digest either. */
static const char *tag_of_image(const char *image)
{
	const char *slash = strrchr(image, '/');
	const char *name = slash == NULL ? image : slash + 1;
	const char *digest = strchr(name, '@');
	const char *colon = strchr(name, ':');

	if (colon != NULL && (digest == NULL || colon < digest)) {
		return colon + 1;
	}
	return digest != NULL ? "" : NULL;
}

static void default_pull_policy(struct doc *container)
{
	const char *image = doc_string(doc_get(container, "image"));
	const char *tag = tag_of_image(image == NULL ? "" : image);

	if (image != NULL) {
		const bool moves =
		    tag == NULL || strcmp(tag, "latest") == 0 || g_str_has_prefix(tag, "latest@");

		default_text(container, "imagePullPolicy", moves ? "Always" : "IfNotPresent");
	}
}

static void default_container_port(struct doc *port)
{
	default_text(port, "protocol", "TCP");
}

static void default_env(struct doc *env)
{
	struct doc *field = doc_find(env, "valueFrom", "fieldRef", NULL);

	default_text(field, "apiVersion", "v1");
	struct doc *resource = doc_find(env, "valueFrom", "resourceFieldRef", NULL);

	default_text(resource, "divisor", "0");
}

static void default_container(struct doc *container)
{
	if (doc_kind_of(container) != DOC_MAP) {
		return;
	}
	default_pull_policy(container);
	each(doc_get(container, "ports"), default_container_port);
	each(doc_get(container, "env"), default_env);
	default_map(container, "resources");
	default_probe(doc_get(container, "startupProbe"));
	default_probe(doc_get(container, "readinessProbe"));
	default_probe(doc_get(container, "livenessProbe"));
	default_http_get(doc_find(container, "lifecycle", "preStop", NULL));
	default_http_get(doc_find(container, "lifecycle", "postStart", NULL));
	default_text(container, "terminationMessagePath", "/dev/termination-log");
	default_text(container, "terminationMessagePolicy", "File");
}

static void default_projection(struct doc *source)
{
	default_int(doc_get(source, "serviceAccountToken"), "expirationSeconds", 3600);
	each(doc_find(source, "downwardAPI", "items", NULL), default_env);
}

static void default_volume(struct doc *volume)
{
	static const char *const with_mode[] = {"secret", "configMap", "projected", "downwardAPI"};

	if (doc_kind_of(volume) != DOC_MAP) {
		return;
	}
	if (doc_length(volume) == (doc_get(volume, "name") != NULL)) {
		default_map(volume, "emptyDir");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(with_mode); i++) {
		default_int(doc_get(volume, with_mode[i]), "defaultMode", 0644);
	}
	default_text(doc_get(volume, "hostPath"), "type", "");
	each(doc_find(volume, "projected", "sources", NULL), default_projection);
}

static void use_host_ports(struct doc *container)
{
	struct doc *ports = doc_get(container, "ports");

	for (size_t i = 0; i < doc_length(ports); i++) {
		int64_t number;

		if (doc_int(doc_get(doc_at(ports, i), "containerPort"), &number)) {
			default_nonzero(doc_at(ports, i), "hostPort", number);
		}
	}
}

void default_pod_spec(struct doc *spec)
{
	if (doc_kind_of(spec) != DOC_MAP) {
		return;
	}
	each(doc_get(spec, "containers"), default_container);
	each(doc_get(spec, "initContainers"), default_container);
	each(doc_get(spec, "ephemeralContainers"), default_container);
	each(doc_get(spec, "volumes"), default_volume);
	if (doc_bool(doc_get(spec, "hostNetwork"), false)) {
		each(doc_get(spec, "containers"), use_host_ports);
		each(doc_get(spec, "initContainers"), use_host_ports);
	}
	default_text(spec, "dnsPolicy", "ClusterFirst");
	default_text(spec, "restartPolicy", "Always");
	default_text(spec, "schedulerName", "default-scheduler");
	default_map(spec, "securityContext");
	default_int(spec, "terminationGracePeriodSeconds", 30);
	if (doc_string(doc_get(spec, "serviceAccountName")) != NULL) {
		default_text(spec, "serviceAccount",
		             doc_string(doc_get(spec, "serviceAccountName")));
	} else if (doc_string(doc_get(spec, "serviceAccount")) != NULL) {
		default_text(spec, "serviceAccountName",
		             doc_string(doc_get(spec, "serviceAccount")));
	}
}

/* --- what only pods get, and templates do not --- */

static void default_requests(struct doc *container)
{
	struct doc *resources = doc_get(container, "resources");
	const struct doc *limits = doc_get(resources, "limits");

	if (doc_length(limits) == 0) {
		return;
	}
	struct doc *requests = default_map(resources, "requests");

	for (size_t i = 0; i < doc_length(limits); i++) {
		const char *text = doc_string(doc_value_at(limits, i));

		if (text != NULL) {
			default_text(requests, doc_key_at(limits, i), text);
		}
	}
}

/* Adds what the containers in @list request of @resource; false when none of them names it. */
static bool sum_requests(const struct doc *list, const char *resource, int64_t *sum)
{
	bool any = false;

	for (size_t i = 0; i < doc_length(list); i++) {
		const char *text =
		    doc_text(doc_find(doc_at(list, i), "resources", "requests", resource, NULL));
		int64_t milli;

		if (text != NULL && quantity_parse(text, &milli, NULL)) {
			*sum += milli;
			any = true;
		}
	}
	return any;
}

/* Requests of the pod as a whole: what its containers ask for together, else its limit.
 * Source: pkg/apis/core/v1/defaults.go, defaultPodRequests. */
static void default_requests_of_pod(struct doc *spec)
{
	struct doc *resources = doc_get(spec, "resources");
	const struct doc *limits = doc_get(resources, "limits");

	if (doc_length(limits) == 0) {
		return;
	}
	struct doc *requests = default_map(resources, "requests");

	for (size_t i = 0; i < doc_length(limits); i++) {
		const char *name = doc_key_at(limits, i);
		const char *limit = doc_string(doc_value_at(limits, i));
		int64_t sum = 0;

		if (sum_requests(doc_get(spec, "containers"), name, &sum)) {
			g_autofree char *text = quantity_to_string(
			    sum, strcmp(name, "memory") == 0 ? QUANTITY_BINARY : QUANTITY_DECIMAL);

			default_text(requests, name, text);
		} else if (limit != NULL) {
			default_text(requests, name, limit);
		}
	}
}

void default_pod(struct doc *spec)
{
	if (doc_kind_of(spec) != DOC_MAP) {
		return;
	}
	each(doc_get(spec, "containers"), default_requests);
	each(doc_get(spec, "initContainers"), default_requests);
	default_requests_of_pod(spec);
	default_bool(spec, "enableServiceLinks", true);
}
