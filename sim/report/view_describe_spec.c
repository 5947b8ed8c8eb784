/* view_describe_spec.c - environment, mounts, volumes and tolerations, which podsim gives no
 * meaning and prints from the document. */

#include "report/view_describe.h"

#include "kube/codec.h"

#include <string.h>

static const char *text_of(const struct doc *map, const char *key, const char *otherwise)
{
	const char *text = doc_text(doc_get(map, key));

	return text ? text : otherwise;
}

/* --- environment --- */

static void add_sources(struct tabs *tabs, const struct doc *list)
{
	if (doc_length(list)) {
		tabs_add(tabs, "    Environment Variables from:\n");
	}
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *item = doc_at(list, i);
		const struct doc *map = doc_get(item, "configMapRef");
		const struct doc *reference = map ? map : doc_get(item, "secretRef");
		const char *prefix = doc_text(doc_get(item, "prefix"));

		tabs_add(tabs, "      %s\t%s", text_of(reference, "name", ""),
		         map ? "ConfigMap" : "Secret");
		if (prefix) {
			tabs_add(tabs, " with prefix '%s'", prefix);
		}
		tabs_add(tabs, "\tOptional: %s\n",
		         doc_bool(doc_get(reference, "optional"), false) ? "true" : "false");
	}
}

/* What a reference to the pod's own fields stands for; "" where it is not known. */
static char *field_value(const struct object *pod, const char *path)
{
	if (!pod) {
		return g_strdup("");
	}
	g_autoptr(doc) document = object_encode(pod, 0);
	const char *text = doc_text(view_path(document, path));

	return g_strdup(text ? text : "");
}

static void add_reference(struct tabs *tabs, const char *name, const struct doc *from,
                          const struct describe_container *container)
{
	const struct doc *field = doc_get(from, "fieldRef");
	const struct doc *resource = doc_get(from, "resourceFieldRef");
	const struct doc *map = doc_get(from, "configMapKeyRef");
	const struct doc *key = map ? map : doc_get(from, "secretKeyRef");

	if (field) {
		const char *path = text_of(field, "fieldPath", "");
		g_autofree char *value = field_value(container->pod, path);

		tabs_add(tabs, "      %s:\t%s (%s:%s)\n", name, value,
		         text_of(field, "apiVersion", "v1"), path);
	} else if (resource) {
		tabs_add(tabs, "      %s:\t (%s)\n", name, text_of(resource, "resource", ""));
	} else if (key) {
		tabs_add(tabs, "      %s:\t<set to the key '%s' %s '%s'>\tOptional: %s\n", name,
		         text_of(key, "key", ""), map ? "of config map" : "in secret",
		         text_of(key, "name", ""),
		         doc_bool(doc_get(key, "optional"), false) ? "true" : "false");
	}
}

void describe_environment(struct tabs *tabs, const struct describe_container *container)
{
	const struct doc *list = doc_get(container->document, "env");

	add_sources(tabs, doc_get(container->document, "envFrom"));
	tabs_add(tabs, "    Environment:%s\n", doc_length(list) ? "" : "\t<none>");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *item = doc_at(list, i);
		const char *name = text_of(item, "name", "");
		const struct doc *from = doc_get(item, "valueFrom");
		g_auto(GStrv) lines = g_strsplit(text_of(item, "value", ""), "\n", -1);

		if (from) {
			add_reference(tabs, name, from, container);
			continue;
		}
		tabs_add(tabs, "      %s:\t%s\n", name, lines[0] ? lines[0] : "");
		for (size_t j = 1; lines[0] && lines[j]; j++) {
			tabs_add(tabs, "      \t%s\n", lines[j]);
		}
	}
}

/* --- mounts and volumes --- */

