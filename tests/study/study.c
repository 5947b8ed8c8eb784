/* What a study file means: its settings, measures, seeds and goal. The folder of the studies is
 * given as the argument. */

#include "study/study.h"
#include "study/student.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;

static struct study *load(const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autoptr(GError) error = NULL;
	struct study *study = study_load(path, &error);

	if (!study) {
		fail_msg("%s", error->message);
	}
	return study;
}

static void assert_setting(const struct study *study, size_t setting, const char *wanted)
{
	g_autofree char *text = study_setting_text(study, setting);

	assert_string_equal(text, wanted);
}

static void test_a_grid_has_every_combination_and_the_last_path_changes_fastest(void **state)
{
	g_autoptr(study) study = load("grid.yaml");

	assert_int_equal(study->n_settings, 6);
	assert_setting(study, 0, "replicas=1, periodSeconds=2");
	assert_setting(study, 1, "replicas=1, periodSeconds=5");
	assert_setting(study, 5, "replicas=3, periodSeconds=5");
	assert_int_equal(study->seeds, 4);
	assert_int_equal(study->first_seed, 5);
}

static void test_a_baseline_of_a_grid_keeps_what_it_does_not_name(void **state)
{
	g_autoptr(study) study = load("grid.yaml");

	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(study->settings[i].baseline, 2 + i % 2);
	}
}

static void test_conditions_of_a_goal_become_measures_once(void **state)
{
	g_autoptr(study) study = load("grid.yaml");

	assert_int_equal(study->n_measures, 4); /* three that are named, and a line for every run */
	assert_string_equal(study->measures[3].text, "failures(users) == 0");
	assert_true(study->measures[3].is_line);
	assert_int_equal(study->goal.measure, 2);
	assert_int_equal(study->goal.n_subjects, 2);
	assert_int_equal(study->goal.subjects[0].measure, 0);
	assert_false(study->goal.subjects[0].every_run);
	assert_true(study->goal.subjects[1].every_run);
	assert_true(fabs(study->goal.confidence - 0.9) < 1e-12);
}

static void test_a_stopping_rule_has_a_measure_a_width_and_an_end(void **state)
{
	g_autoptr(study) study = load("until.yaml");

	assert_true(study->has_until);
	assert_true(study->until.relative);
	assert_true(fabs(study->until.width - 0.12) < 1e-12);
	assert_int_equal(study->until.measure, 0);
	assert_int_equal(study->seeds, 60);
}

static void test_a_list_of_settings_leaves_the_rest_as_in_the_scenario(void **state)
{
	g_autoptr(study) study = load("list.yaml");

	assert_int_equal(study->n_settings, 3); /* the baseline is added */
	assert_setting(study, 0, "replicas=3");
	assert_setting(study, 1, "rate=20/s, mode=ipvs");
	assert_setting(study, 2, "the scenario as it is");
	assert_int_equal(study->settings[1].baseline, 2);
}

static void test_a_sample_draws_different_settings_within_their_ranges(void **state)
{
	g_autoptr(study) study = load("sample.yaml");
	g_autoptr(study) again = load("sample.yaml");
	bool ipvs = false, iptables = false;

	assert_int_equal(study->n_settings, 12);
	for (size_t i = 0; i < 12; i++) {
		struct doc *const *values = study->settings[i].values;
		int64_t replicas;

		assert_true(doc_int(values[0], &replicas) && replicas >= 1 && replicas <= 40);
		assert_true(g_str_has_suffix(doc_string(values[1]), "m"));
		const double cpu = g_ascii_strtod(doc_string(values[1]), NULL);

		assert_true(cpu >= 300 && cpu <= 900 && cpu == floor(cpu));
		ipvs |= g_str_equal(doc_text(values[2]), "ipvs");
		iptables |= g_str_equal(doc_text(values[2]), "iptables");
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(study->settings[i].key, study->settings[k].key);
		}
		assert_string_equal(study->settings[i].key, again->settings[i].key);
	}
	assert_true(ipvs && iptables);
}

