/* rollout.c - runs the cases of the table `rollout`. */

#include "conformance.h"

bool conformance_rollout(const struct doc *kase, GString *diff)
{
	return conformance_differs(diff, "table", "a runner", "none yet");
}
