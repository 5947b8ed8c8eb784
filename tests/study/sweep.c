/* Sweeps: the same results however they came about. The folder of the studies is given as the
 * argument. */

#include "study/sweep.h"
#include "study/estimate.h"
#include "study/sweep_report.h"
#include "study/tune.h"
#include "study/tune_patch.h"

#include <glib/gstdio.h>
#include <math.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;

/* --- a study, its results and its runner --- */

struct bench {
	char *place; /* a folder of its own */
	struct study *study;
	struct results *results;
	struct runner *runner;
	GError *error;
};

static void begin(struct bench *b, const char *study, const char *file, unsigned jobs)
{
	g_autofree char *path = g_build_filename(folder, study, NULL);

	b->study = study_load(path, &b->error);
	if (!b->study) {
		fail_msg("%s", b->error->message);
	}
	b->results = results_open(file, b->study, &b->error);
	if (!b->results) {
		fail_msg("%s", b->error->message);
	}
	b->runner = runner_new(b->study, b->results, jobs, &b->error);
	assert_non_null(b->runner);
}

static void end(struct bench *b)
{
	runner_free(b->runner);
	results_close(b->results);
	study_free(b->study);
	g_clear_error(&b->error);
	*b = (struct bench){.place = b->place};
}

static void carry_out(struct bench *b, size_t index, size_t count)
{
	const struct shard shard = {index, count};

	if (!sweep_carry_out(b->study, b->runner, b->results, shard, &b->error)) {
		fail_msg("%s", b->error->message);
	}
}

static char *dump(struct results *results)
{
	GString *text = g_string_new(NULL);

	assert_true(results_dump(results, text, NULL));
	return g_string_free(text, FALSE);
}

/* Everything that a whole sweep of @study says, with @jobs threads. */
static char *whole_output(const char *study, unsigned jobs)
{
	struct bench b = {0};
	g_autoptr(GString) tables = g_string_new(NULL);

	begin(&b, study, ":memory:", jobs);
	carry_out(&b, 1, 1);
	g_autofree char *rows = dump(b.results);
	g_autoptr(doc) document = sweep_report_document(b.study, b.runner);
	g_autofree char *json = doc_to_json(document, 2);

	sweep_report_print(b.study, b.runner, tables, false);
	end(&b);
	return g_strconcat(rows, tables->str, json, NULL);
}

static int set_up(void **state)
{
	struct bench *b = g_new0(struct bench, 1);

	b->place = g_dir_make_tmp("podsim-study-XXXXXX", NULL);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	GDir *dir = g_dir_open(b->place, 0, NULL);

	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *path = g_build_filename(b->place, name, NULL);

		g_unlink(path);
	}
	g_dir_close(dir);
	g_rmdir(b->place);
	g_free(b->place);
	g_free(b);
	return 0;
}

static char *file_of(const struct bench *b, const char *name)
{
	return g_build_filename(b->place, name, NULL);
}

static void sql(const char *file, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
		fail_msg("%s", sqlite3_errmsg(db));
	}
	sqlite3_close(db);
}

/* --- threads --- */

static void test_the_number_of_threads_does_not_matter(void **state)
{
	static const char *const studies[] = {"grid.yaml", "until.yaml", "list.yaml"};

	for (size_t i = 0; i < G_N_ELEMENTS(studies); i++) {
		g_autofree char *one = whole_output(studies[i], 1);
		g_autofree char *two = whole_output(studies[i], 2);
		g_autofree char *five = whole_output(studies[i], 5);

		assert_string_equal(one, two);
		assert_string_equal(one, five);
	}
}

