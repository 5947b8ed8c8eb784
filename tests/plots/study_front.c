/* The front of cost against lateness, and where its labels go. */

#include "plots/study_front.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_a_point_is_on_the_front_unless_another_is_no_worse_and_better_in_one(void **state)
{
	const double x[] = {1, 2, 3, 2, 1, 4, NAN, 1};
	const double y[] = {9, 5, 5, 6, 9, 1, 0, NAN};
	const bool expected[] = {true, true, false, false, true, true, false, false};
	g_autofree bool *front = study_front(x, y, G_N_ELEMENTS(x));

	for (size_t i = 0; i < G_N_ELEMENTS(x); i++) {
		assert_int_equal(front[i], expected[i]);
	}
}

static void test_a_label_with_room_stands_to_the_right_above_its_point(void **state)
{
	struct front_label label = {.x = 100, .y = 100, .width = 50};

	study_front_place(&label, 1, 1000, 500);
	assert_true(label.placed && label.left > 100 && label.middle > 100);
}

static void test_a_label_at_the_edge_stands_inside(void **state)
{
	struct front_label labels[] = {{.x = 990, .y = 490, .width = 50},
	                               {.x = 5, .y = 5, .width = 50}};

	study_front_place(labels, 2, 1000, 500);
	assert_true(labels[0].placed && labels[0].left + 50 < 990 && labels[0].middle < 490);
	assert_true(labels[1].placed && labels[1].left > 5 && labels[1].middle > 5);
}

static void test_labels_of_close_points_cover_neither_each_other_nor_a_point(void **state)
{
	struct front_label labels[40];
	unsigned placed = 0;

	for (unsigned i = 0; i < 40; i++) {
		labels[i] = (struct front_label){.x = 400 + 4 * i, .y = 300 - 3 * i, .width = 60};
	}
	study_front_place(labels, 40, 1000, 500);
	for (unsigned i = 0; i < 40; i++) {
		placed += labels[i].placed;
		for (unsigned k = 0; labels[i].placed && k < 40; k++) {
			assert_false(labels[k].x > labels[i].left &&
			             labels[k].x < labels[i].left + 60 &&
			             fabs(labels[k].y - labels[i].middle) < 7);
			assert_false(k != i && labels[k].placed &&
			             fabs(labels[k].left - labels[i].left) < 60 &&
			             fabs(labels[k].middle - labels[i].middle) < 14);
		}
	}
	/* some have no room, most of a crowd's edge has */
	assert_true(placed >= 4 && placed < 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_a_point_is_on_the_front_unless_another_is_no_worse_and_better_in_one),
	    cmocka_unit_test(test_a_label_with_room_stands_to_the_right_above_its_point),
	    cmocka_unit_test(test_a_label_at_the_edge_stands_inside),
	    cmocka_unit_test(test_labels_of_close_points_cover_neither_each_other_nor_a_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