static void test_a_range_keeps_the_unit_of_its_ends(void **state)
{
	g_autofree char *path = g_build_filename(folder, "rates.yaml", NULL);
	g_autoptr(study) study = study_load(path, NULL);

	assert_non_null(study);
	assert_int_equal(study->n_settings, 3);
	assert_string_equal(doc_text(study->settings[1].values[0]), "20/s");
}

static void test_a_setting_reaches_the_scenario(void **state)
{
	g_autoptr(study) study = load("list.yaml");
	struct scenario *scenario = study_scenario(study, 1, NULL);

	assert_non_null(scenario);
	assert_int_equal(scenario->components.proxy_mode, PROXY_IPVS);
	assert_int_equal(study->scenario->components.proxy_mode, PROXY_IPTABLES);
	scenario_free(scenario);
}

/* Tables of Student's distribution, as printed in textbooks. */
static void test_quantiles_of_student_are_those_of_the_tables(void **state)
{
	static const struct {
		double tail;
		size_t degrees;
		double t;
	} table[] = {{0.025, 1, 12.7062047362}, {0.025, 9, 2.2621571628}, {0.025, 30, 2.0422724563},
	             {0.05, 4, 2.1318467864},   {0.01, 2, 6.9645567343},  {0.005, 10, 3.1692726726},
	             {0.005, 120, 2.6174209900}};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		const double t = student_quantile(table[i].tail, table[i].degrees);

		assert_true(fabs(t - table[i].t) < 1e-6);
	}
}

static void test_shares_of_runs_follow_the_binomial(void **state)
{
	assert_true(fabs(binomial_at_most(0, 10, 0.1) - 0.3486784401) < 1e-9);
	assert_true(fabs(binomial_at_most(2, 10, 0.1) - 0.9298091736) < 1e-9);
	assert_true(fabs(binomial_at_most(10, 10, 0.1) - 1) < 1e-9);
	/* the rule of three: none of 100 means at most about 3 % */
	assert_true(fabs(binomial_share(0, 100, 0.05) - 0.0295130) < 1e-6);
	/* Clopper and Pearson's own table, one-sided 97.5 % */
	assert_true(fabs(binomial_share(1, 10, 0.025) - 0.4450161) < 1e-6);
	assert_true(fabs(binomial_share(5, 10, 0.025) - 0.8129140) < 1e-6);
	assert_true(binomial_share(10, 10, 0.025) == 1);
}

static void test_the_confidence_of_a_goal_is_shared_by_all_settings(void **state)
{
	g_autofree char *path = g_build_filename(folder, "tune.yaml", NULL);
	g_autoptr(study) study = study_load(path, NULL);

	assert_int_equal(study->n_settings, 16);
	assert_true(fabs(study_tail(study) - 0.05 / 16) < 1e-12);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_grid_has_every_combination_and_the_last_path_changes_fastest),
	    cmocka_unit_test(test_a_baseline_of_a_grid_keeps_what_it_does_not_name),
	    cmocka_unit_test(test_conditions_of_a_goal_become_measures_once),
	    cmocka_unit_test(test_a_stopping_rule_has_a_measure_a_width_and_an_end),
	    cmocka_unit_test(test_a_list_of_settings_leaves_the_rest_as_in_the_scenario),
	    cmocka_unit_test(test_a_sample_draws_different_settings_within_their_ranges),
	    cmocka_unit_test(test_a_range_keeps_the_unit_of_its_ends),
	    cmocka_unit_test(test_a_setting_reaches_the_scenario),
	    cmocka_unit_test(test_quantiles_of_student_are_those_of_the_tables),
	    cmocka_unit_test(test_shares_of_runs_follow_the_binomial),
	    cmocka_unit_test(test_the_confidence_of_a_goal_is_shared_by_all_settings),
	};

	folder = argc > 1 ? argv[1] : "data";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