static void test_settings_share_their_seeds(void **state)
{
	struct bench *b = *state;

	/* as many visitors come to three replicas as to two, but each seed has its own number */
	begin(b, "list.yaml", ":memory:", 2);
	carry_out(b, 1, 1);
	for (size_t seed = 0; seed < 2; seed++) {
		assert_true(fabs(runner_figures(b->runner, 0, seed)[1] -
		                 runner_figures(b->runner, 2, seed)[1]) < 0.5);
	}
	assert_true(fabs(runner_figures(b->runner, 0, 0)[1] - runner_figures(b->runner, 0, 1)[1]) >
	            0.5);
	end(b);
}

/* --- resuming --- */

static void test_a_sweep_goes_on_where_it_stopped(void **state)
{
	struct bench *b = *state;
	g_autofree char *file = file_of(b, "grid.db");
	g_autofree char *whole = whole_output("grid.yaml", 2);

	begin(b, "grid.yaml", file, 2);
	for (size_t setting = 0; setting < 6; setting += 2) {
		runner_plan(b->runner, setting, 1);
	}
	assert_true(runner_carry_out(b->runner, NULL));
	end(b);
	/* a figure that is there is not computed again: this one is kept as it is */
	sql(file, "UPDATE run SET \"latency.p95(users)\" = 77 WHERE seed = 6 AND setting LIKE "
	          "'%replicas\":3%'");
	begin(b, "grid.yaml", file, 2);
	carry_out(b, 1, 1);
	g_autofree char *rows = dump(b->results);
	g_auto(GStrv) lines = g_strsplit(rows, "\n", -1);
	g_auto(GStrv) wanted = g_strsplit(whole, "\n", -1);

	assert_int_equal(g_strv_length(lines), 1 + 24 + 1);
	for (unsigned i = 0; i < 25; i++) {
		if (g_str_has_prefix(lines[i], "3,2,6,")) {
			assert_true(g_str_has_prefix(lines[i], "3,2,6,77,"));
		} else {
			assert_string_equal(lines[i], wanted[i]);
		}
	}
	end(b);
}

static void test_results_of_another_content_do_not_count(void **state)
{
	struct bench *b = *state;
	g_autofree char *file = file_of(b, "grid.db");
	g_autofree char *whole = whole_output("grid.yaml", 2);

	begin(b, "grid.yaml", file, 2);
	carry_out(b, 1, 1);
	end(b);
	sql(file, "UPDATE run SET content = 'old', \"latency.p95(users)\" = 77");
	begin(b, "grid.yaml", file, 2);
	assert_null(runner_figures(b->runner, 0, 0));
	carry_out(b, 1, 1);
	g_autofree char *rows = dump(b->results);

	assert_true(g_str_has_prefix(whole, rows));
	end(b);
}

static void test_a_file_of_another_study_is_left_alone(void **state)
{
	struct bench *b = *state;
	g_autofree char *file = file_of(b, "grid.db");

	begin(b, "grid.yaml", file, 2);
	end(b);
	g_autofree char *path = g_build_filename(folder, "until.yaml", NULL);

	b->study = study_load(path, NULL);
	assert_non_null(b->study);
	assert_null(results_open(file, b->study, &b->error));
	assert_non_null(strstr(b->error->message, "results of a study with other paths"));
	end(b);
}

/* --- shards --- */

/* A file of its own for each shard. */
static void carry_out_shard(struct bench *b, const char *study, size_t index, size_t count)
{
	g_autofree char *name = g_strdup_printf("shard-%zu.db", index);
	g_autofree char *file = file_of(b, name);

	begin(b, study, file, 1);
	carry_out(b, index, count);
	end(b);
}

static char *merged(struct bench *b, const size_t *order, size_t n)
{
	g_autofree char *out = file_of(b, "merged.db");
	struct results *results = NULL;

	for (size_t i = 0; i < n; i++) {
		g_autofree char *name = g_strdup_printf("shard-%zu.db", order[i]);
		g_autofree char *file = file_of(b, name);

		if (!results) {
			results = results_like(out, file, &b->error);
		}
		if (!results || !results_merge(results, file, &b->error)) {
			fail_msg("%s", b->error->message);
		}
	}
	char *text = dump(results);

	results_close(results);
	return text;
}

