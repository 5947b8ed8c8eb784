/* slab.h - many small objects of one size that never move.
 *
 * Objects are cut from chunks and go back to a free list, so nothing is allocated per request once
 * the working size is reached. The first word of a free object belongs to the list. */

#pragma once

#include <glib.h>

#define SLAB_CHUNK 256 /* objects */
#define SLAB_LINE 64   /* every object begins a cache line */

struct slab {
	size_t size;
	void *free;
	GPtrArray *chunks;
	unsigned unused; /* objects of the last chunk that were never taken */
};

static inline void slab_init(struct slab *slab, size_t size)
{
	size = (size + SLAB_LINE - 1) / SLAB_LINE * SLAB_LINE;
	*slab =
	    (struct slab){.size = size, .chunks = g_ptr_array_new_with_free_func(g_aligned_free)};
}

static inline void slab_clear(struct slab *slab)
{
	g_ptr_array_free(slab->chunks, TRUE);
}

static inline void *slab_at(const struct slab *slab, unsigned chunk, unsigned i)
{
	return (char *)g_ptr_array_index(slab->chunks, chunk) + i * slab->size;
}

/* An object; zeroed when it is taken for the first time, else as it was put. */
static inline void *slab_take(struct slab *slab)
{
	void *object = slab->free;

	if (G_LIKELY(object)) {
		slab->free = *(void **)object;
		return object;
	}
	if (slab->unused == 0) {
		g_ptr_array_add(slab->chunks, g_aligned_alloc0(SLAB_CHUNK, slab->size, SLAB_LINE));
		slab->unused = SLAB_CHUNK;
	}
	return slab_at(slab, slab->chunks->len - 1, SLAB_CHUNK - slab->unused--);
}

static inline void slab_put(struct slab *slab, void *object)
{
	*(void **)object = slab->free;
	slab->free = object;
}
