#include "kube/patch.h"

#include "kube/patch_json.h"
#include "kube/patch_strategic.h"

struct doc *patch_apply(enum patch_type type, const struct doc *object, const struct doc *patch,
                        GError **error)
{
	switch (type) {
	case PATCH_STRATEGIC:
		return patch_strategic(object, patch, error);
	case PATCH_MERGE:
		return patch_merge(object, patch, error);
	case PATCH_JSON:
		return patch_json(object, patch, error);
	}
	g_assert_not_reached();
}