static void check_shards(struct bench *b, const char *study)
{
	const size_t order[] = {3, 1, 2, 1};
	g_autofree char *whole = whole_output(study, 2);

	for (size_t i = 1; i <= 3; i++) {
		carry_out_shard(b, study, i, 3);
	}
	g_autofree char *some = merged(b, order, 2);

	assert_true(strlen(some) < (size_t)(strstr(whole, "Study ") - whole));
	g_autofree char *all = merged(b, order, 4); /* into the same file, one shard twice */

	assert_true(g_str_has_prefix(whole, all));
	assert_true(g_str_has_prefix(whole + strlen(all), "Study "));
}

static void test_shards_merge_into_the_whole(void **state)
{
	check_shards(*state, "grid.yaml");
}

static void test_shards_with_a_stopping_rule_merge_into_the_whole(void **state)
{
	check_shards(*state, "until.yaml");
}

static void test_shards_that_disagree_are_not_merged(void **state)
{
	struct bench *b = *state;
	g_autofree char *one = file_of(b, "shard-1.db");
	g_autofree char *two = file_of(b, "shard-2.db");

	carry_out_shard(b, "grid.yaml", 1, 1);
	carry_out_shard(b, "grid.yaml", 2, 2);
	sql(two, "UPDATE run SET \"latency.p95(users)\" = 77 WHERE seed = 6");
	struct results *results = results_open_existing(one, NULL);

	assert_non_null(results);
	g_autofree char *before = dump(results);

	assert_false(results_merge(results, two, &b->error));
	assert_non_null(strstr(b->error->message, "results of the same runs differ"));
	g_autofree char *after = dump(results);

	assert_string_equal(before, after);
	results_close(results);
	g_clear_error(&b->error);
}

/* --- the stopping rule --- */

static void test_a_sweep_stops_once_the_interval_is_narrow(void **state)
{
	struct bench *b = *state;

	begin(b, "until.yaml", ":memory:", 2);
	carry_out(b, 1, 1);
	for (size_t setting = 0; setting < 2; setting++) {
		const size_t n = sweep_runs(b->study, b->runner, setting);
		const struct estimate e = estimate_mean(b->runner, setting, 0, n);

		assert_true(n >= 5 && n < 60);
		assert_true(e.half <= 0.12 * e.mean);
		assert_int_equal(runner_done(b->runner, setting), n);
		for (size_t fewer = 5; fewer < n; fewer += 5) { /* the looks before, to 25 */
			assert_true(fewer > 20 ||
			            !sweep_is_narrow(b->study, b->runner, setting, fewer));
		}
	}
	/* the busier setting varies more and needs more */
	assert_true(sweep_runs(b->study, b->runner, 0) > sweep_runs(b->study, b->runner, 1));
	end(b);
}

/* --- tuning --- */

/* What a look at all runs of all settings says: the cheapest whose mean p95 and failures hold. */
static size_t best_of_all(struct bench *b)
{
	size_t best = STUDY_NO_SETTING;
	double least = INFINITY;

	carry_out(b, 1, 1);
	for (size_t i = 0; i < b->study->n_settings; i++) {
		const struct estimate p95 = estimate_mean(b->runner, i, 0, b->study->seeds);
		const struct estimate cost = estimate_mean(b->runner, i, 2, b->study->seeds);
		const struct estimate held = estimate_mean(b->runner, i, 3, b->study->seeds);

		if (p95.mean < 2 && held.mean > 0.999 && cost.mean < least) {
			least = cost.mean;
			best = i;
		}
	}
	return best;
}

