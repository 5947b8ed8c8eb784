#include "record/archive.h"

#include "kube/codec.h"
#include "report/explain.h"
#include "report/story.h"
#include "report/summary.h"
#include "report/tables.h"
#include "world/world.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *scenario_file;

struct fixture {
	struct scenario *scenario;
	struct run *run;
	char *folder, *path;
};

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);
	g_autoptr(GError) error = NULL;

	f->scenario = scenario_load(scenario_file, NULL, &error);
	f->run = f->scenario ? world_run(f->scenario, &error) : NULL;
	if (!f->run) {
		fail_msg("%s", error->message);
	}
	f->folder = g_dir_make_tmp("podsim-archive-XXXXXX", NULL);
	f->path = g_build_filename(f->folder, "run.db", NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	run_free(f->run);
	scenario_free(f->scenario);
	g_unlink(f->path);
	g_rmdir(f->folder);
	g_free(f->path);
	g_free(f->folder);
	g_free(f);
	return 0;
}

static struct run *save_and_load(const struct fixture *f)
{
	g_autoptr(GError) error = NULL;

	if (!archive_save(f->run, f->path, &error)) {
		fail_msg("%s", error->message);
	}
	struct run *run = archive_load(f->path, &error);

	if (!run) {
		fail_msg("%s", error->message);
	}
	return run;
}

static void test_a_run_that_was_read_back_prints_the_same_reports(void **state)
{
	const struct fixture *f = *state;
	struct run *copy = save_and_load(f);
	const struct run *runs[] = {f->run, copy};
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	char *texts[2], *summaries[2];

	for (int i = 0; i < 2; i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		story_print(runs[i], out, false);
		tables_pods(runs[i], out, false);
		tables_endpoints(runs[i], out, false);
		tables_hpas(runs[i], out, false);
		tables_load(runs[i], out, false);
		tables_replicas(runs[i], out, false);
		for (const char *const *topic = explain_topics; *topic; topic++) {
			explain(runs[i], *topic, out, false);
		}
		texts[i] = g_strdup(out->str);
		summaries[i] = summary_json(runs[i], none, NULL);
	}
	assert_true(strlen(texts[0]) > 5000);
	assert_string_equal(texts[0], texts[1]);
	assert_string_equal(summaries[0], summaries[1]);
	for (int i = 0; i < 2; i++) {
		g_free(texts[i]);
		g_free(summaries[i]);
	}
	run_free(copy);
}

/* Pods of this scenario never waited for others: one that did, and one that is as it was. */
static void test_a_series_of_waiting_is_kept_where_there_is_one(void **state)
{
	const struct fixture *f = *state;
	struct run_pod *pod = f->run->pods->pdata[1];
	const double values[] = {0, 0.25, 1};

	assert_int_equal(pod->waited.n, 0);
	pod->waited = (struct series){.start = SIM_SECOND,
	                              .width = 5 * SIM_SECOND,
	                              .values = g_memdup2(values, sizeof(values)),
	                              .n = G_N_ELEMENTS(values)};
	struct run *copy = save_and_load(f);
	const struct run_pod *others = copy->pods->pdata[0];
	const struct run_pod *same = copy->pods->pdata[1];

	assert_int_equal(others->waited.n, 0);
	assert_int_equal(same->waited.n, 3);
	assert_int_equal(same->waited.start, SIM_SECOND);
	assert_int_equal(same->waited.width, 5 * SIM_SECOND);
	assert_memory_equal(same->waited.values, values, sizeof(values));
	run_free(copy);
}

static char *encoded(const struct object *object, const struct run *run)
{
	g_autoptr(doc) document = object_encode(object, run->scenario->clock_zero);

	return doc_to_yaml(document);
}

static void test_every_version_of_every_object_is_as_it_was(void **state)
{
	const struct fixture *f = *state;
	struct run *copy = save_and_load(f);
	const GPtrArray *lists[][2] = {{f->run->versions, copy->versions},
	                               {f->run->event_versions, copy->event_versions}};
	unsigned kinds[KIND_COUNT] = {0};

	for (size_t l = 0; l < G_N_ELEMENTS(lists); l++) {
		assert_int_equal(lists[l][0]->len, lists[l][1]->len);
		for (unsigned i = 0; i < lists[l][0]->len; i++) {
			const struct run_version *a = lists[l][0]->pdata[i],
						 *b = lists[l][1]->pdata[i];
			g_autofree char *one = encoded(a->object, f->run);
			g_autofree char *other = encoded(b->object, copy);

			assert_int_equal(a->at, b->at);
			assert_int_equal(a->change, b->change);
			assert_int_equal(a->object->kind, b->object->kind);
			assert_string_equal(one, other);
			kinds[a->object->kind]++;
		}
	}
	assert_true(kinds[KIND_POD] && kinds[KIND_DEPLOYMENT] && kinds[KIND_HPA] &&
	            kinds[KIND_EVENT]);
	assert_true(kinds[KIND_ENDPOINT_SLICE] && kinds[KIND_NODE] && kinds[KIND_SERVICE]);
	run_free(copy);
}

static void test_the_same_run_gives_the_same_file(void **state)
{
	const struct fixture *f = *state;
	g_autofree char *first = NULL, *second = NULL;
	gsize length[2];

	run_free(save_and_load(f));
	assert_true(g_file_get_contents(f->path, &first, &length[0], NULL));
	run_free(save_and_load(f));
	assert_true(g_file_get_contents(f->path, &second, &length[1], NULL));
	assert_int_equal(length[0], length[1]);
	assert_memory_equal(first, second, length[0]);
}

static void test_a_place_that_cannot_be_written_leaves_nothing_behind(void **state)
{
	const struct fixture *f = *state;
	g_autofree char *path = g_build_filename(f->folder, "absent", "run.db", NULL);
	g_autoptr(GError) error = NULL;

	assert_false(archive_save(f->run, path, &error));
	assert_true(g_error_matches(error, ARCHIVE_ERROR, ARCHIVE_ERROR_FILE));
	assert_non_null(strstr(error->message, path));
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void test_what_is_no_archive_is_refused(void **state)
{
	const struct fixture *f = *state;
	g_autoptr(GError) absent = NULL;
	g_autoptr(GError) other = NULL;

	assert_null(archive_load(f->path, &absent));
	assert_non_null(absent);
	assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
	assert_true(
	    g_file_set_contents(f->path, "no database at all, but long enough to look", -1, NULL));
	assert_null(archive_load(f->path, &other));
	assert_true(g_error_matches(other, ARCHIVE_ERROR, ARCHIVE_ERROR_SCHEMA));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_run_that_was_read_back_prints_the_same_reports,
	                                    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_every_version_of_every_object_is_as_it_was, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(test_a_series_of_waiting_is_kept_where_there_is_one,
	                                    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_the_same_run_gives_the_same_file, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(
		test_a_place_that_cannot_be_written_leaves_nothing_behind, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_what_is_no_archive_is_refused, set_up, tear_down),
	};

	scenario_file = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
