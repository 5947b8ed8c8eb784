/* story_private.h - the moments that a story is made from. */

#pragma once

#include "report/story.h"
#include "report/text.h"

enum story_rank { /* of moments at one instant */
	          STORY_BEGIN,
	          STORY_ACTION,
	          STORY_SCALE,
	          STORY_ROLLOUT,
	          STORY_POD,
	          STORY_PROBE,
	          STORY_ENDPOINTS,
	          STORY_LOAD,
};

struct moment {
	sim_time at, last;
	enum story_rank rank;
	unsigned order;
	char *key; /* moments with one key are put together; NULL: never */
	char *before, *after;
	GPtrArray *items; /* char *: told as a list between them */
	bool is_step;     /* instead of items: a number that goes from -> to */
	double from, to;
};

struct story {
	const struct run *run;
	GPtrArray *moments;
};

/* A moment with @item (may be NULL) between @before and @after (may be NULL). */
struct moment *story_add(struct story *story, sim_time at, enum story_rank rank, const char *key,
                         const char *before, const char *item, const char *after);
/* "sfvsn" of "inference-54c8f946b6-sfvsn". */
const char *story_short(const char *name);

/* story_events.c */
void story_add_actions(struct story *story);
void story_add_workloads(struct story *story);
void story_add_load(struct story *story);
/* story_pods.c */
void story_add_pods(struct story *story);
