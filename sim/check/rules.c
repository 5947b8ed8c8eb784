/* rules.c - the names of all rules. */

#include "check/check.h"

#include <string.h>

const struct check_rule check_rules[] = {
    {"application-missing",
     "no application of the scenario matches a container: it refuses every connection",
     CHECK_NEEDS_ROUTES},
    {"field-not-modelled", "a field that could matter has no effect in podsim",
     CHECK_NEEDS_NOTHING},
    {"hpa-container-missing", "an HPA measures a container that its pods do not have",
     CHECK_NEEDS_NOTHING},
    {"hpa-fights-replicas", "a manifest sets `replicas` of what an HPA scales",
     CHECK_NEEDS_NOTHING},
    {"hpa-max-above-nodes", "the nodes cannot hold the most replicas of an HPA", CHECK_NEEDS_NODES},
    {"hpa-min-above-max", "minReplicas of an HPA lies above maxReplicas", CHECK_NEEDS_NOTHING},
    {"hpa-no-requests", "an HPA on a share of a request that a container does not make",
     CHECK_NEEDS_NOTHING},
    {"hpa-shared-target", "two HPAs scale the same object", CHECK_NEEDS_NOTHING},
    {"hpa-target-missing", "an HPA scales an object that is not there", CHECK_NEEDS_NOTHING},
    {"hpa-target-unreachable", "the limits keep a metric below the HPA's target",
     CHECK_NEEDS_NOTHING},
    {"liveness-kills-slow-start", "the liveness probe kills containers that still start",
     CHECK_NEEDS_ROUTES},
    {"liveness-needs-dependency", "a dependency that goes away gets every container restarted",
     CHECK_NEEDS_ROUTES},
    {"load-path-not-served", "a load asks for a path that the application does not serve",
     CHECK_NEEDS_ROUTES},
    {"pdb-blocks-evictions", "a PodDisruptionBudget never lets a pod be evicted",
     CHECK_NEEDS_NOTHING},
    {"pdb-selects-nothing", "a PodDisruptionBudget selects no pods", CHECK_NEEDS_NOTHING},
    {"prestop-exceeds-grace", "preStop and shutdown do not fit into the grace period",
     CHECK_NEEDS_NOTHING},
    {"probe-path-not-served", "a probe asks for a path that the application does not serve",
     CHECK_NEEDS_ROUTES},
    {"probe-port-not-served", "a probe asks on a port where no container listens",
     CHECK_NEEDS_NOTHING},
    {"probe-route-never-succeeds", "a probe asks for a path that always answers with an error",
     CHECK_NEEDS_ROUTES},
    {"probe-scheme-not-served", "a probe speaks HTTP to a TLS port, or TLS to an HTTP port",
     CHECK_NEEDS_NOTHING},
    {"progress-deadline-too-short", "pods need longer to be available than a rollout waits",
     CHECK_NEEDS_NOTHING},
    {"readiness-drops-all", "one slow or absent dependency takes all replicas out at once",
     CHECK_NEEDS_NOTHING},
    {"readiness-equals-liveness", "liveness restarts as soon as readiness would take out",
     CHECK_NEEDS_NOTHING},
    {"readiness-missing", "a container behind a Service has no readiness probe",
     CHECK_NEEDS_NOTHING},
    {"replicas-above-nodes", "the nodes cannot hold the wanted replicas", CHECK_NEEDS_NODES},
    {"rollout-stuck", "a rollout needs room for more pods than the nodes have", CHECK_NEEDS_NODES},
    {"service-port-missing", "a Service's targetPort is no port of its pods", CHECK_NEEDS_NOTHING},
    {"service-selects-nothing", "no pod has the labels of a Service's selector",
     CHECK_NEEDS_NOTHING},
    {"startup-budget-too-small", "the startup probe gives up before the application serves",
     CHECK_NEEDS_ROUTES},
    {"timeout-exceeds-period", "a probe's timeout is longer than its period", CHECK_NEEDS_NOTHING},
    {"traffic-cut-at-sigterm", "pods stop listening while proxies still send to them",
     CHECK_NEEDS_NOTHING},
    {NULL, NULL, CHECK_NEEDS_NOTHING},
};

const struct check_rule *check_rule_find(const char *name)
{
	for (const struct check_rule *rule = check_rules; rule->name; rule++) {
		if (strcmp(rule->name, name) == 0) {
			return rule;
		}
	}
	return NULL;
}

const char *check_severity_name(enum check_severity severity)
{
	static const char *const names[] = {"error", "warning", "note"};

	return names[severity];
}
