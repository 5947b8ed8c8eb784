#include "kube/release.h"

#include "document/document.h"

#include <stdlib.h>
#include <string.h>

#define OLDEST 24
#define NEWEST 38

/* A feature gate and the minor releases in which it appears, is on without being asked for, and can
 * no longer be turned off (0: never). Source: pkg/features/kube_features.go. */
struct gate {
	const char *name;
	size_t field; /* of struct release */
	int since, on_since, locked_since;
};

#define GATE(gate_name, member, ...)                                                               \
	{                                                                                          \
		gate_name, offsetof(struct release, member), __VA_ARGS__                           \
	}

static const struct gate gates[] = {
    GATE("HPAConfigurableTolerance", hpa_configurable_tolerance, 33, 35, 37),
    GATE("HPAGeneration", hpa_generation, 37, 37, 0),
    GATE("HPAScaleToZero", hpa_scale_to_zero, 16, 37, 0),
    GATE("InPlacePodVerticalScaling", in_place_resize, 27, 33, 35),
    GATE("LogarithmicScaleDown", deletion_by_logarithmic_age, 21, 22, 31),
    GATE("PLEGOnDemandRelist", pleg_on_demand_relist, 36, 36, 0),
    GATE("PodDeletionCost", pod_deletion_cost, 21, 22, 0),
    GATE("PodLevelResources", hpa_pod_level_resources, 32, 34, 0),
    GATE("PreferSameTrafficDistribution", prefer_same_traffic_distribution, 33, 34, 35),
    GATE("ProxyTerminatingEndpoints", proxy_terminating_endpoints, 22, 26, 28),
    GATE("ServiceTrafficDistribution", traffic_distribution, 30, 31, 33),
};

static bool *gate_field(struct release *release, const struct gate *gate)
{
	return (bool *)((char *)release + gate->field);
}

/* The N of "1.N", "v1.N" and "1.N.P"; -1 when @version is none of them. */
static int minor_of(const char *version)
{
	const char *p = version + (*version == 'v');

	if (!g_str_has_prefix(p, "1.")) {
		return -1;
	}
	p += 2;
	const size_t n = strspn(p, "0123456789");
	const char *rest = p + n;

	if (n == 0 || n > 3) {
		return -1;
	}
	if (*rest == '.') {
		const size_t patch = strspn(rest + 1, "0123456789");

		rest += patch > 0 ? patch + 1 : 0;
	}
	return *rest == '\0' ? (int)strtol(p, NULL, 10) : -1;
}

bool release_init(struct release *release, const char *version, GError **error)
{
	const int minor = minor_of(version);

	if (minor < OLDEST || minor > NEWEST) {
		g_set_error(
		    error, DOC_ERROR, DOC_ERROR_INVALID,
		    "\"%s\" is no Kubernetes version that podsim knows; expected 1.%d to 1.%d",
		    version, OLDEST, NEWEST);
		return false;
	}
	*release = (struct release){
	    .minor = minor,
	    .hpa_first_reconcile_at_once = minor >= 37,
	    .hpa_tolerance_by_bounds = minor >= 33,
	    .hpa_scaled_to_zero_condition = minor >= 36,
	    .hpa_container_metric_may_miss = minor >= 32,
	    .hpa_targets_named = minor >= 30,
	    .hpa_counts_both_directions = minor >= 25,
	    .hpa_missing_at_full_target = minor >= 26,
	    .hpa_refuses_shared_pods = minor >= 27,
	    .hpa_keeps_missing_at_target = minor >= 28,
	    .hpa_sidecar_requests = minor >= 29,
	    .hpa_object_error_in_order = minor >= 37,
	    .hpa_zero_average_is_total = minor >= 38,
	    .resize_subresource = minor >= 32,
	    .resize_conditions = minor >= 33,
	    .resize_shrinks_memory = minor >= 34,
	    .resize_retried_on_change = minor >= 34,
	    .backoff_retry_at_end = minor >= 35,
	    .created_event_form = minor >= 35   ? 2
	                          : minor >= 32 ? 1
	                                        : 0,
	    .proxy_single_token = minor >= 34,
	    .scaling_event_form = minor >= 31   ? 2
	                          : minor >= 28 ? 1
	                                        : 0,
	    .claims_in_scheduling_message = minor >= 34,
	};
	for (size_t i = 0; i < G_N_ELEMENTS(gates); i++) {
		*gate_field(release, &gates[i]) = minor >= gates[i].on_since;
	}
	return true;
}

static const struct gate *find_gate(const char *name, GError **error)
{
	const char *names[G_N_ELEMENTS(gates) + 1] = {NULL};

	for (size_t i = 0; i < G_N_ELEMENTS(gates); i++) {
		if (strcmp(gates[i].name, name) == 0) {
			return &gates[i];
		}
		names[i] = gates[i].name;
	}
	const char *nearest = doc_nearest(name, names);
	g_autofree char *all = g_strjoinv(", ", (char **)names);

	if (nearest != NULL) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "unknown feature gate \"%s\"; did you mean \"%s\"?", name, nearest);
	} else {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "unknown feature gate \"%s\"; expected one of %s", name, all);
	}
	return NULL;
}

bool release_set_gate(struct release *release, const char *name, bool on, GError **error)
{
	const struct gate *gate = find_gate(name, error);

	if (gate == NULL) {
		return false;
	}
	if (release->minor < gate->since) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "Kubernetes 1.%d has no feature gate %s; it came with 1.%d",
		            release->minor, name, gate->since);
		return false;
	}
	if (!on && gate->locked_since != 0 && release->minor >= gate->locked_since) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "the feature gate %s cannot be turned off since Kubernetes 1.%d", name,
		            gate->locked_since);
		return false;
	}
	/* The HPA looks at requests of whole pods only since 1.34, the gate is two releases older.
	 */
	if (gate->field == offsetof(struct release, hpa_pod_level_resources)) {
		on = on && release->minor >= gate->on_since;
	}
	*gate_field(release, gate) = on;
	return true;
}
