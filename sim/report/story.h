/* story.h - what happened when, in plain words and in order of time.
 *
 * What people did, rollouts and scalings, pods that come, become Ready, are killed and go,
 * endpoints, what the HPA decided, and the phases of the load with their figures. What repeats is
 * told once with its count; what happens to several pods at nearly one time is told together. */

#pragma once

#include "record/run.h"

struct story_line {
	sim_time at;
	char *text;
};

/* (struct story_line *), in order of time; freed with the array. */
GPtrArray *story_tell(const struct run *run);

/* Appends the story of @run, a line an event: its second, then what happened. */
void story_print(const struct run *run, GString *out, bool colour);
