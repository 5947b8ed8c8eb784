#include "report/compare.h"
#include "report/explain.h"
#include "report/pod_status.h"
#include "report/story.h"
#include "report/summary.h"
#include "report/tables.h"
#include "report/text.h"

#include "stage.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part)) {
		fail_msg("\"%s\" is not in:\n%s", part, text);
	}
}

static void assert_fits(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (g_utf8_strlen(*line, -1) > TEXT_WIDTH) {
			fail_msg("too wide: %s", *line);
		}
		if (**line && (*line)[strlen(*line) - 1] == ' ') {
			fail_msg("blank at the end: \"%s\"", *line);
		}
	}
}

static void test_the_story_tells_repeated_restarts_once(void **state)
{
	struct stage *stage = stage_incident();
	g_autoptr(GString) out = g_string_new(NULL);

	story_print(stage_finish(stage), out, false);
	assert_has(out->str, "     0s  > apply manifests/inference-slo.yaml\n");
	assert_has(
	    out->str,
	    "   133s  sfvsn is killed by its startup probe and restarted, x5 (again at 263s, "
	    "393s, 523s, 653s)\n");
	assert_has(out->str, "   180s  HPA inference scales Deployment/inference from 1 to 2");
	assert_has(out->str, "   580s  endpoints of Service inference: 1 -> 2\n");
	assert_has(out->str, "   720s  load locust ends: 9,180 requests, 0 failed, 76.5/s");
	assert_null(strstr(out->str, "263s  sfvsn"));
	assert_fits(out->str);
	stage_free(stage);
}

static void test_the_story_puts_together_what_happens_together(void **state)
{
	struct stage *stage = stage_fixed();
	g_autoptr(GString) out = g_string_new(NULL);

	story_print(stage_finish(stage), out, false);
	assert_has(out->str, "new pod aaaaa, bbbbb, ccccc and ddddd\n");
	assert_has(out->str, "Ready: aaaaa, bbbbb, ccccc and ddddd (33s after the start)\n");
	stage_free(stage);
}

static void test_the_table_of_pods_is_that_of_the_report(void **state)
{
	struct stage *stage = stage_incident();
	g_autoptr(GString) out = g_string_new(NULL);
	const struct run *run = stage_finish(stage);

	tables_pods(run, out, false);
	tables_endpoints(run, out, false);
	tables_hpas(run, out, false);
	tables_load(run, out, false);
	tables_replicas(run, out, false);
	assert_has(
	    out->str,
	    "inference-54c8f946b6-sfvsn  0/1    Running         5  120m     120m   640Mi  never");
	assert_has(
	    out->str,
	    "inference-847b5565b5-kp9d6  1/1    Running         0  860m     860m   640Mi  yes "
	    "        4,590\n");
	assert_has(out->str, "0 at -73m, 1 at -72m43s, 2 at 580s\n");
	assert_has(out->str, "below minReplicas 4: metrics are not looked at");
	assert_has(out->str, "173 % / target 70 % = 2.471; again");
	assert_has(out->str, "4.00     2.00    50 %");
	assert_fits(out->str);
	stage_free(stage);
}

static void test_every_topic_is_explained_within_the_width(void **state)
{
	struct stage *stage = stage_incident();
	const struct run *run = stage_finish(stage);

	for (const char *const *topic = explain_topics; *topic; topic++) {
		g_autoptr(GString) out = g_string_new(NULL);

		assert_true(explain(run, *topic, out, false));
		assert_true(out->len > 0);
		assert_fits(out->str);
	}
	g_autoptr(GString) none = g_string_new(NULL);

	assert_false(explain(run, "weather", none, false));
	assert_int_equal(none->len, 0);
	stage_free(stage);
}

static double number_of(const struct doc *document, const char *list, size_t i, const char *key)
{
	double value = NAN;

	doc_number(doc_get(doc_at(doc_get(document, list), i), key), &value);
	return value;
}

static void test_the_summary_has_states_at_the_end(void **state)
{
	struct stage *stage = stage_incident();
	const struct run *run = stage_finish(stage);
	g_autoptr(GPtrArray) findings = diagnose(run);
	g_autoptr(doc) document = summary_document(run, findings, NULL);
	const struct doc *stuck = doc_at(doc_get(document, "pods"), 1);
	double paid = 0;

	assert_string_equal(doc_text(doc_get(document, "schemaVersion")), "1");
	assert_string_equal(doc_string(doc_get(document, "kubernetesVersion")), "1.32");
	assert_string_equal(doc_string(doc_get(stuck, "name")), "inference-54c8f946b6-sfvsn");
	assert_int_equal(doc_kind_of(doc_get(stuck, "readyAt")), DOC_NULL);
	assert_int_equal(doc_kind_of(doc_get(stuck, "deletedAt")), DOC_NULL);
	assert_false(doc_bool(doc_get(stuck, "ready"), true));
	assert_false(doc_bool(doc_get(stuck, "inEndpoints"), true));
	assert_true(number_of(document, "pods", 1, "requests") == 0);
	assert_true(number_of(document, "pods", 0, "requests") == 4590);
	assert_true(fabs(number_of(document, "load", 0, "rps") - 76.5) < 1e-9);
	assert_true(number_of(document, "hpas", 0, "desiredReplicas") == 4);
	assert_int_equal(doc_length(doc_get(doc_at(doc_get(document, "services"), 0), "endpoints")),
	                 2);
	assert_true(
	    doc_number(doc_find(document, "replicaSeconds", "inference", "paid", NULL), &paid));
	assert_true(fabs(paid - 6760) < 1e-9);
	assert_string_equal(
	    doc_string(doc_find(doc_at(doc_get(document, "findings"), 0), "rule", NULL)),
	    "probe-path-not-served");
	assert_int_equal(
	    doc_kind_of(doc_find(doc_at(doc_get(document, "pods"), 4), "cpu", "mean", NULL)),
	    DOC_NULL);
	stage_free(stage);
}

