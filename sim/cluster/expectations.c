/* expectations.c - numbers and names by key. */

#include "cluster/expectations.h"

#define TIMEOUT (5 * SIM_MINUTE)

struct expectation {
	int64_t creations;     /* below 0: more were seen than made */
	GHashTable *deletions; /* names */
	sim_time since;
};

struct expectations {
	GHashTable *by_key;
};

static void expectation_free(void *data)
{
	struct expectation *expectation = data;

	g_hash_table_unref(expectation->deletions);
	g_free(expectation);
}

struct expectations *expectations_new(void)
{
	struct expectations *expectations = g_new0(struct expectations, 1);

	expectations->by_key =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, expectation_free);
	return expectations;
}

void expectations_free(struct expectations *expectations)
{
	if (expectations) {
		g_hash_table_unref(expectations->by_key);
		g_free(expectations);
	}
}

static bool is_met(const struct expectation *expectation)
{
	return expectation->creations <= 0 && g_hash_table_size(expectation->deletions) == 0;
}

bool expectations_are_met(const struct expectations *expectations, const char *key, sim_time now)
{
	const struct expectation *expectation = g_hash_table_lookup(expectations->by_key, key);

	return !expectation || is_met(expectation) || now - expectation->since > TIMEOUT;
}

/* The expectation of @key, begun anew when the former was met or given up. */
static struct expectation *begin(struct expectations *expectations, const char *key, sim_time now)
{
	struct expectation *expectation = g_hash_table_lookup(expectations->by_key, key);

	if (!expectation || expectations_are_met(expectations, key, now)) {
		expectation = g_new0(struct expectation, 1);
		expectation->deletions =
		    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		expectation->since = now;
		g_hash_table_replace(expectations->by_key, g_strdup(key), expectation);
	}
	return expectation;
}

void expectations_expect_creations(struct expectations *expectations, const char *key,
                                   unsigned count, sim_time now)
{
	begin(expectations, key, now)->creations += count;
}

void expectations_expect_deletion(struct expectations *expectations, const char *key,
                                  const char *pod, sim_time now)
{
	g_hash_table_add(begin(expectations, key, now)->deletions, g_strdup(pod));
}

void expectations_see_creation(struct expectations *expectations, const char *key)
{
	struct expectation *expectation = g_hash_table_lookup(expectations->by_key, key);

	if (expectation) {
		expectation->creations--;
	}
}

void expectations_see_deletion(struct expectations *expectations, const char *key, const char *pod)
{
	struct expectation *expectation = g_hash_table_lookup(expectations->by_key, key);

	if (expectation) {
		g_hash_table_remove(expectation->deletions, pod);
	}
}

void expectations_forget(struct expectations *expectations, const char *key)
{
	g_hash_table_remove(expectations->by_key, key);
}
