#include "kube/fields_private.h"

/* clang-format off */

const struct field fields_name_only[] = {S("name"), END};
const struct field fields_field_ref[] = {S("apiVersion"), S("fieldPath"), END};
const struct field fields_resource_field_ref[] = {S("containerName"), S("resource"), Q("divisor"), END};

/* --- handlers and probes --- */

static const struct field exec_action[] = {SS("command"), END};
static const struct field http_header[] = {S("name"), S("value"), END};
static const struct field http_get[] = {
    S("path"), IS("port"), S("host"), S("scheme"), OO("httpHeaders", http_header), END,
};
static const struct field tcp_socket[] = {IS("port"), S("host"), END};
static const struct field grpc_action[] = {I("port"), S("service"), END};
static const struct field sleep_action[] = {L("seconds"), END};

const struct field fields_probe[] = {
    O("exec", exec_action), O("httpGet", http_get), O("tcpSocket", tcp_socket), O("grpc", grpc_action),
    I("initialDelaySeconds"), I("timeoutSeconds"), I("periodSeconds"), I("successThreshold"), I("failureThreshold"),
    L("terminationGracePeriodSeconds"), END,
};

static const struct field lifecycle_handler[] = {
    O("exec", exec_action), O("httpGet", http_get), O("tcpSocket", tcp_socket), O("sleep", sleep_action), END,
};
static const struct field lifecycle[] = {
    O("postStart", lifecycle_handler), O("preStop", lifecycle_handler), S("stopSignal"), END,
};

/* --- containers --- */

static const struct field container_port[] = {
    S("name"), I("hostPort"), I("containerPort"), S("protocol"), S("hostIP"), END,
};
static const struct field key_selector[] = {S("name"), S("key"), B("optional"), END};
static const struct field file_key_selector[] = {S("volumeName"), S("path"), S("key"), B("optional"), END};
static const struct field env_source[] = {
    O("fieldRef", fields_field_ref), O("resourceFieldRef", fields_resource_field_ref),
    O("configMapKeyRef", key_selector), O("secretKeyRef", key_selector), O("fileKeyRef", file_key_selector), END,
};
static const struct field env[] = {S("name"), S("value"), O("valueFrom", env_source), END};
static const struct field optional_name[] = {S("name"), B("optional"), END};
static const struct field env_from[] = {
    S("prefix"), O("configMapRef", optional_name), O("secretRef", optional_name), END,
};
static const struct field resource_claim[] = {S("name"), S("request"), END};
static const struct field resources[] = {
    QM("limits"), QM("requests"), OO("claims", resource_claim), END,
};
static const struct field resize_policy[] = {S("resourceName"), S("restartPolicy"), END};
static const struct field exit_codes[] = {S("operator"), LL("values"), END};
static const struct field restart_rule[] = {S("action"), O("exitCodes", exit_codes), END};
static const struct field volume_mount[] = {
    S("name"), B("readOnly"), S("recursiveReadOnly"), S("mountPath"), S("subPath"), S("mountPropagation"),
    S("subPathExpr"), END,
};
static const struct field volume_device[] = {S("name"), S("devicePath"), END};

static const struct field profile[] = {S("type"), S("localhostProfile"), END};
static const struct field capabilities[] = {SS("add"), SS("drop"), END};
static const struct field se_linux[] = {S("user"), S("role"), S("type"), S("level"), END};
static const struct field windows[] = {
    S("gmsaCredentialSpecName"), S("gmsaCredentialSpec"), S("runAsUserName"), B("hostProcess"), END,
};
static const struct field container_security[] = {
    O("capabilities", capabilities), B("privileged"), O("seLinuxOptions", se_linux), O("windowsOptions", windows),
    L("runAsUser"), L("runAsGroup"), B("runAsNonRoot"), B("readOnlyRootFilesystem"), B("allowPrivilegeEscalation"),
    S("procMount"), O("seccompProfile", profile), O("appArmorProfile", profile), END,
};

#define CONTAINER \
	S("name"), S("image"), SS("command"), SS("args"), S("workingDir"), OO("ports", container_port), \
	OO("envFrom", env_from), OO("env", env), O("resources", resources), OO("resizePolicy", resize_policy), \
	S("restartPolicy"), OO("restartPolicyRules", restart_rule), OO("volumeMounts", volume_mount), \
	OO("volumeDevices", volume_device), O("livenessProbe", fields_probe), O("readinessProbe", fields_probe), \
	O("startupProbe", fields_probe), O("lifecycle", lifecycle), S("terminationMessagePath"), \
	S("terminationMessagePolicy"), S("imagePullPolicy"), O("securityContext", container_security), B("stdin"), \
	B("stdinOnce"), B("tty")

