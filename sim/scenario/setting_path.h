/* setting_path.h - the one grammar for the path of a setting, used by --set, by studies and by
 * printed patches.
 *
 *   TARGET:STEP.STEP[ITEM].STEP            a place
 *   TARGET:STEP.STEP[ITEM].STEP=VALUE      a place and what stands there; VALUE is YAML
 *
 * TARGET says which part of a scenario: `spec`, `cluster`, `load/NAME`, `application/NAME`,
 * `metric/NAME`, or an object of the manifests: `deployment/inference`, `NAMESPACE/hpa/inference`,
 * with any name of a kind that kubectl understands. STEP is a field. ITEM picks from a list, by the
 * item's name, path, port or whatever else tells such items apart, or by its index from 0; after a
 * map it is a key that may hold dots: metadata.annotations[example.com/team].
 *
 *   load/locust:users=50
 *   cluster:kubeProxy.mode=ipvs
 *   deployment/inference:spec.template.spec.containers[inference].readinessProbe.periodSeconds=5 */

#pragma once

#include "kube/object.h"

enum setting_target {
	SETTING_SPEC,
	SETTING_CLUSTER,
	SETTING_LOAD,
	SETTING_APPLICATION,
	SETTING_METRIC,
	SETTING_OBJECT,
};

struct setting_step {
	char *key;
	bool item; /* written in brackets */
};

struct setting;
typedef struct setting setting; /* for g_autoptr */

struct setting {
	char *text; /* as written, without the value */
	enum setting_target target;
	enum object_kind kind;  /* of SETTING_OBJECT */
	char *namespace, *name; /* NULL: any, none */
	struct setting_step *steps;
	size_t n_steps;
	struct doc *value; /* NULL: a place only */
};

/* Reads a place, or a place with a value. NULL and @error. */
struct setting *setting_parse(const char *text, GError **error);
void setting_free(struct setting *setting); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(setting, setting_free)

/* What stands at the setting's place below @root (the map that TARGET names); NULL: nothing. */
struct doc *setting_find(const struct setting *setting, const struct doc *root);
/* Whether the map or list that would hold it is there. */
bool setting_reaches(const struct setting *setting, const struct doc *root);
/* Puts a copy of @value there. Fields on the way that are absent are made, items of lists are not:
 * false and @error, with the nearest name. */
bool setting_assign(const struct setting *setting, struct doc *root, const struct doc *value,
                    GError **error);
