#include "document/document.h"

#include <string.h>

#define LONGEST 64

/* Letters to insert, delete, change or swap with a neighbour; a letter's case does not count. */
static unsigned edit_distance(const char *a, size_t length_a, const char *b, size_t length_b)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= length_b; j++) {
		above[j] = (unsigned)j;
	}
	for (size_t i = 1; i <= length_a; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= length_b; j++) {
			const char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);

			row[j] = MIN(MIN(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) &&
			    y == g_ascii_tolower(a[i - 2])) {
				row[j] = MIN(row[j], before[j - 2] + 1);
			}
		}
		unsigned *oldest = before;

		before = above;
		above = row;
		row = oldest;
	}
	return above[length_b];
}

static unsigned distance(const char *word, const char *known)
{
	const size_t length = strlen(word), length_known = strlen(known);

	if (length > LONGEST || length_known > LONGEST) {
		return G_MAXUINT;
	}
	const unsigned edits = edit_distance(word, length, known, length_known);

	/* Half a name is a frequent mistake: initialDelay for initialDelaySeconds. */
	if (MIN(length, length_known) >= 4 &&
	    g_ascii_strncasecmp(word, known, MIN(length, length_known)) == 0) {
		return MIN(edits, 2);
	}
	return edits;
}

const char *doc_nearest(const char *word, const char *const *known)
{
	const char *nearest = NULL;
	const unsigned enough = (unsigned)MAX(1, MIN(strlen(word), LONGEST) / 3);
	unsigned best = enough + 1;

	for (; *known != NULL; known++) {
		const unsigned d = distance(word, *known);

		if (d < best) {
			best = d;
			nearest = *known;
		}
	}
	return nearest;
}