static const struct field container[] = {CONTAINER, END};
static const struct field ephemeral_container[] = {CONTAINER, S("targetContainerName"), END};

/* --- placement --- */

static const struct field requirement[] = {S("key"), S("operator"), SS("values"), END};
static const struct field node_term[] = {
    OO("matchExpressions", requirement), OO("matchFields", requirement), END,
};
static const struct field node_selector[] = {OO("nodeSelectorTerms", node_term), END};
static const struct field preferred_node_term[] = {I("weight"), O("preference", node_term), END};
static const struct field node_affinity[] = {
    O("requiredDuringSchedulingIgnoredDuringExecution", node_selector),
    OO("preferredDuringSchedulingIgnoredDuringExecution", preferred_node_term), END,
};
static const struct field pod_term[] = {
    O("labelSelector", fields_label_selector), SS("namespaces"), S("topologyKey"),
    O("namespaceSelector", fields_label_selector), SS("matchLabelKeys"), SS("mismatchLabelKeys"), END,
};
static const struct field weighted_pod_term[] = {I("weight"), O("podAffinityTerm", pod_term), END};
static const struct field pod_affinity[] = {
    OO("requiredDuringSchedulingIgnoredDuringExecution", pod_term),
    OO("preferredDuringSchedulingIgnoredDuringExecution", weighted_pod_term), END,
};
static const struct field affinity[] = {
    O("nodeAffinity", node_affinity), O("podAffinity", pod_affinity), O("podAntiAffinity", pod_affinity), END,
};
static const struct field toleration[] = {
    S("key"), S("operator"), S("value"), S("effect"), L("tolerationSeconds"), END,
};
static const struct field spread_constraint[] = {
    I("maxSkew"), S("topologyKey"), S("whenUnsatisfiable"), O("labelSelector", fields_label_selector), I("minDomains"),
    S("nodeAffinityPolicy"), S("nodeTaintsPolicy"), SS("matchLabelKeys"), END,
};

/* --- pods --- */

static const struct field sysctl[] = {S("name"), S("value"), END};
static const struct field pod_security[] = {
    O("seLinuxOptions", se_linux), O("windowsOptions", windows), L("runAsUser"), L("runAsGroup"), B("runAsNonRoot"),
    LL("supplementalGroups"), S("supplementalGroupsPolicy"), L("fsGroup"), OO("sysctls", sysctl),
    S("fsGroupChangePolicy"), O("seccompProfile", profile), O("appArmorProfile", profile), S("seLinuxChangePolicy"), END,
};
static const struct field host_alias[] = {S("ip"), SS("hostnames"), END};
static const struct field dns_option[] = {S("name"), S("value"), END};
static const struct field dns_config[] = {
    SS("nameservers"), SS("searches"), OO("options", dns_option), END,
};
static const struct field readiness_gate[] = {S("conditionType"), END};
static const struct field pod_claim[] = {
    S("name"), S("resourceClaimName"), S("resourceClaimTemplateName"), END,
};

const struct field fields_pod_spec[] = {
    OO("volumes", fields_volume), OO("initContainers", container), OO("containers", container),
    OO("ephemeralContainers", ephemeral_container), S("restartPolicy"), L("terminationGracePeriodSeconds"),
    L("activeDeadlineSeconds"), S("dnsPolicy"), SM("nodeSelector"), S("serviceAccountName"), S("serviceAccount"),
    B("automountServiceAccountToken"), S("nodeName"), B("hostNetwork"), B("hostPID"), B("hostIPC"),
    B("shareProcessNamespace"), O("securityContext", pod_security), OO("imagePullSecrets", fields_name_only),
    S("hostname"), S("subdomain"), O("affinity", affinity), S("schedulerName"), OO("tolerations", toleration),
    OO("hostAliases", host_alias), S("priorityClassName"), I("priority"), O("dnsConfig", dns_config),
    OO("readinessGates", readiness_gate), S("runtimeClassName"), B("enableServiceLinks"), S("preemptionPolicy"),
    QM("overhead"), OO("topologySpreadConstraints", spread_constraint), B("setHostnameAsFQDN"),
    O("os", fields_name_only), B("hostUsers"), OO("schedulingGates", fields_name_only),
    OO("resourceClaims", pod_claim), O("resources", resources), S("hostnameOverride"), END,
};
