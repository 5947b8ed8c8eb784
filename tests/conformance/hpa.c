/* hpa.c - runs the cases of the table `hpa`. */

#include "conformance.h"

bool conformance_hpa(const struct doc *kase, GString *diff)
{
	return conformance_differs(diff, "table", "a runner", "none yet");
}