static void test_tuning_finds_the_optimum_of_a_tiny_study(void **state)
{
	struct bench *b = *state;
	struct tuning tuning;

	begin(b, "grid.yaml", ":memory:", 2);
	assert_true(tune_carry_out(b->study, b->runner, &tuning, &b->error));
	assert_int_equal(tuning.winner, best_of_all(b));
	assert_true(tuning.winner == 2 || tuning.winner == 3); /* two replicas */
	assert_int_equal(tuning.candidates[0].fate, FATE_BROKEN);
	assert_non_null(strstr(tuning.candidates[0].why, "latency.p95(users) < 2s"));
	for (size_t i = 0; i < 6; i++) {
		assert_true(tuning.candidates[i].fate != FATE_IN);
	}
	tuning_clear(&tuning);
	end(b);
}

static void test_tuning_spends_fewer_runs_than_a_sweep(void **state)
{
	struct bench *b = *state;
	struct tuning tuning;

	begin(b, "tune.yaml", ":memory:", 2);
	assert_true(tune_carry_out(b->study, b->runner, &tuning, &b->error));
	assert_true(tuning.winner != STUDY_NO_SETTING);
	assert_int_equal(tuning.candidates[tuning.winner].seeds, b->study->seeds);
	assert_true(tuning.runs * 2 < b->study->n_settings * b->study->seeds);
	g_autofree char *text = study_setting_text(b->study, tuning.winner);

	assert_string_equal(text, "replicas=3");
	tuning_clear(&tuning);
	end(b);
}

static void test_a_goal_that_nothing_meets_has_no_winner(void **state)
{
	struct bench *b = *state;
	struct tuning tuning;

	begin(b, "hopeless.yaml", ":memory:", 2);
	assert_true(tune_carry_out(b->study, b->runner, &tuning, &b->error));
	assert_true(tuning.winner == STUDY_NO_SETTING);
	for (size_t i = 0; i < b->study->n_settings; i++) {
		assert_non_null(tuning.candidates[i].why);
	}
	tuning_clear(&tuning);
	end(b);
}

static void test_a_patch_holds_the_setting_and_what_a_merge_needs_around_it(void **state)
{
	struct bench *b = *state;

	begin(b, "grid.yaml", ":memory:", 1);
	g_autofree char *patch = tune_patch(b->study, 5, NULL);

	assert_string_equal(patch, "# kubectl patch deployment web --patch-file FILE\n"
	                           "apiVersion: apps/v1\n"
	                           "kind: Deployment\n"
	                           "metadata:\n"
	                           "  name: web\n"
	                           "spec:\n"
	                           "  replicas: 3\n"
	                           "  template:\n"
	                           "    spec:\n"
	                           "      containers:\n"
	                           "      - name: web\n"
	                           "        readinessProbe:\n"
	                           "          periodSeconds: 5\n");
	end(b);
	begin(b, "list.yaml", ":memory:", 1);
	g_autofree char *words = tune_patch(b->study, 1, NULL);

	assert_string_equal(words, "# and with podsim: --set 'load/users:rate=20/s'\n"
	                           "# and with podsim: --set 'cluster:kubeProxy.mode=ipvs'\n");
	end(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_the_number_of_threads_does_not_matter),
	    TEST(test_settings_share_their_seeds),
	    TEST(test_a_sweep_goes_on_where_it_stopped),
	    TEST(test_results_of_another_content_do_not_count),
	    TEST(test_a_file_of_another_study_is_left_alone),
	    TEST(test_shards_merge_into_the_whole),
	    TEST(test_shards_with_a_stopping_rule_merge_into_the_whole),
	    TEST(test_shards_that_disagree_are_not_merged),
	    TEST(test_a_sweep_stops_once_the_interval_is_narrow),
	    TEST(test_tuning_finds_the_optimum_of_a_tiny_study),
	    TEST(test_tuning_spends_fewer_runs_than_a_sweep),
	    TEST(test_a_goal_that_nothing_meets_has_no_winner),
	    TEST(test_a_patch_holds_the_setting_and_what_a_merge_needs_around_it),
	};

	folder = argc > 1 ? argv[1] : "data";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