void describe_mounts(struct tabs *tabs, const struct doc *container)
{
	const struct doc *list = doc_get(container, "volumeMounts");

	tabs_add(tabs, "    Mounts:%s\n", doc_length(list) ? "" : "\t<none>");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *mount = doc_at(list, i);
		const char *part = doc_text(doc_get(mount, "subPath"));
		g_autofree char *path = part ? g_strdup_printf(",path=\"%s\"", part) : NULL;

		tabs_add(tabs, "      %s from %s (%s%s)\n", text_of(mount, "mountPath", ""),
		         text_of(mount, "name", ""),
		         doc_bool(doc_get(mount, "readOnly"), false) ? "ro" : "rw",
		         path ? path : "");
	}
}

static const struct {
	const char *key, *description;
	struct {
		const char *title, *key, *otherwise;
	} fields[3];
} volume_types[] = {
    {"emptyDir",
     "EmptyDir (a temporary directory that shares a pod's lifetime)",
     {{"Medium", "medium", ""}, {"SizeLimit", "sizeLimit", "<unset>"}}},
    {"configMap",
     "ConfigMap (a volume populated by a ConfigMap)",
     {{"Name", "name", ""}, {"Optional", "optional", "false"}}},
    {"secret",
     "Secret (a volume populated by a Secret)",
     {{"SecretName", "secretName", ""}, {"Optional", "optional", "false"}}},
    {"hostPath",
     "HostPath (bare host directory volume)",
     {{"Path", "path", ""}, {"HostPathType", "type", "<none>"}}},
    {"persistentVolumeClaim",
     "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
     {{"ClaimName", "claimName", ""}, {"ReadOnly", "readOnly", "false"}}},
    {"nfs",
     "NFS (an NFS mount that lasts the lifetime of a pod)",
     {{"Server", "server", ""}, {"Path", "path", ""}, {"ReadOnly", "readOnly", "false"}}},
    {"projected",
     "Projected (a volume that contains injected data from multiple sources)",
     {{NULL, NULL, NULL}}},
};

static void add_volume(struct tabs *tabs, const struct doc *volume)
{
	for (size_t i = 0; i < G_N_ELEMENTS(volume_types); i++) {
		const struct doc *source = doc_get(volume, volume_types[i].key);

		if (!source) {
			continue;
		}
		tabs_add(tabs, "    Type:\t%s\n", volume_types[i].description);
		for (size_t j = 0; j < 3 && volume_types[i].fields[j].title; j++) {
			tabs_add(tabs, "    %s:\t%s\n", volume_types[i].fields[j].title,
			         text_of(source, volume_types[i].fields[j].key,
			                 volume_types[i].fields[j].otherwise));
		}
		return;
	}
	tabs_add(tabs, "  <unknown>\n");
}

void describe_volumes(struct tabs *tabs, const char *indent, const struct doc *spec)
{
	const struct doc *list = doc_get(spec, "volumes");

	tabs_add(tabs, "%sVolumes:%s\n", indent, doc_length(list) ? "" : "\t<none>");
	for (size_t i = 0; i < doc_length(list); i++) {
		tabs_add(tabs, "  %s%s:\n", *indent ? " " : "",
		         text_of(doc_at(list, i), "name", ""));
		add_volume(tabs, doc_at(list, i));
	}
}

/* --- tolerations --- */

void describe_tolerations(struct tabs *tabs, const char *title, const struct doc *spec)
{
	const struct doc *list = doc_get(spec, "tolerations");

	tabs_add(tabs, "%s:\t%s", title, doc_length(list) ? "" : "<none>\n");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *toleration = doc_at(list, i);
		const char *key = text_of(toleration, "key", "");
		const char *value = text_of(toleration, "value", "");
		const char *effect = text_of(toleration, "effect", "");
		const char *seconds = doc_text(doc_get(toleration, "tolerationSeconds"));

		tabs_add(tabs, "%s%s", i ? "\t" : "", key);
		tabs_add(tabs, "%s%s%s%s", *value ? "=" : "", value, *effect ? ":" : "", effect);
		if (g_str_equal(text_of(toleration, "operator", ""), "Exists") && !*value) {
			tabs_add(tabs, "%sop=Exists", *key || *effect ? " " : "");
		}
		if (seconds) {
			tabs_add(tabs, " for %ss", seconds);
		}
		tabs_add(tabs, "\n");
	}
}
