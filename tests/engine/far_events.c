/* Buckets of far events: what is put in comes out, bucket by bucket, wherever it was kept. */

#include "engine/far_events.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define EVENTS 6000
#define SHIFT 10

struct fixture {
	struct far_events *far;
	uint32_t positions[EVENTS];
	struct item items[EVENTS]; /* by slot */
	bool here[EVENTS];
	uint32_t n, given;
	uint64_t lowest, highest; /* due of what was given last */
	GRand *rand;
};

static int setup(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->far = far_events_new(SHIFT, 0);
	f->rand = g_rand_new_with_seed(5);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	far_events_free(f->far);
	g_rand_free(f->rand);
	g_free(f);
	return 0;
}

static void add(struct fixture *f, uint32_t slot, uint64_t due)
{
	f->items[slot] = (struct item){due, (uint64_t)slot + ((uint64_t)7 << SLOT_BITS)};
	f->here[slot] = true;
	f->n++;
	far_events_add(f->far, f->items[slot], f->positions);
}

static void take(void *data, struct item item)
{
	struct fixture *f = data;
	const uint32_t slot = slot_of(item);

	assert_true(f->here[slot]);
	assert_int_equal(item.due, f->items[slot].due);
	f->here[slot] = false;
	f->n--;
	f->given++;
	f->lowest = MIN(f->lowest, item.due);
	f->highest = MAX(f->highest, item.due);
}

/* Opens one bucket; its events lie in one stretch, all that stay come after the horizon. */
static void open_one(struct fixture *f)
{
	const uint64_t horizon = far_events_horizon(f->far);

	f->lowest = UINT64_MAX;
	f->highest = 0;
	f->given = 0;
	far_events_open(f->far, f->positions, take, f);
	assert_true(f->given > 0);
	assert_int_equal(f->lowest >> SHIFT, f->highest >> SHIFT);
	assert_true(f->lowest >= horizon);
	assert_int_equal(far_events_horizon(f->far), ((f->highest >> SHIFT) + 1) << SHIFT);
	assert_int_equal(far_events_count(f->far), f->n);
	for (uint32_t slot = 0; slot < EVENTS; slot++) {
		assert_true(!f->here[slot] || f->items[slot].due >= far_events_horizon(f->far));
	}
}

static void test_every_event_comes_once_in_the_order_of_buckets(void **state)
{
	struct fixture *f = *state;

	for (uint32_t slot = 0; slot < EVENTS; slot++) {
		/* a tenth lies beyond the ring, some of it far beyond */
		const uint64_t ring = (uint64_t)FAR_BUCKETS << SHIFT;
		const uint64_t due = (uint64_t)(g_rand_double(f->rand) * (double)ring);

		add(f, slot, slot % 10 ? due : slot % 20 ? due * 30 : due * 5000000);
	}
	while (f->n) {
		open_one(f);
	}
}

static void test_a_removed_event_never_comes_and_places_stay_right(void **state)
{
	struct fixture *f = *state;

	for (uint32_t round = 0; round < 40; round++) {
		for (uint32_t i = 0; i < 400; i++) {
			const uint32_t slot = (uint32_t)g_rand_int_range(f->rand, 0, EVENTS);

			if (!f->here[slot]) {
				add(f, slot,
				    far_events_horizon(f->far) +
				        ((uint64_t)g_rand_int_range(f->rand, 0, 3 * FAR_BUCKETS)
				         << SHIFT));
				continue;
			}
			assert_int_equal(far_events_at(f->far, f->positions[slot]).word,
			                 f->items[slot].word);
			far_events_remove(f->far, f->positions[slot], f->positions);
			f->here[slot] = false;
			f->n--;
			assert_int_equal(far_events_count(f->far), f->n);
		}
		open_one(f);
	}
	far_events_empty(f->far, take, f);
	assert_int_equal(f->n, 0);
	assert_int_equal(far_events_count(f->far), 0);
}

static void test_the_last_instant_of_the_clock_has_a_bucket(void **state)
{
	struct fixture *f = *state;

	add(f, 3, UINT64_MAX);
	add(f, 1, 5);
	open_one(f);
	assert_int_equal(f->lowest, 5);
	far_events_open(f->far, f->positions, take, f);
	assert_int_equal(f->n, 0);
	assert_int_equal(far_events_horizon(f->far), 0); /* one past the end */
}

static void test_a_turn_with_few_events_is_told_from_one_with_many(void **state)
{
	struct fixture *f = *state;

	for (uint32_t slot = 0; slot < 5; slot++) { /* one each in five turns */
		add(f, slot, (uint64_t)slot * FAR_BUCKETS << SHIFT);
	}
	assert_false(far_events_are_sparse(f->far));
	open_one(f);
	open_one(f);
	assert_true(far_events_are_sparse(f->far));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_every_event_comes_once_in_the_order_of_buckets,
	                                    setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_removed_event_never_comes_and_places_stay_right,
	                                    setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_last_instant_of_the_clock_has_a_bucket, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_a_turn_with_few_events_is_told_from_one_with_many,
	                                    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
