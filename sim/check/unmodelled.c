/* unmodelled.c - what a manifest says, the real cluster obeys, and podsim does not simulate. */

#include "check/set.h"

#include <string.h>

struct silent { /* a field or a kind, and what it would do */
	const char *name, *effect;
};

static const struct silent kinds[] = {
    {"StatefulSet", "its pods are not simulated: they start one after the other, each with its "
                    "name and volume"},
    {"DaemonSet", "its pods are not simulated, nor what they take of each node"},
    {"ReplicationController", "its pods are not simulated"},
    {"Job", "its pods are not simulated, nor what they take of the nodes"},
    {"CronJob", "its pods are not simulated, nor what they take of the nodes"},
    {"Ingress", "requests come to Services directly: no Ingress with its retries and timeouts"},
    {"HTTPRoute", "requests come to Services directly: no gateway with its retries and timeouts"},
    {"NetworkPolicy", "every connection is allowed"},
    {"ResourceQuota", "no quota refuses a pod"},
    {"LimitRange", "no default requests and limits are filled in"},
    {"VerticalPodAutoscaler", "requests stay as they are written"},
    {"ScaledObject", "the HPA that KEDA would make is not there"},
    {"Rollout", "its pods are not simulated"},
    {"MutatingWebhookConfiguration", "no webhook changes pods (a service mesh's sidecars, say)"},
    {"PriorityClass", "no pod is preempted"},
};

static const struct silent pod_fields[] = {
    {"priorityClassName", "no pod is preempted"},
    {"priority", "no pod is preempted"},
    {"hostNetwork", "pods have addresses of their own"},
    {"runtimeClassName", "its overhead is not counted"},
    {"schedulerName", "the default scheduler places the pods"},
    {"schedulingGates", "pods are scheduled at once"},
    {"resourceClaims", "devices are not counted"},
    {"activeDeadlineSeconds", "pods live as long as they are wanted"},
};

static const struct silent container_fields[] = {
    {"restartPolicyRules", "the pod's restart policy alone decides"},
};

static void note(struct check_set *set, const char *object, const struct doc *at, const char *what,
                 const char *effect)
{
	struct check_finding *finding = found(set, "field-not-modelled", CHECK_NOTE, object,
	                                      doc_where(at), "%s has no effect here", what);

	finding_why(finding, "%s", effect);
}

static bool is_default(const char *field, const struct doc *value)
{
	return doc_kind_of(value) == DOC_NULL ||
	       (doc_kind_of(value) == DOC_BOOL && !doc_bool(value, false)) ||
	       (g_str_equal(field, "schedulerName") &&
	        g_strcmp0(doc_text(value), "default-scheduler") == 0);
}

static void check_fields(struct check_set *set, const char *object, const struct doc *map,
                         const struct silent *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct doc *value = doc_get(map, fields[i].name);

		if (!is_default(fields[i].name, value)) {
			note(set, object, value, fields[i].name, fields[i].effect);
		}
	}
}

static void check_container(struct check_set *set, const char *object, const struct doc *container)
{
	const struct doc *ports = doc_get(container, "ports");

	check_fields(set, object, container, container_fields, G_N_ELEMENTS(container_fields));
	for (size_t i = 0; i < doc_length(ports); i++) {
		const struct doc *port = doc_get(doc_at(ports, i), "hostPort");

		if (port) {
			note(set, object, port, "hostPort",
			     "two pods with one host port may stand on one node");
		}
	}
}

static void check_pod(struct check_set *set, const char *object, const struct doc *spec)
{
	const struct doc *containers = doc_get(spec, "containers"),
			 *volumes = doc_get(spec, "volumes");

	check_fields(set, object, spec, pod_fields, G_N_ELEMENTS(pod_fields));
	for (size_t i = 0; i < doc_length(containers); i++) {
		check_container(set, object, doc_at(containers, i));
	}
	for (size_t i = 0; i < doc_length(volumes); i++) {
		const struct doc *claim = doc_get(doc_at(volumes, i), "persistentVolumeClaim");

		if (claim) {
			note(set, object, claim, "persistentVolumeClaim",
			     "volumes are there at once, on every node");
			break;
		}
	}
}

static void check_document(struct check_set *set, const struct doc *document)
{
	const char *kind = doc_text(doc_get(document, "kind"));
	const char *name = doc_text(doc_find(document, "metadata", "name", NULL));
	g_autofree char *word = g_ascii_strdown(kind ? kind : "object", -1);
	g_autofree char *object = g_strdup_printf("%s/%s", word, name ? name : "?");
	const struct doc *template = doc_find(document, "spec", "template", "spec", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_strcmp0(kind, kinds[i].name) == 0) {
			g_autofree char *what = g_strdup_printf("kind %s", kind);

			note(set, object, doc_get(document, "kind"), what, kinds[i].effect);
		}
	}
	if (doc_kind_of(doc_get(template, "containers")) == DOC_LIST) {
		check_pod(set, object, template);
	} else if (g_strcmp0(kind, "Pod") == 0) {
		check_pod(set, object, doc_get(document, "spec"));
	}
}

void check_unmodelled(struct check_set *set)
{
	for (unsigned i = 0; i < set->documents->len; i++) {
		check_document(set, set->documents->pdata[i]);
	}
}
