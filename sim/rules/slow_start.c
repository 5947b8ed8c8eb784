/* slow_start.c - batches that double while all goes well. */

#include "rules/slow_start.h"

unsigned slow_start(unsigned missing, bool (*create)(void *data), void *data, GArray *batches,
                    bool *failed)
{
	unsigned remaining = MIN(missing, REPLICA_SET_BURST);
	unsigned created = 0;

	*failed = false;
	for (unsigned size = MIN(1, remaining); size > 0 && !*failed;
	     size = MIN(2 * size, remaining)) {
		if (batches) {
			g_array_append_val(batches, size);
		}
		/* The calls of a batch are concurrent: one that fails does not keep the others. */
		for (unsigned i = 0; i < size; i++) {
			if (create(data)) {
				created++;
			} else {
				*failed = true;
			}
		}
		remaining -= size;
	}
	return created;
}
