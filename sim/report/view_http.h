/* view_http.h - words of HTTP, and how instants relate to a container's life. */

#pragma once

#include "report/view.h"

/* "Not Found" for 404; "Unknown" for what has no name. */
const char *http_reason(int status);

/* The index of @name in the spec of @pod (NULL: the first); -1: there is none. */
int view_container_index(const struct pod *pod, const char *name);

/* When the @attempt'th container of that name ran in @pod; @to is SIM_NEVER while it has not ended,
 * @from when it never started. */
void view_container_life(const struct run_pod *pod, const char *name, uint32_t attempt,
                         sim_time *from, sim_time *to);
