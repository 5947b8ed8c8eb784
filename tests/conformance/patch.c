/* patch.c - runs the cases of the table `patch`. */

#include "conformance.h"

bool conformance_patch(const struct doc *kase, GString *diff)
{
	return conformance_differs(diff, "table", "a runner", "none yet");
}
