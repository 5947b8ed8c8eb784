/* probes.c - runs the cases of the table `probes`. */

#include "conformance.h"

bool conformance_probes(const struct doc *kase, GString *diff)
{
	return conformance_differs(diff, "table", "a runner", "none yet");
}
