#include "engine/sharing.h"

/* A sharer that is not served yet has a negative share. */
#define UNSERVED (-1.0)

/* Serves whoever wants no more than his part of what is left; true when somebody did. */
static bool serve(struct sharer *sharers, size_t n, double *capacity, double *weight)
{
	const double left = *capacity;
	const double among = *weight;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct sharer *sharer = &sharers[i];

		if (sharer->share < 0 && sharer->wanted * among <= sharer->weight * left) {
			sharer->share = sharer->wanted;
			*capacity -= sharer->wanted;
			*weight -= sharer->weight;
			any = true;
		}
	}
	return any;
}

bool sharing_divide(struct sharer *sharers, size_t n, double capacity)
{
	double weight = 0;
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		sharers[i].share = UNSERVED;
		weight += sharers[i].weight;
	}
	while (serve(sharers, n, &capacity, &weight)) {
	}
	for (size_t i = 0; i < n; i++) {
		if (sharers[i].share < 0) {
			sharers[i].share = capacity * sharers[i].weight / weight;
			all = false;
		}
	}
	return all;
}
