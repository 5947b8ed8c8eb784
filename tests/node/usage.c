#include "node/usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct usage_source *source(const char *pod, const char *container)
{
	struct usage_source *s = g_new0(struct usage_source, 1);

	s->namespace = g_ref_string_new("default");
	s->pod = g_ref_string_new(pod);
	s->pod_uid = g_ref_string_new(pod);
	s->container = g_ref_string_new(container);
	return s;
}

static void note(void *data, struct usage_source *s)
{
	g_string_append_printf(data, "%s/%s ", s->pod, s->container);
}

static void test_sources_come_in_order_of_registration(void **state)
{
	struct usage_registry *registry = usage_registry_new();
	struct usage_source *middle = source("a", "one");
	g_autoptr(GString) seen = g_string_new("");

	usage_registry_add(registry, source("z", "one"));
	usage_registry_add(registry, middle);
	usage_registry_add(registry, source("a", "two"));
	usage_registry_each(registry, note, seen);
	assert_string_equal(seen->str, "z/one a/one a/two ");
	g_string_truncate(seen, 0);
	usage_registry_remove(registry, middle);
	usage_registry_add(registry, source("a", "one"));
	usage_registry_each(registry, note, seen);
	assert_string_equal(seen->str, "z/one a/two a/one ");
	usage_registry_free(registry);
}

static void test_a_source_is_found_by_pod_and_container(void **state)
{
	struct usage_registry *registry = usage_registry_new();
	struct usage_source *one = source("a", "one");

	usage_registry_add(registry, one);
	usage_registry_add(registry, source("b", "one"));
	assert_ptr_equal(usage_registry_find(registry, "a", "one"), one);
	assert_null(usage_registry_find(registry, "a", "two"));
	usage_registry_remove(registry, one);
	assert_null(usage_registry_find(registry, "a", "one"));
	usage_registry_free(registry);
}

static void test_the_listener_hears_of_a_source_before_it_goes(void **state)
{
	struct usage_registry *registry = usage_registry_new();
	struct usage_source *one = source("a", "one");
	g_autoptr(GString) seen = g_string_new("");

	const struct usage_listener listener = {.data = seen, .removed = note};

	usage_registry_listen(registry, &listener);
	usage_registry_add(registry, one);
	assert_string_equal(seen->str, "");
	usage_registry_remove(registry, one);
	assert_string_equal(seen->str, "a/one ");
	usage_registry_free(registry);
}

static void note_removed(void *data, struct usage_source *s)
{
	g_string_append_printf(data, "-%s ", s->pod);
}

static void test_followers_hear_of_sources_that_were_there_before(void **state)
{
	struct usage_registry *registry = usage_registry_new();
	struct usage_source *one = source("a", "one");
	g_autoptr(GString) first = g_string_new("");
	g_autoptr(GString) second = g_string_new("");
	const struct usage_listener listeners[] = {
	    {.data = first, .added = note, .removed = note_removed},
	    {.data = second, .removed = note_removed},
	};

	usage_registry_add(registry, one);
	usage_registry_listen(registry, &listeners[0]);
	usage_registry_listen(registry, &listeners[1]);
	usage_registry_add(registry, source("b", "one"));
	usage_registry_remove(registry, one);
	usage_registry_unlisten(registry, &listeners[0]);
	usage_registry_add(registry, source("c", "one"));
	assert_string_equal(first->str, "a/one b/one -a ");
	assert_string_equal(second->str, "-a ");
	usage_registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sources_come_in_order_of_registration),
	    cmocka_unit_test(test_a_source_is_found_by_pod_and_container),
	    cmocka_unit_test(test_the_listener_hears_of_a_source_before_it_goes),
	    cmocka_unit_test(test_followers_hear_of_sources_that_were_there_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
