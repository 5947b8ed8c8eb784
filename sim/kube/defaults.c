#include "kube/defaults.h"

#include "kube/decoder.h"

#include <string.h>

void default_deployment(struct doc *spec)
{
	if (doc_kind_of(spec) != DOC_MAP) {
		return;
	}
	default_int(spec, "progressDeadlineSeconds", 600);
	default_int(spec, "replicas", 1);
	default_int(spec, "revisionHistoryLimit", 10);
	struct doc *strategy = default_map(spec, "strategy");

	default_text(strategy, "type", "RollingUpdate");
	if (g_strcmp0(doc_string(doc_get(strategy, "type")), "RollingUpdate") == 0) {
		struct doc *rolling_update = default_map(strategy, "rollingUpdate");

		default_text(rolling_update, "maxSurge", "25%");
		default_text(rolling_update, "maxUnavailable", "25%");
	}
	default_pod_spec(doc_find(spec, "template", "spec", NULL));
}

void default_replica_set(struct doc *spec)
{
	if (doc_kind_of(spec) != DOC_MAP) {
		return;
	}
	default_int(spec, "replicas", 1);
	default_pod_spec(doc_find(spec, "template", "spec", NULL));
}

/* --- Services --- */

static void default_service_port(struct doc *port)
{
	const struct doc *target = doc_get(port, "targetPort");
	int64_t number;

	default_text(port, "protocol", "TCP");
	if (target != NULL &&
	    ((doc_int(target, &number) && number == 0) || g_strcmp0(doc_string(target), "") == 0)) {
		doc_remove(port, "targetPort");
	}
	if (doc_int(doc_get(port, "port"), &number) && number >= 1 && number <= 65535) {
		default_int(port, "targetPort", number);
	}
}

/* The addresses themselves come later, but not what kind they are. */
static void default_ip_families(struct doc *spec)
{
	const char *cluster_ip = doc_string(doc_get(spec, "clusterIP"));

	if (cluster_ip != NULL && *cluster_ip != '\0' && doc_get(spec, "clusterIPs") == NULL) {
		doc_append(default_list(spec, "clusterIPs"), doc_new_string(cluster_ip));
	}
	if (doc_get(spec, "ipFamilies") == NULL) {
		const bool six = cluster_ip != NULL && strchr(cluster_ip, ':') != NULL;

		doc_append(default_list(spec, "ipFamilies"), doc_new_string(six ? "IPv6" : "IPv4"));
	}
	default_text(spec, "ipFamilyPolicy", "SingleStack");
}

void default_service(struct doc *spec)
{
	if (doc_kind_of(spec) != DOC_MAP) {
		return;
	}
	default_text(spec, "sessionAffinity", "None");
	default_text(spec, "type", "ClusterIP");
	const char *type = doc_string(doc_get(spec, "type"));
	const bool balancer = g_strcmp0(type, "LoadBalancer") == 0;

	if (g_strcmp0(doc_string(doc_get(spec, "sessionAffinity")), "ClientIP") == 0) {
		struct doc *config = default_map(spec, "sessionAffinityConfig");

		default_int(default_map(config, "clientIP"), "timeoutSeconds", 10800);
	}
	for (size_t i = 0; i < doc_length(doc_get(spec, "ports")); i++) {
		default_service_port(doc_at(doc_get(spec, "ports"), i));
	}
	if (g_strcmp0(type, "NodePort") == 0 || balancer) {
		default_text(spec, "externalTrafficPolicy", "Cluster");
	}
	if (balancer) {
		default_bool(spec, "allocateLoadBalancerNodePorts", true);
	}
	if (g_strcmp0(type, "ExternalName") != 0) {
		default_text(spec, "internalTrafficPolicy", "Cluster");
		default_ip_families(spec);
	}
}

/* --- HorizontalPodAutoscalers --- */

static struct doc *add_map(struct doc *list)
{
	struct doc *map = doc_new_map();

	doc_set_where(map, doc_where(list));
	doc_append(list, map);
	return map;
}

static void add_policy(struct doc *policies, const char *type, int64_t value)
{
	struct doc *policy = add_map(policies);

	default_text(policy, "type", type);
	default_int(policy, "value", value);
	default_int(policy, "periodSeconds", 15);
}

static void default_rules(struct doc *rules, bool up)
{
	if (doc_kind_of(rules) != DOC_MAP) {
		return;
	}
	if (up) {
		default_int(rules, "stabilizationWindowSeconds", 0);
	}
	default_text(rules, "selectPolicy", "Max");
	if (doc_get(rules, "policies") == NULL) {
		struct doc *policies = default_list(rules, "policies");

		if (up) {
			add_policy(policies, "Pods", 4);
		}
		add_policy(policies, "Percent", 100);
	}
}

static void add_cpu_metric(struct doc *spec, int64_t percent)
{
	struct doc *metric = add_map(default_list(spec, "metrics"));

	default_text(metric, "type", "Resource");
	struct doc *resource = default_map(metric, "resource");

	default_text(resource, "name", "cpu");
	struct doc *target = default_map(resource, "target");

	default_text(target, "type", "Utilization");
	default_int(target, "averageUtilization", percent);
}

void default_hpa(struct doc *spec)
{
	if (doc_kind_of(spec) != DOC_MAP) {
		return;
	}
	default_int(spec, "minReplicas", 1);
	if (doc_length(doc_get(spec, "metrics")) == 0 &&
	    (doc_get(spec, "metrics") == NULL ||
	     doc_kind_of(doc_get(spec, "metrics")) == DOC_LIST)) {
		add_cpu_metric(spec, 80);
	}
	struct doc *behavior = doc_get(spec, "behavior");

	if (doc_kind_of(behavior) == DOC_MAP) {
		default_rules(default_map(behavior, "scaleUp"), true);
		default_rules(default_map(behavior, "scaleDown"), false);
	}
}

void convert_hpa_v1(struct doc *spec)
{
	const struct doc *percent = doc_get(spec, "targetCPUUtilizationPercentage");
	int64_t value;

	if (doc_int(percent, &value)) {
		const struct doc_location where = doc_where(percent);

		add_cpu_metric(spec, value);
		doc_set_where(doc_find(doc_at(doc_get(spec, "metrics"), 0), "resource", "target",
		                       "averageUtilization", NULL),
		              where);
	}
	doc_remove(spec, "targetCPUUtilizationPercentage");
}
