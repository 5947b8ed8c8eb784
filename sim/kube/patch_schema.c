#include "kube/patch_schema.h"

#include <string.h>

// clang-format off
static const struct patch_field by_type[] = {{.name = "conditions", .merge_key = "type"}, {0}};

static const struct patch_field metadata[] = {
	{.name = "ownerReferences", .merge_key = "uid"},
	{.name = "finalizers", .merges_values = true},
	{0}
};

static const struct patch_field container[] = {
	{.name = "ports", .merge_key = "containerPort"},
	{.name = "env", .merge_key = "name"},
	{.name = "volumeMounts", .merge_key = "mountPath"},
	{.name = "volumeDevices", .merge_key = "devicePath"},
	{0}
};

static const struct patch_field pod_spec[] = {
	{.name = "volumes", .merge_key = "name", .retain_keys = true},
	{.name = "initContainers", .merge_key = "name", .fields = container},
	{.name = "containers", .merge_key = "name", .fields = container},
	{.name = "ephemeralContainers", .merge_key = "name", .fields = container},
	{.name = "imagePullSecrets", .merge_key = "name"},
	{.name = "hostAliases", .merge_key = "ip"},
	{.name = "topologySpreadConstraints", .merge_key = "topologyKey"},
	{.name = "schedulingGates", .merge_key = "name"},
	{.name = "resourceClaims", .merge_key = "name", .retain_keys = true},
	{0}
};

static const struct patch_field pod_template[] = {
	{.name = "metadata", .fields = metadata}, {.name = "spec", .fields = pod_spec}, {0}
};

static const struct patch_field pod_status[] = {
	{.name = "conditions", .merge_key = "type"},
	{.name = "hostIPs", .merge_key = "ip"},
	{.name = "podIPs", .merge_key = "ip"},
	{.name = "resourceClaimStatuses", .merge_key = "name"},
	{0}
};

static const struct patch_field pod[] = {
	{.name = "metadata", .fields = metadata},
	{.name = "spec", .fields = pod_spec},
	{.name = "status", .fields = pod_status},
	{0}
};

/* DeploymentSpec: its strategy is a union. */
static const struct patch_field deployment_spec[] = {
	{.name = "template", .fields = pod_template}, {.name = "strategy", .retain_keys = true}, {0}
};

static const struct patch_field deployment[] = {
	{.name = "metadata", .fields = metadata},
	{.name = "spec", .fields = deployment_spec},
	{.name = "status", .fields = by_type},
	{0}
};

/* Whatever else has a pod template: ReplicaSet, StatefulSet, DaemonSet, Job, ReplicationController. */
static const struct patch_field template_spec[] = {{.name = "template", .fields = pod_template}, {0}};

static const struct patch_field workload[] = {
	{.name = "metadata", .fields = metadata},
	{.name = "spec", .fields = template_spec},
	{.name = "status", .fields = by_type},
	{0}
};

static const struct patch_field job_template[] = {
	{.name = "metadata", .fields = metadata}, {.name = "spec", .fields = template_spec}, {0}
};
static const struct patch_field cron_job_spec[] = {{.name = "jobTemplate", .fields = job_template}, {0}};
static const struct patch_field cron_job[] = {
	{.name = "metadata", .fields = metadata}, {.name = "spec", .fields = cron_job_spec}, {0}
};
static const struct patch_field pod_template_object[] = {
	{.name = "metadata", .fields = metadata}, {.name = "template", .fields = pod_template}, {0}
};

static const struct patch_field service_spec[] = {{.name = "ports", .merge_key = "port"}, {0}};
static const struct patch_field service[] = {
	{.name = "metadata", .fields = metadata},
	{.name = "spec", .fields = service_spec},
	{.name = "status", .fields = by_type},
	{0}
};

static const struct patch_field node_spec[] = {{.name = "podCIDRs", .merges_values = true}, {0}};
static const struct patch_field node_status[] = {
	{.name = "conditions", .merge_key = "type"}, {.name = "addresses", .merge_key = "type"}, {0}
};
static const struct patch_field node[] = {
	{.name = "metadata", .fields = metadata},
	{.name = "spec", .fields = node_spec},
	{.name = "status", .fields = node_status},
	{0}
};

static const struct patch_field pdb_spec[] = {{.name = "selector", .replaces = true}, {0}};
static const struct patch_field pdb[] = {
	{.name = "metadata", .fields = metadata},
	{.name = "spec", .fields = pdb_spec},
	{.name = "status", .fields = by_type},
	{0}
};

static const struct patch_field service_account[] = {
	{.name = "metadata", .fields = metadata},
	{.name = "secrets", .merge_key = "name"},
	{.name = "imagePullSecrets", .merge_key = "name"},
	{0}
};

/* HorizontalPodAutoscaler, Namespace, ConfigMap, ...: only what all objects have, and conditions. */
static const struct patch_field plain[] = {
	{.name = "metadata", .fields = metadata}, {.name = "status", .fields = by_type}, {0}
};
// clang-format on

static const struct {
	const char *kind;
	const struct patch_field *fields;
} kinds[] = {
    {"Pod", pod},
    {"Deployment", deployment},
    {"ReplicaSet", workload},
    {"StatefulSet", workload},
    {"DaemonSet", workload},
    {"Job", workload},
    {"ReplicationController", workload},
    {"CronJob", cron_job},
    {"PodTemplate", pod_template_object},
    {"Service", service},
    {"Node", node},
    {"PodDisruptionBudget", pdb},
    {"ServiceAccount", service_account},
};

/* Groups of the API server itself: "", those without a dot, and *.k8s.io. Everything else comes
 * from a CustomResourceDefinition. */
static bool is_custom(const char *api_version)
{
	const char *slash = api_version ? strchr(api_version, '/') : NULL;

	if (!slash) {
		return false;
	}
	g_autofree char *group = g_strndup(api_version, slash - api_version);

	return strchr(group, '.') && !g_str_has_suffix(group, ".k8s.io");
}

const struct patch_field *patch_schema_of(const struct doc *object, bool *custom)
{
	const char *kind = doc_string(doc_get(object, "kind"));

	*custom = is_custom(doc_string(doc_get(object, "apiVersion")));
	if (*custom) {
		return NULL;
	}
	for (size_t i = 0; kind && i < G_N_ELEMENTS(kinds); i++) {
		if (g_str_equal(kinds[i].kind, kind)) {
			return kinds[i].fields;
		}
	}
	return plain;
}

const struct patch_field *patch_schema_field(const struct patch_field *fields, const char *name)
{
	for (; fields && fields->name; fields++) {
		if (g_str_equal(fields->name, name)) {
			return fields;
		}
	}
	return NULL;
}