static void test_the_same_play_gives_the_same_bytes(void **state)
{
	struct stage *one = stage_incident(), *other = stage_incident();
	struct run *runs[] = {stage_finish(one), stage_finish(other)};
	char *texts[2], *tables[2];

	for (int i = 0; i < 2; i++) {
		g_autoptr(GPtrArray) findings = diagnose(runs[i]);

		texts[i] = summary_json(runs[i], findings, NULL);
		tables[i] = summary_pods_csv(runs[i]);
	}
	assert_string_equal(texts[0], texts[1]);
	assert_string_equal(tables[0], tables[1]);
	assert_has(
	    tables[0],
	    "\ninference-54c8f946b6-zzzzz,default,inference,inference-54c8f946b6,,Pending,false,0,"
	    "560,,,false,0,0,,,,\n");
	for (int i = 0; i < 2; i++) {
		g_free(texts[i]);
		g_free(tables[i]);
	}
	stage_free(one);
	stage_free(other);
}

static const struct comparison *figure(const GPtrArray *figures, const char *name)
{
	for (unsigned i = 0; i < figures->len; i++) {
		const struct comparison *one = figures->pdata[i];

		if (g_str_equal(one->name, name)) {
			return one;
		}
	}
	fail_msg("no figure \"%s\"", name);
	return NULL;
}

static void test_the_fix_is_compared_as_the_report_did(void **state)
{
	struct stage *before = stage_incident(), *after = stage_fixed();
	const struct run *runs[] = {stage_finish(before), stage_finish(after)};
	g_autoptr(GPtrArray) figures = compare_runs(runs[0], runs[1]);
	g_autoptr(GString) out = g_string_new(NULL);

	assert_true(fabs(figure(figures, "replicas serving")->before - 2) < 1e-9);
	assert_true(fabs(figure(figures, "replicas serving")->after - 4) < 1e-9);
	assert_true(fabs(figure(figures, "CPU per serving pod")->before - 0.865) < 1e-9);
	assert_true(fabs(figure(figures, "CPU per serving pod")->after - 0.246) < 1e-9);
	assert_true(fabs(figure(figures, "CPU per serving pod")->percent - (0.246 / 0.865 - 1)) <
	            1e-9);
	assert_true(fabs(figure(figures, "share of replicas wasted")->before - 0.5) < 1e-9);
	assert_true(isnan(figure(figures, "CPU per pod that does not serve")->after));
	assert_true(isnan(figure(figures, "failed requests")->percent));
	compare_print(runs[0], runs[1], out, false);
	assert_has(out->str, "CPU per serving pod");
	assert_has(out->str, "865m");
	assert_fits(out->str);
	stage_free(before);
	stage_free(after);
}

static void test_figures_are_written_as_people_write_them(void **state)
{
	const struct {
		char *text;
		const char *expected;
	} cases[] = {
	    {text_bytes(640.0 * 1048576), "640Mi"},
	    {text_bytes(1843.0 * 1048576), "1.8Gi"},
	    {text_bytes(2.0 * 1073741824), "2Gi"},
	    {text_bytes(NAN), "-"},
	    {text_memory_amount(INT64_C(13824) * 1048576 * 1000), "13.5Gi"},
	    {text_memory_amount(INT64_C(1000) * 1048576 * 1000), "1000Mi"},
	    {text_memory_amount(INT64_C(512) * 1048576 * 1000), "512Mi"},
	    {text_cores(0.8634), "863m"},
	    {text_count(1234567), "1,234,567"},
	    {text_count(999), "999"},
	    {text_latency(0.318), "318 ms"},
	    {text_latency(0.0012), "1.2 ms"},
	    {text_latency(2.314), "2.31 s"},
	    {text_seconds(0), "0s"},
	    {text_seconds(12), "12s"},
	    {text_seconds(725), "12m5s"},
	    {text_seconds(7260), "2h1m"},
	    {text_instant(-4380 * SIM_SECOND), "-73m"},
	    {text_instant(-4363 * SIM_SECOND), "-72m43s"},
	    {text_instant(-5 * SIM_SECOND), "-5s"},
	    {text_instant(SIM_NEVER), "-"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		assert_string_equal(cases[i].text, cases[i].expected);
		g_free(cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_story_tells_repeated_restarts_once),
	    cmocka_unit_test(test_the_story_puts_together_what_happens_together),
	    cmocka_unit_test(test_the_table_of_pods_is_that_of_the_report),
	    cmocka_unit_test(test_every_topic_is_explained_within_the_width),
	    cmocka_unit_test(test_the_summary_has_states_at_the_end),
	    cmocka_unit_test(test_the_same_play_gives_the_same_bytes),
	    cmocka_unit_test(test_the_fix_is_compared_as_the_report_did),
	    cmocka_unit_test(test_figures_are_written_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
