/* histogram_packed.h - a histogram that is not counted in any more, in as little memory as its contents need.
 *
 * The distance to the next step that counted something is an Elias gamma code; the count a Golomb-Rice code whose parameter
 * follows the counts before it, since neighbours count about the same. About 9 bits a step in use; what comes out again is what
 * went in, to the bit. */

#pragma once

#include "engine/histogram.h"

struct packed_histogram;

/* The contents of @h, which is not changed. The caller frees it with g_free(). */
struct packed_histogram *histogram_pack(const struct histogram *h);
/* Adds the contents of @packed to @h, which must have as many steps. */
void histogram_merge_packed(struct histogram *h, const struct packed_histogram *packed);
