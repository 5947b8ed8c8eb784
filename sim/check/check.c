/* check.c - from objects or a scenario to findings. */

#include "check/check.h"

#include "check/set.h"
#include "kube/codec.h"

#include <string.h>

/* An HPA whose minReplicas lies above its maxReplicas: the API server refuses it. It is told as a
 * finding, and the rest judged as if the maximum were as high. The corrected document, or NULL. */
static struct doc *correct_range(struct check_set *set, const struct doc *document)
{
	const struct doc *spec = doc_get(document, "spec");
	const char *name = doc_text(doc_find(document, "metadata", "name", NULL));
	int64_t least, most;

	if (g_strcmp0(doc_text(doc_get(document, "kind")), "HorizontalPodAutoscaler") != 0 ||
	    !doc_int(doc_get(spec, "minReplicas"), &least) ||
	    !doc_int(doc_get(spec, "maxReplicas"), &most) || least <= most || most < 1) {
		return NULL;
	}
	g_autofree char *label = g_strdup_printf("hpa/%s", name ? name : "?");
	struct check_finding *finding = found(
	    set, "hpa-min-above-max", CHECK_ERROR, label, doc_where(doc_get(spec, "maxReplicas")),
	    "minReplicas is %" G_GINT64_FORMAT ", maxReplicas only %" G_GINT64_FORMAT,
	    (gint64)least, (gint64)most);

	finding_why(finding, "the API server refuses the object");
	finding_do(finding,
	           "raise maxReplicas to at least %" G_GINT64_FORMAT ", or lower minReplicas",
	           (gint64)least);
	finding_costs(finding, "the apply fails; an HPA of that name stays as it is");
	struct doc *corrected = doc_copy(document);

	doc_set_int(doc_get(corrected, "spec"), "maxReplicas", least);
	return corrected;
}

static bool look_at_manifests(struct check_set *set, const GPtrArray *objects, GError **error)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) corrected = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);

	for (unsigned i = 0; i < objects->len; i++) {
		struct doc *right = correct_range(set, objects->pdata[i]);
		const struct doc *document = right ? right : objects->pdata[i];

		if (right) {
			g_ptr_array_add(corrected, right);
		}
		set_add(set, document, document, "default", faults);
	}
	if (faults->len > 0) {
		g_ptr_array_add(faults, NULL);
		g_autofree char *text = g_strjoinv("\n", (char **)faults->pdata);

		g_set_error_literal(error, DOC_ERROR, DOC_ERROR_INVALID, text);
		return false;
	}
	set->next = SIM_NEVER;
	look_at_state(set);
	return true;
}

bool check(const GPtrArray *objects, const struct scenario *scenario, struct check_result *result,
           GError **error)
{
	struct check_set set;
	bool good = true;

	check_result_init(result);
	set_init(&set, objects ? NULL : scenario, result);
	if (objects) {
		good = look_at_manifests(&set, objects, error);
	} else {
		rehearse_timeline(&set);
	}
	if (good) {
		results_finish(&set);
	} else {
		g_ptr_array_set_size(result->findings, 0);
		g_ptr_array_set_size(result->budgets, 0);
	}
	set_clear(&set);
	return good;
}
