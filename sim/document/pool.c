/* pool.c - memory that is handed out in turn and given back all at once. */

#include "document/tree_private.h"

#include <string.h>

#define CHUNK ((size_t)64 * 1024)

struct chunk {
	size_t size;
	char bytes[] __attribute__((aligned(16)));
};

struct doc_pool {
	GPtrArray *chunks; /* struct chunk * */
	guint current;     /* the one that is handed out from */
	size_t used;       /* of its bytes */
};

struct doc_pool *doc_pool_new(void)
{
	struct doc_pool *pool = g_new0(struct doc_pool, 1);

	pool->chunks = g_ptr_array_new_with_free_func(g_free);
	return pool;
}

void doc_pool_free(struct doc_pool *pool)
{
	if (pool != NULL) {
		g_ptr_array_unref(pool->chunks);
		g_free(pool);
	}
}

void doc_pool_empty(struct doc_pool *pool)
{
	pool->current = 0;
	pool->used = 0;
}

/* Goes on to a chunk that has room for @size bytes. */
static struct chunk *next_chunk(struct doc_pool *pool, size_t size)
{
	struct chunk *next = NULL;

	pool->current += pool->chunks->len > 0;
	pool->used = 0;
	if (pool->current < pool->chunks->len) {
		next = pool->chunks->pdata[pool->current];
	}
	if (next == NULL || next->size < size) {
		next = g_malloc(sizeof(struct chunk) + MAX(size, CHUNK));
		next->size = MAX(size, CHUNK);
		g_ptr_array_insert(pool->chunks, (gint)pool->current, next);
	}
	return next;
}

void *doc_take(struct doc_pool *pool, size_t size)
{
	if (pool == NULL) {
		return g_malloc(size);
	}
	struct chunk *chunk =
	    pool->current < pool->chunks->len ? pool->chunks->pdata[pool->current] : NULL;

	size = (size + 7) & ~(size_t)7;
	if (chunk == NULL || chunk->size - pool->used < size) {
		chunk = next_chunk(pool, size);
	}
	pool->used += size;
	return chunk->bytes + pool->used - size;
}

void *doc_grow(struct doc_pool *pool, void *old, size_t old_size, size_t size)
{
	if (pool == NULL) {
		return g_realloc(old, size);
	}
	void *grown = doc_take(pool, size);

	if (old_size > 0) {
		memcpy(grown, old, old_size);
	}
	return grown;
}

char *doc_take_text(struct doc_pool *pool, const char *text)
{
	const size_t size = strlen(text) + 1;

	return memcpy(doc_take(pool, size), text, size);
}
