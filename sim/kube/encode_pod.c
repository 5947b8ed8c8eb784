#include "kube/encode.h"

#include <string.h>

/* Identifiers that a container runtime would give: made of what they stand for, so that they are
 * the same in every run. */
static char *digest_of(const char *a, const char *b, uint32_t attempt)
{
	g_autofree char *text = g_strdup_printf("%s/%s/%u", a, b, attempt);

	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

static void put_container_id(struct doc *out, const struct pod *pod, const char *name,
                             uint32_t attempt)
{
	const char *uid = pod->object.meta.uid;
	g_autofree char *digest = digest_of(uid == NULL ? "" : uid, name, attempt);
	g_autofree char *id = g_strconcat("containerd://", digest, NULL);

	doc_set_string(out, "containerID", id);
}

static void put_terminated(const struct encoder *encoder, struct doc *state, const struct pod *pod,
                           const char *name, const struct container_end *end)
{
	struct doc *out = put_map(state, "terminated");

	put_container_id(out, pod, name, end->attempt);
	doc_set_int(out, "exitCode", end->exit_code);
	put_time(encoder, out, "finishedAt", end->finished_at);
	put_text_unless_empty(out, "reason", end->reason);
	put_time(encoder, out, "startedAt", end->started_at);
}

static void put_state(const struct encoder *encoder, struct doc *state, const struct pod *pod,
                      const char *name, const struct container_status *status)
{
	struct doc *out;

	switch (status->state) {
	case CONTAINER_WAITING:
		out = put_map(state, "waiting");
		put_text_unless_empty(out, "message", status->waiting_message);
		put_text_unless_empty(out, "reason", status->waiting_reason);
		break;
	case CONTAINER_RUNNING:
		out = put_map(state, "running");
		put_time(encoder, out, "startedAt", status->started_at);
		break;
	case CONTAINER_TERMINATED:
		put_terminated(encoder, state, pod, name, &status->end);
		break;
	}
}

/* Source: pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses. */
static void put_resources(struct doc *out, const struct container_status *status)
{
	if (status->allocated) {
		put_amounts(out, "allocatedResources", &status->allocated->requests);
	}
	if (status->actual) {
		struct doc *resources = put_map(out, "resources");

		if (status->actual->limits.n) {
			put_amounts(resources, "limits", &status->actual->limits);
		}
		if (status->actual->requests.n) {
			put_amounts(resources, "requests", &status->actual->requests);
		}
	}
}

static void put_statuses(const struct encoder *encoder, struct doc *map, const char *key,
                         const struct pod *pod, const struct container *containers,
                         const struct container_status *statuses, size_t n)
{
	if (n == 0) {
		return;
	}
	struct doc *list = put_list(map, key);

	for (size_t i = 0; i < n; i++) {
		const struct container_status *status = &statuses[i];
		const char *name = containers[i].name;
		struct doc *out = add_map(list);

		doc_set_string(out, "name", name);
		doc_set_string(out, "image", containers[i].image);
		doc_set_string(out, "imageID", "");
		if (status->has_id) {
			g_autofree char *digest = digest_of(containers[i].image, "image", 0);
			g_autofree char *id =
			    g_strconcat(containers[i].image, "@sha256:", digest, NULL);

			doc_set_string(out, "imageID", id);
			put_container_id(out, pod, name, status->attempt);
		}
		put_resources(out, status);
		struct doc *last = put_map(out, "lastState");

		if (status->last.finished_at != SIM_NEVER) {
			put_terminated(encoder, last, pod, name, &status->last);
		}
		doc_set_bool(out, "ready", status->ready);
		doc_set_int(out, "restartCount", status->restart_count);
		doc_set_bool(out, "started", status->started);
		put_state(encoder, put_map(out, "state"), pod, name, status);
	}
}

static void put_address(struct doc *status, const char *key, const char *list_key, const char *ip)
{
	if (ip != NULL) {
		doc_set_string(status, key, ip);
		doc_set_string(add_map(put_list(status, list_key)), "ip", ip);
	}
}

static void put_pod_spec(const struct encoder *encoder, const struct object *object)
{
	const struct pod *pod = POD(object);
	struct doc *spec = put_spec(encoder, object);

	if (doc_length(spec) == 0 && pod->spec != NULL && pod->spec->source != NULL) {
		spec = doc_set_copy(encoder->out, "spec", pod->spec->source);
	}
	doc_set_string(spec, "nodeName", pod->node_name);
}

void encode_pod(const struct encoder *encoder, const struct object *object)
{
	const struct pod *pod = POD(object);

	if (!encoder->around_spec) {
		put_pod_spec(encoder, object);
	}
	struct doc *status = put_map(encoder->out, "status");

	put_conditions(encoder, status, &pod->conditions, CONDITIONS_OF_POD);
	put_text_unless_empty(status, "message", pod->message);
	doc_set_string(status, "phase", pod_phase_name(pod->phase));
	put_text_unless_empty(status, "reason", pod->reason);
	put_text_unless_empty(status, "resize", pod->resize);
	put_address(status, "hostIP", "hostIPs", pod->host_ip);
	put_address(status, "podIP", "podIPs", pod->pod_ip);
	put_time(encoder, status, "startTime", pod->start_time);
	if (pod->spec == NULL) {
		return;
	}
	doc_set_string(status, "qosClass", pod_qos_name(pod_spec_qos(pod->spec)));
	/* Before the kubelet has seen the pod nobody has written a container's status. */
	if (pod->start_time != SIM_NEVER) {
		put_statuses(encoder, status, "containerStatuses", pod, pod->spec->containers,
		             pod->containers, pod->spec->n_containers);
		put_statuses(encoder, status, "initContainerStatuses", pod,
		             pod->spec->init_containers, pod->init_containers,
		             pod->spec->n_init_containers);
	}
}
