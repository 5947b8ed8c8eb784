/* informer.c - a delayed picture: groups, numbers, owners. */

#include "store/informer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DELAY (10 * SIM_MILLISECOND)

struct fixture {
	struct simulation *sim;
	struct store *store;
	struct informer *pods, *sets;
};

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->sim = simulation_new(0, 1);
	f->store = store_new(f->sim);
	f->sets = informer_new(f->store, KIND_REPLICA_SET, DELAY, NULL, NULL);
	f->pods = informer_new(f->store, KIND_POD, DELAY, NULL, NULL);
	informer_group_by(f->pods, informer_owner_uid);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	informer_free(f->pods);
	informer_free(f->sets);
	store_free(f->store);
	simulation_free(f->sim);
	g_free(f);
	return 0;
}

static void settle(struct fixture *f)
{
	assert_true(simulation_run_until(f->sim, simulation_now(f->sim) + SIM_SECOND, NULL));
}

/* @owner: UID; NULL: none. */
static void create(struct fixture *f, enum object_kind kind, const char *name, const char *uid,
                   const char *owner)
{
	struct object *object = object_new(kind);

	ref_string_set(&object->meta.name, name);
	ref_string_set(&object->meta.namespace, "default");
	ref_string_set(&object->meta.uid, uid);
	if (owner) {
		object->meta.owner.kind = KIND_REPLICA_SET;
		ref_string_set(&object->meta.owner.name, "web");
		ref_string_set(&object->meta.owner.uid, owner);
	}
	assert_true(store_create(f->store, object, NULL));
	object_unref(object);
}

static void pod(struct fixture *f, const char *name, const char *owner)
{
	create(f, KIND_POD, name, name, owner);
}

static struct object *revise(struct fixture *f, const char *name)
{
	return object_revise(store_get(f->store, KIND_POD, "default", name));
}

static void update(struct fixture *f, struct object *object)
{
	assert_true(store_update(f->store, object, false, NULL));
	object_unref(object);
}

/* "a b": the pods of @owner as they are seen. */
static void assert_group(const struct fixture *f, const char *owner, const char *names)
{
	g_autoptr(GPtrArray) list = informer_list_of(f->pods, owner);
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < list->len; i++) {
		g_string_append_printf(text, "%s%s", i ? " " : "",
		                       ((const struct object *)list->pdata[i])->meta.name);
	}
	assert_string_equal(text->str, names);
	assert_int_equal(informer_has_any_of(f->pods, owner), *names != '\0');
}

static void test_a_group_lists_its_objects_in_order_of_creation(void **state)
{
	struct fixture *f = *state;

	pod(f, "a", "one");
	pod(f, "b", "two");
	pod(f, "c", "one");
	pod(f, "d", NULL);
	assert_group(f, "one", "");
	settle(f);
	assert_group(f, "one", "a c");
	assert_group(f, "two", "b");
	assert_group(f, "three", "");
	assert_group(f, NULL, "");
}

static void test_a_change_keeps_the_place_and_a_deletion_gives_it_up(void **state)
{
	struct fixture *f = *state;

	pod(f, "a", "one");
	pod(f, "b", "one");
	settle(f);
	update(f, revise(f, "a"));
	settle(f);
	assert_group(f, "one", "a b");
	assert_true(store_remove(f->store, KIND_POD, "default", "a", NULL));
	settle(f);
	assert_group(f, "one", "b");
	assert_true(store_remove(f->store, KIND_POD, "default", "b", NULL));
	settle(f);
	assert_group(f, "one", "");
}

static void test_an_object_that_changes_its_owner_changes_its_group(void **state)
{
	struct fixture *f = *state;

	pod(f, "a", "one");
	pod(f, "b", "two");
	settle(f);
	struct object *object = revise(f, "a");

	ref_string_set(&object->meta.owner.uid, "two");
	update(f, object);
	settle(f);
	assert_group(f, "one", "");
	assert_group(f, "two", "b a");
}

static void test_numbers_grow_in_order_of_creation(void **state)
{
	struct fixture *f = *state;

	pod(f, "a", NULL);
	pod(f, "b", NULL);
	settle(f);
	const struct object *a = informer_get(f->pods, "default", "a");
	const struct object *b = informer_get(f->pods, "default", "b");
	const uint64_t number = informer_number(f->pods, a);

	assert_true(number > 0);
	assert_true(informer_number(f->pods, b) > number);
	update(f, revise(f, "a"));
	settle(f);
	assert_int_equal(informer_number(f->pods, informer_get(f->pods, "default", "a")), number);
}

/* As a user's document does: the text of the UID is another copy. */
static void test_an_object_written_with_a_copy_of_its_uid_is_the_same_one(void **state)
{
	struct fixture *f = *state;

	pod(f, "a", "one");
	settle(f);
	struct object *object = revise(f, "a");

	ref_string_set(&object->meta.uid, "a");
	object->meta.deletion_grace_seconds = 7;
	update(f, object);
	settle(f);
	assert_group(f, "one", "a");
	assert_int_equal(informer_get(f->pods, "default", "a")->meta.deletion_grace_seconds, 7);
	update(f, revise(f, "a"));
	settle(f);
	assert_group(f, "one", "a");
	assert_true(store_remove(f->store, KIND_POD, "default", "a", NULL));
	settle(f);
	assert_null(informer_get(f->pods, "default", "a"));
	assert_group(f, "one", "");
}

static void test_an_owner_is_known_by_its_uid_and_name(void **state)
{
	struct fixture *f = *state;

	create(f, KIND_REPLICA_SET, "web", "one", NULL);
	pod(f, "a", "one");
	pod(f, "b", "two"); /* of another ReplicaSet that had the name */
	settle(f);
	const struct object *set = informer_get(f->sets, "default", "web");
	const struct object *a = informer_get(f->pods, "default", "a");
	const struct object *b = informer_get(f->pods, "default", "b");

	assert_ptr_equal(informer_owner_of(f->sets, KIND_REPLICA_SET, a), set);
	assert_null(informer_owner_of(f->sets, KIND_REPLICA_SET, b));
	assert_null(informer_owner_of(f->sets, KIND_DEPLOYMENT, a));
	struct object *object = revise(f, "a");

	ref_string_share(&object->meta.owner.uid, set->meta.uid);
	update(f, object);
	settle(f);
	a = informer_get(f->pods, "default", "a");
	assert_ptr_equal(informer_owner_of(f->sets, KIND_REPLICA_SET, a), set);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_a_group_lists_its_objects_in_order_of_creation),
	    TEST(test_a_change_keeps_the_place_and_a_deletion_gives_it_up),
	    TEST(test_an_object_that_changes_its_owner_changes_its_group),
	    TEST(test_numbers_grow_in_order_of_creation),
	    TEST(test_an_object_written_with_a_copy_of_its_uid_is_the_same_one),
	    TEST(test_an_owner_is_known_by_its_uid_and_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
