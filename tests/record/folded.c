#include "record/archive.h"
#include "record/run_folded.h"

#include <glib/gstdio.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct run_pod *gone_pod(struct run *run, const char *set, int64_t revision, sim_time ready)
{
	struct run_pod *pod = run_add_pod(run);
	const struct run_probes probes = {
	    .container = g_strdup("web"), .type = PROBE_LIVENESS, .count = 7, .result = 1};
	const struct run_restart restart = {
	    .at = 40 * SIM_SECOND, .container = g_strdup("web"), .reason = "Error"};
	const struct run_restart open = {.at = SIM_NEVER, .container = g_strdup("side")};

	pod->namespace = g_strdup("default");
	pod->deployment = g_strdup("web");
	pod->replica_set = g_strdup(set);
	pod->revision = revision;
	pod->created_at = 10 * SIM_SECOND;
	pod->ready_at = ready;
	pod->gone_at = 60 * SIM_SECOND + (sim_time)run->pods->len;
	pod->requests = 100;
	pod->failures = 3;
	pod->cpu_mean = 0.1 * run->pods->len;
	g_array_append_val(pod->probes, probes);
	g_array_append_val(pod->restarts, restart);
	g_array_append_val(pod->restarts, open);
	return pod;
}

static struct run *folded_run(const struct scenario *scenario)
{
	struct run *run = run_new(scenario);
	struct event *event = EVENT(object_new(KIND_EVENT));
	struct run_folded *folded = NULL;

	for (int i = 0; i < 6; i++) {
		const struct run_pod *pod = gone_pod(run, i % 2 ? "web-a" : "web-b", i % 2,
		                                     i == 4 ? SIM_NEVER : (12 + i) * SIM_SECOND);

		folded = run_fold_pod(run, pod);
	}
	event->reason = g_intern_string("Killing");
	event->count = 2;
	run_folded_add_event(folded, event);
	run_folded_add_event(folded, event);
	event->warning = true;
	run_folded_add_event(folded, event);
	folded->versions = 42;
	object_unref(&event->object);
	g_ptr_array_set_size(run->pods, 0);
	return run;
}

static void assert_sums(const struct run *run)
{
	assert_int_equal(run->folded->len, 2);
	assert_int_equal(run_folded_pods(run), 6);
	const struct run_folded *b = run->folded->pdata[0], *a = run->folded->pdata[1];

	assert_string_equal(a->replica_set, "web-a");
	assert_string_equal(a->deployment, "web");
	assert_string_equal(a->namespace, "default");
	assert_int_equal(a->revision, 1);
	assert_int_equal(a->pods, 3);
	assert_int_equal(a->first, 60 * SIM_SECOND + 2);
	assert_int_equal(a->last, 60 * SIM_SECOND + 6);
	assert_int_equal(a->versions, 42);
	assert_int_equal(a->requests, 300);
	assert_int_equal(a->failures, 9);
	assert_int_equal(a->never_ready, 0);
	assert_int_equal(a->time_to_ready.n, 3);
	assert_true(a->time_to_ready.least == 3 && a->time_to_ready.most == 7);
	assert_true(fabs(a->cpu_mean.sum - 1.2) < 1e-12);
	assert_int_equal(a->memory_mean.n, 0); /* NaN: did not run */
	assert_int_equal(b->never_ready, 1);
	assert_int_equal(b->time_to_ready.n, 2);
	assert_int_equal(a->containers->len, 2);
	const struct run_folded_container *web =
	    &g_array_index(a->containers, struct run_folded_container, 0);

	assert_string_equal(web->name, "web");
	assert_int_equal(web->probes[PROBE_LIVENESS][1], 21);
	assert_int_equal(web->probes[PROBE_READINESS][1], 0);
	assert_int_equal(web->restarts, 3);
	assert_int_equal(web->last_restart, 40 * SIM_SECOND);
	assert_int_equal(web[1].restarts, 0); /* not complete */
	assert_int_equal(a->events->len, 2);
	const struct run_folded_event *events =
	    &g_array_index(a->events, struct run_folded_event, 0);

	assert_string_equal(events[0].reason, "Killing");
	assert_false(events[0].warning);
	assert_int_equal(events[0].count, 4);
	assert_true(events[1].warning);
	assert_int_equal(events[1].count, 2);
}

static void test_pods_are_added_up_by_replica_set_and_revision(void **state)
{
	const struct scenario scenario = {0};
	struct run *run = folded_run(&scenario);

	assert_sums(run);
	run_free(run);
}

static void test_sums_are_read_back_as_they_were_saved(void **state)
{
	const struct scenario scenario = {0};
	struct run *run = folded_run(&scenario);
	g_autofree char *folder = g_dir_make_tmp("podsim-folded-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "run.db", NULL);
	g_autoptr(GError) error = NULL;

	assert_true(archive_save(run, path, &error));
	struct run *copy = archive_load(path, &error);

	if (!copy) {
		fail_msg("%s", error->message);
	}
	assert_sums(copy);
	run_free(copy);
	run_free(run);
	g_unlink(path);
	g_rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pods_are_added_up_by_replica_set_and_revision),
	    cmocka_unit_test(test_sums_are_read_back_as_they_were_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
