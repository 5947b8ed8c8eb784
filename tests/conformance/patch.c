/* patch.c - runs the cases of the table `patch`. */

#include "conformance.h"

#include "kube/patch.h"

/* Whether the pod template differs, and so a rollout starts. */
static bool template_changed(const struct doc *before, const struct doc *after)
{
	return !doc_equal(doc_find(before, "spec", "template", NULL),
	                  doc_find(after, "spec", "template", NULL));
}

static bool check_result(const struct doc *object, const struct doc *expect,
                         const struct doc *result, GString *diff)
{
	const struct doc *wants_change = doc_get(expect, "templateChanged");
	bool good = true;

	if (doc_get(expect, "object")) {
		good &= conformance_equal(diff, "object", doc_get(expect, "object"), result);
	}
	if (wants_change && doc_bool(wants_change, false) != template_changed(object, result)) {
		good = conformance_differs(diff, "templateChanged", doc_text(wants_change),
		                           template_changed(object, result) ? "true" : "false");
	}
	return good;
}

bool conformance_patch(const struct doc *kase, GString *diff)
{
	const struct doc *given = doc_get(kase, "given");
	const struct doc *expect = doc_get(kase, "expect");
	const struct doc *object = doc_get(given, "object");
	g_autoptr(GError) error = NULL;
	bool known = conformance_known(kase, diff, "case", "name", "rule", "source", "note",
	                               "given", "expect", NULL);

	known &= conformance_known(given, diff, "given", "object", "patch", NULL);
	known &=
	    conformance_known(expect, diff, "expect", "object", "templateChanged", "error", NULL);
	if (!known) {
		return false;
	}
	if (!object || !doc_get(given, "patch") || doc_length(expect) == 0) {
		return conformance_differs(diff, "case", "given.object, given.patch and expect",
		                           "a case without");
	}
	g_autoptr(doc) before = doc_copy(object);
	g_autoptr(doc) result =
	    patch_apply(PATCH_STRATEGIC, object, doc_get(given, "patch"), &error);
	bool good = conformance_equal(diff, "given.object afterwards", before, object);

	if (doc_bool(doc_get(expect, "error"), false)) {
		return good &&
		       (!result || conformance_differs(diff, "error", "a refusal", "an object"));
	}
	if (!result) {
		return conformance_differs(diff, "object", "an object", error->message);
	}
	return check_result(object, expect, result, diff) && good;
}
