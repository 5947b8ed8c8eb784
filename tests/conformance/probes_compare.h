/* probes_compare.h - holds what happened in a case of the table `probes` against what it expects.
 */

#pragma once

#include "probes_case.h"
#include "probes_record.h"

/* Appends every difference to the case's diff. @sent: struct script_probe. */
void probes_compare(struct probes_case *c, const struct probes_record *record, const GArray *sent);
