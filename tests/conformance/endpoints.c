/* endpoints.c - runs the cases of the table `endpoints`. */

#include "conformance.h"

bool conformance_endpoints(const struct doc *kase, GString *diff)
{
	return conformance_differs(diff, "table", "a runner", "none yet");
}
