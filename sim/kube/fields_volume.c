#include "kube/fields_private.h"

/* clang-format off */

static const struct field host_path[] = {S("path"), S("type"), END};
static const struct field empty_dir[] = {S("medium"), Q("sizeLimit"), END};
static const struct field gce_disk[] = {S("pdName"), S("fsType"), I("partition"), B("readOnly"), END};
static const struct field aws_disk[] = {S("volumeID"), S("fsType"), I("partition"), B("readOnly"), END};
static const struct field git_repo[] = {S("repository"), S("revision"), S("directory"), END};
static const struct field key_to_path[] = {S("key"), S("path"), I("mode"), END};
static const struct field secret[] = {
    S("secretName"), OO("items", key_to_path), I("defaultMode"), B("optional"), END,
};
static const struct field nfs[] = {S("server"), S("path"), B("readOnly"), END};
static const struct field iscsi[] = {
    S("targetPortal"), S("iqn"), I("lun"), S("iscsiInterface"), S("fsType"), B("readOnly"), SS("portals"),
    B("chapAuthDiscovery"), B("chapAuthSession"), O("secretRef", fields_name_only), S("initiatorName"), END,
};
static const struct field glusterfs[] = {S("endpoints"), S("path"), B("readOnly"), END};
static const struct field claim[] = {S("claimName"), B("readOnly"), END};
static const struct field rbd[] = {
    SS("monitors"), S("image"), S("fsType"), S("pool"), S("user"), S("keyring"), O("secretRef", fields_name_only),
    B("readOnly"), END,
};
static const struct field flex_volume[] = {
    S("driver"), S("fsType"), O("secretRef", fields_name_only), B("readOnly"), SM("options"), END,
};
static const struct field cinder[] = {
    S("volumeID"), S("fsType"), B("readOnly"), O("secretRef", fields_name_only), END,
};
static const struct field cephfs[] = {
    SS("monitors"), S("path"), S("user"), S("secretFile"), O("secretRef", fields_name_only), B("readOnly"), END,
};
static const struct field flocker[] = {S("datasetName"), S("datasetUUID"), END};
static const struct field downward_item[] = {
    S("path"), O("fieldRef", fields_field_ref), O("resourceFieldRef", fields_resource_field_ref), I("mode"), END,
};
static const struct field downward[] = {OO("items", downward_item), I("defaultMode"), END};
static const struct field fibre_channel[] = {
    SS("targetWWNs"), I("lun"), S("fsType"), B("readOnly"), SS("wwids"), END,
};
static const struct field azure_file[] = {S("secretName"), S("shareName"), B("readOnly"), END};
static const struct field config_map[] = {
    S("name"), OO("items", key_to_path), I("defaultMode"), B("optional"), END,
};
static const struct field vsphere[] = {
    S("volumePath"), S("fsType"), S("storagePolicyName"), S("storagePolicyID"), END,
};
static const struct field quobyte[] = {
    S("registry"), S("volume"), B("readOnly"), S("user"), S("group"), S("tenant"), END,
};
static const struct field azure_disk[] = {
    S("diskName"), S("diskURI"), S("cachingMode"), S("fsType"), B("readOnly"), S("kind"), END,
};
static const struct field photon[] = {S("pdID"), S("fsType"), END};
static const struct field portworx[] = {S("volumeID"), S("fsType"), B("readOnly"), END};
static const struct field scale_io[] = {
    S("gateway"), S("system"), O("secretRef", fields_name_only), B("sslEnabled"), S("protectionDomain"),
    S("storagePool"), S("storageMode"), S("volumeName"), S("fsType"), B("readOnly"), END,
};
static const struct field storage_os[] = {
    S("volumeName"), S("volumeNamespace"), S("fsType"), B("readOnly"), O("secretRef", fields_name_only), END,
};
static const struct field csi[] = {
    S("driver"), B("readOnly"), S("fsType"), SM("volumeAttributes"), O("nodePublishSecretRef", fields_name_only), END,
};
static const struct field image[] = {S("reference"), S("pullPolicy"), END};

static const struct field token[] = {S("audience"), L("expirationSeconds"), S("path"), END};
static const struct field trust_bundle[] = {
    S("name"), S("signerName"), O("labelSelector", fields_label_selector), B("optional"), S("path"), END,
};
static const struct field pod_certificate[] = {
    S("signerName"), S("keyType"), I("maxExpirationSeconds"), S("credentialBundlePath"), S("keyPath"),
    S("certificateChainPath"), SM("userAnnotations"), END,
};
static const struct field projected_secret[] = {S("name"), OO("items", key_to_path), B("optional"), END};
static const struct field projected_downward[] = {OO("items", downward_item), END};
static const struct field projection[] = {
    O("secret", projected_secret), O("downwardAPI", projected_downward), O("configMap", projected_secret),
    O("serviceAccountToken", token), O("clusterTrustBundle", trust_bundle), O("podCertificate", pod_certificate), END,
};
static const struct field projected[] = {OO("sources", projection), I("defaultMode"), END};

static const struct field data_source[] = {S("apiGroup"), S("kind"), S("name"), S("namespace"), END};
static const struct field claim_resources[] = {QM("limits"), QM("requests"), END};
static const struct field claim_spec[] = {
    SS("accessModes"), O("selector", fields_label_selector), O("resources", claim_resources), S("volumeName"),
    S("storageClassName"), S("volumeMode"), O("dataSource", data_source), O("dataSourceRef", data_source),
    S("volumeAttributesClassName"), END,
};
static const struct field claim_template[] = {
    O("metadata", fields_metadata), O("spec", claim_spec), END,
};
static const struct field ephemeral[] = {O("volumeClaimTemplate", claim_template), END};

const struct field fields_volume[] = {
    S("name"), O("hostPath", host_path), O("emptyDir", empty_dir), O("gcePersistentDisk", gce_disk),
    O("awsElasticBlockStore", aws_disk), O("gitRepo", git_repo), O("secret", secret), O("nfs", nfs), O("iscsi", iscsi),
    O("glusterfs", glusterfs), O("persistentVolumeClaim", claim), O("rbd", rbd), O("flexVolume", flex_volume),
    O("cinder", cinder), O("cephfs", cephfs), O("flocker", flocker), O("downwardAPI", downward), O("fc", fibre_channel),
    O("azureFile", azure_file), O("configMap", config_map), O("vsphereVolume", vsphere), O("quobyte", quobyte),
    O("azureDisk", azure_disk), O("photonPersistentDisk", photon), O("projected", projected),
    O("portworxVolume", portworx), O("scaleIO", scale_io), O("storageos", storage_os), O("csi", csi),
    O("ephemeral", ephemeral), O("image", image), END,
};
