/* explain_private.h - what the explanations share: moments in order of time. */

#pragma once

#include "report/explain.h"

/* One moment in lines, its instant first. */
void explain_at(GString *out, sim_time at, const char *text);

/* An empty list of moments. */
GArray *explain_moments(void);
/* Takes @text; forgets it when @at is SIM_NEVER. */
void explain_moment(GArray *moments, sim_time at, char *text);
/* All @moments in order of time, as added within an instant. */
void explain_tell(GString *out, GArray *moments);

/* explain_endpoints.c */
void explain_endpoints(const struct run *run, GString *out, bool colour);
