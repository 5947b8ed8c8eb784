#include "kube/fields_private.h"

/* clang-format off */

static const struct field owner_reference[] = {
    S("apiVersion"), S("kind"), S("name"), S("uid"), B("controller"), B("blockOwnerDeletion"), END,
};

static const struct field managed_fields[] = {
    S("manager"), S("operation"), S("apiVersion"), S("time"), S("fieldsType"), ANY("fieldsV1"), S("subresource"), END,
};

const struct field fields_metadata[] = {
    S("name"), S("generateName"), S("namespace"), S("selfLink"), S("uid"), S("resourceVersion"), L("generation"),
    S("creationTimestamp"), S("deletionTimestamp"), L("deletionGracePeriodSeconds"), SM("labels"), SM("annotations"),
    OO("ownerReferences", owner_reference), SS("finalizers"), OO("managedFields", managed_fields), END,
};

static const struct field selector_requirement[] = {S("key"), S("operator"), SS("values"), END};

const struct field fields_label_selector[] = {
    SM("matchLabels"), OO("matchExpressions", selector_requirement), END,
};

#define OBJECT(spec) \
	S("apiVersion"), S("kind"), O("metadata", fields_metadata), O("spec", spec), ANY("status"), END

const struct field fields_custom[] = {
    ANY("*"), S("apiVersion"), S("kind"), O("metadata", fields_metadata), END,
};

/* --- workloads --- */

const struct field fields_pod_template[] = {
    O("metadata", fields_metadata), O("spec", fields_pod_spec), END,
};

static const struct field rolling_update[] = {IS("maxSurge"), IS("maxUnavailable"), END};
static const struct field strategy[] = {S("type"), O("rollingUpdate", rolling_update), END};

static const struct field deployment_spec[] = {
    I("replicas"), O("selector", fields_label_selector), O("template", fields_pod_template), O("strategy", strategy),
    I("minReadySeconds"), I("revisionHistoryLimit"), B("paused"), I("progressDeadlineSeconds"), END,
};

static const struct field replica_set_spec[] = {
    I("replicas"), I("minReadySeconds"), O("selector", fields_label_selector), O("template", fields_pod_template), END,
};

static const struct field pdb_spec[] = {
    IS("minAvailable"), O("selector", fields_label_selector), IS("maxUnavailable"), S("unhealthyPodEvictionPolicy"), END,
};

const struct field fields_pod[] = {OBJECT(fields_pod_spec)};
const struct field fields_deployment[] = {OBJECT(deployment_spec)};
const struct field fields_replica_set[] = {OBJECT(replica_set_spec)};
const struct field fields_pdb[] = {OBJECT(pdb_spec)};

/* --- Services --- */

static const struct field service_port[] = {
    S("name"), S("protocol"), S("appProtocol"), I("port"), IS("targetPort"), I("nodePort"), END,
};
static const struct field client_ip[] = {I("timeoutSeconds"), END};
static const struct field affinity_config[] = {O("clientIP", client_ip), END};

static const struct field service_spec[] = {
    OO("ports", service_port), SM("selector"), S("clusterIP"), SS("clusterIPs"), S("type"), SS("externalIPs"),
    S("sessionAffinity"), S("loadBalancerIP"), SS("loadBalancerSourceRanges"), S("externalName"),
    S("externalTrafficPolicy"), I("healthCheckNodePort"), B("publishNotReadyAddresses"),
    O("sessionAffinityConfig", affinity_config), SS("ipFamilies"), S("ipFamilyPolicy"), B("allocateLoadBalancerNodePorts"),
    S("loadBalancerClass"), S("internalTrafficPolicy"), S("trafficDistribution"), END,
};

const struct field fields_service[] = {OBJECT(service_spec)};

/* --- HorizontalPodAutoscalers --- */

static const struct field cross_reference[] = {S("kind"), S("name"), S("apiVersion"), END};
static const struct field metric_target[] = {
    S("type"), Q("value"), Q("averageValue"), I("averageUtilization"), END,
};
static const struct field metric_identifier[] = {S("name"), O("selector", fields_label_selector), END};
static const struct field object_metric[] = {
    O("describedObject", cross_reference), O("target", metric_target), O("metric", metric_identifier), END,
};
static const struct field pods_metric[] = {O("metric", metric_identifier), O("target", metric_target), END};
static const struct field resource_metric[] = {S("name"), O("target", metric_target), END};
static const struct field container_metric[] = {S("name"), O("target", metric_target), S("container"), END};

static const struct field metric_spec[] = {
    S("type"), O("object", object_metric), O("pods", pods_metric), O("resource", resource_metric),
    O("containerResource", container_metric), O("external", pods_metric), END,
};

static const struct field scaling_policy[] = {S("type"), I("value"), I("periodSeconds"), END};
static const struct field scaling_rules[] = {
    I("stabilizationWindowSeconds"), S("selectPolicy"), OO("policies", scaling_policy), Q("tolerance"), END,
};
static const struct field behavior[] = {O("scaleUp", scaling_rules), O("scaleDown", scaling_rules), END};

const struct field fields_hpa_spec[] = {
    O("scaleTargetRef", cross_reference), I("minReplicas"), I("maxReplicas"), OO("metrics", metric_spec),
    O("behavior", behavior), END,
};

static const struct field hpa_v1_spec[] = {
    O("scaleTargetRef", cross_reference), I("minReplicas"), I("maxReplicas"), I("targetCPUUtilizationPercentage"), END,
};

const struct field fields_hpa[] = {OBJECT(fields_hpa_spec)};
const struct field fields_hpa_v1[] = {OBJECT(hpa_v1_spec)};

/* --- Nodes --- */

static const struct field taint[] = {S("key"), S("value"), S("effect"), S("timeAdded"), END};

static const struct field node_spec[] = {
    S("podCIDR"), SS("podCIDRs"), S("providerID"), B("unschedulable"), OO("taints", taint), ANY("configSource"),
    S("externalID"), END,
};
static const struct field address[] = {S("type"), S("address"), END};
static const struct field node_status[] = {
    QM("capacity"), QM("allocatable"), S("phase"), ANY("conditions"), OO("addresses", address), ANY("daemonEndpoints"),
    ANY("nodeInfo"), ANY("images"), SS("volumesInUse"), ANY("volumesAttached"), ANY("config"), ANY("runtimeHandlers"),
    ANY("features"), ANY("declaredFeatures"), END,
};

const struct field fields_node[] = {
    S("apiVersion"), S("kind"), O("metadata", fields_metadata), O("spec", node_spec), O("status", node_status), END,
};
