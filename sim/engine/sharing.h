/* sharing.h - weighted max-min fairness, also called water filling or generalised processor sharing in the fluid limit.
 *
 * A capacity is divided among those who want some of it, in proportion to their weights; nobody gets more than he wants, and
 * what one leaves goes to the others, again by weight. So there is one level per unit of weight: who wants less than it has all
 * he wants, everybody else has just that. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sharer {
	double weight; /* > 0 */
	double wanted; /* >= 0, in the unit of the capacity */
	double share;  /* result: `wanted`, to the bit, or less */
};

/* Divides @capacity (>= 0) among @sharers. Whether everybody has all he wants. */
bool sharing_divide(struct sharer *sharers, size_t n, double capacity);
