/* Paths of settings. */

#include "scenario/setting_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char manifest[] =
    "kind: Deployment\n"
    "metadata: {name: web, annotations: {example.com/team: a}}\n"
    "spec:\n"
    "  template:\n"
    "    spec:\n"
    "      containers:\n"
    "      - {name: app, image: a, ports: [{containerPort: 80}, {containerPort: 81}]}\n"
    "      - {name: log, args: [x, y]}\n"
    "  metrics:\n"
    "  - {type: Resource, resource: {name: cpu, target: {averageUtilization: 70}}}\n";

static struct doc *read_one(const char *text)
{
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "test", NULL);

	assert_non_null(documents);
	return doc_copy(documents->pdata[0]);
}

/* What stands at @path of the manifest after @set, as one line of JSON. */
static char *after(const char *set)
{
	g_autoptr(doc) root = read_one(manifest);
	g_autoptr(GError) error = NULL;
	g_autoptr(setting) s = setting_parse(set, &error);

	if (!s || !setting_assign(s, root, s->value, &error)) {
		return g_strdup(error->message);
	}
	return doc_to_json(setting_find(s, root), 0);
}

static void check_after(const char *set, const char *expected)
{
	g_autofree char *got = after(set);

	assert_string_equal(got, expected);
}

static void test_a_setting_says_what_it_sets(void **state)
{
	g_autoptr(setting) load = setting_parse("load/locust:users=50", NULL);
	g_autoptr(setting) cluster = setting_parse("cluster:kubeProxy.mode=ipvs", NULL);
	g_autoptr(setting) object = setting_parse("shop/hpa/web:spec.minReplicas", NULL);

	assert_int_equal(load->target, SETTING_LOAD);
	assert_string_equal(load->name, "locust");
	assert_string_equal(load->text, "load/locust:users");
	assert_string_equal(doc_text(load->value), "50");
	assert_int_equal(cluster->target, SETTING_CLUSTER);
	assert_int_equal(cluster->n_steps, 2);
	assert_int_equal(object->target, SETTING_OBJECT);
	assert_int_equal(object->kind, KIND_HPA);
	assert_string_equal(object->namespace, "shop");
	assert_null(object->value);
}

static void test_items_are_found_by_what_tells_them_apart(void **state)
{
	check_after("deployment/web:spec.template.spec.containers[app].image=b", "\"b\"");
	check_after("deployment/web:spec.template.spec.containers[1].image=c", "\"c\"");
	check_after("deployment/web:spec.template.spec.containers[app].ports[81].name=m", "\"m\"");
	check_after("deployment/web:spec.template.spec.containers[log].args[0]=z", "\"z\"");
	check_after("deployment/web:spec.metrics[cpu].resource.target.averageUtilization=80", "80");
}

static void test_a_key_with_dots_stands_in_brackets(void **state)
{
	check_after("deployment/web:metadata.annotations[example.com/team]=b", "\"b\"");
	check_after("deployment/web:metadata.annotations[example.com/new]=c", "\"c\"");
}

static void test_fields_on_the_way_are_made(void **state)
{
	check_after(
	    "deployment/web:spec.template.spec.containers[app].readinessProbe.periodSeconds=5",
	    "5");
}

static void test_values_are_yaml(void **state)
{
	check_after("deployment/web:spec.replicas=[1, 2]", "[1,2]");
	check_after("deployment/web:spec.replicas={a: b=c}", "{\"a\":\"b=c\"}");
	check_after("deployment/web:spec.replicas=", "null");
}

static void test_an_item_that_is_not_there_is_told_with_the_nearest(void **state)
{
	g_autofree char *item = after("deployment/web:spec.template.spec.containers[ap].image=b");
	g_autofree char *field = after("deployment/web:spec.templat.spec.containers[app].image=b");
	g_autofree char *scalar = after("deployment/web:kind.x=b");

	assert_non_null(strstr(item, "there is no `ap` in containers here; did you mean `app`?"));
	assert_non_null(
	    strstr(field, "there is no `templat` in spec here; did you mean `template`?"));
	assert_non_null(strstr(scalar, "`kind` is a string and has no `x`"));
}

static void test_what_is_no_setting_is_refused(void **state)
{
	static const char *const bad[] = {"",
	                                  "users=50",
	                                  "load:users=50",
	                                  "load/:users=50",
	                                  "spec/x:to=1",
	                                  "loads/x:users=50",
	                                  "deployment/web:",
	                                  "deployment/web:=3",
	                                  "hpa/web:a..b",
	                                  "hpa/web:a.",
	                                  "hpa/web:a[",
	                                  "hpa/web:a[]",
	                                  "hpa/web:[a]",
	                                  "hpa/web:a[b]c",
	                                  "hpa/web:a=[1",
	                                  "a/b/c/hpa/web:a=1",
	                                  "hpa/:a=1",
	                                  "x=a:b",
	                                  "deployment/web:a=1\n---\n2"};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(setting) s = setting_parse(bad[i], &error);

		if (s) {
			fail_msg("'%s' was taken for a setting", bad[i]);
		}
		assert_non_null(error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_setting_says_what_it_sets),
	    cmocka_unit_test(test_items_are_found_by_what_tells_them_apart),
	    cmocka_unit_test(test_a_key_with_dots_stands_in_brackets),
	    cmocka_unit_test(test_fields_on_the_way_are_made),
	    cmocka_unit_test(test_values_are_yaml),
	    cmocka_unit_test(test_an_item_that_is_not_there_is_told_with_the_nearest),
	    cmocka_unit_test(test_what_is_no_setting_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
