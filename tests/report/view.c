#include "report/view_print.h"

#include "kube/pod_spec.h"
#include "report/view_table.h"
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NEW "inference-54c8f946b6"
#define AT(seconds) ((sim_time)((seconds)*SIM_SECOND))

/* --- a run made by hand --- */

struct hand {
	struct scenario *scenario;
	struct run *run;
	struct pod_template template;
};

static int set_up(void **state)
{
	struct hand *hand = g_new0(struct hand, 1);
	struct pod_spec *spec = pod_spec_new();

	hand->scenario = g_new0(struct scenario, 1);
	hand->scenario->clock_zero = 1762385400; /* 2025-11-05 23:30:00 */
	hand->scenario->to = AT(36000);
	hand->run = run_new(hand->scenario);
	hand->run->to = AT(36000);
	spec->containers = g_new0(struct container, 2);
	spec->n_containers = 2;
	for (int i = 0; i < 2; i++) {
		spec->containers[i].name = g_strdup(i ? "proxy" : "app");
		spec->containers[i].image = g_strdup("web:1");
	}
	hand->template.spec = spec;
	*state = hand;
	return 0;
}

static int tear_down(void **state)
{
	struct hand *hand = *state;

	run_free(hand->run);
	pod_template_clear(&hand->template);
	g_free(hand->scenario);
	g_free(hand);
	return 0;
}

static struct pod *new_pod(struct hand *hand, const char *name)
{
	struct pod *pod = pod_new(&hand->template);

	pod->object.meta.name = ref_string(name);
	pod->object.meta.namespace = ref_string("default");
	pod->object.meta.uid = ref_string(name);
	pod->object.meta.creation_time = 0;
	pod->node_name = ref_string("n1");
	pod->phase = POD_RUNNING;
	for (int i = 0; i < 2; i++) {
		pod->containers[i].state = CONTAINER_RUNNING;
		pod->containers[i].ready = true;
		pod->containers[i].last.finished_at = SIM_NEVER;
	}
	return pod;
}

static void add(struct hand *hand, double at, enum change change, void *object)
{
	run_add_version(hand->run, AT(at), change, object);
	object_unref(object);
}

static void assert_table(struct hand *hand, enum object_kind kind, double at, const char *expected)
{
	const struct view_format format = {0};
	g_autoptr(view) view = view_new(hand->run, AT(at));
	g_autoptr(GPtrArray) objects = view_select(view, &(struct view_query){.kind = kind});
	g_autoptr(GString) out = g_string_new(NULL);

	view_table(view, objects, &format, out);
	assert_string_equal(out->str, expected);
}

static void test_a_view_holds_the_versions_up_to_its_instant(void **state)
{
	struct hand *hand = *state;
	struct pod *pending = new_pod(hand, "web-1");

	pending->phase = POD_PENDING;
	ref_string_set(&pending->node_name, NULL);
	add(hand, 0, CHANGE_ADDED, pending);
	add(hand, 5, CHANGE_MODIFIED, new_pod(hand, "web-1"));
	add(hand, 60, CHANGE_DELETED, new_pod(hand, "web-1"));
	assert_table(hand, KIND_POD, 4.9,
	             "NAME    READY   STATUS    RESTARTS   AGE\n"
	             "web-1   2/2     Pending   0          4s\n");
	assert_table(hand, KIND_POD, 5,
	             "NAME    READY   STATUS    RESTARTS   AGE\n"
	             "web-1   2/2     Running   0          5s\n");
	assert_table(hand, KIND_POD, 60, "");
}

static void test_objects_are_listed_by_name_whenever_they_were_made(void **state)
{
	struct hand *hand = *state;

	add(hand, 0, CHANGE_ADDED, new_pod(hand, "b"));
	add(hand, 1, CHANGE_ADDED, new_pod(hand, "c"));
	add(hand, 2, CHANGE_ADDED, new_pod(hand, "a"));
	assert_table(hand, KIND_POD, 10,
	             "NAME   READY   STATUS    RESTARTS   AGE\n"
	             "a      2/2     Running   0          10s\n"
	             "b      2/2     Running   0          10s\n"
	             "c      2/2     Running   0          10s\n");
}

static void test_restarts_are_summed_and_dated_from_the_last_end(void **state)
{
	struct hand *hand = *state;
	struct pod *pod = new_pod(hand, "web-1");

	pod->containers[0].restart_count = 3;
	pod->containers[0].last.finished_at = AT(70.7);
	pod->containers[1].restart_count = 1;
	pod->containers[1].last.finished_at = AT(100);
	add(hand, 0, CHANGE_ADDED, pod);
	assert_table(hand, KIND_POD, 112,
	             "NAME    READY   STATUS    RESTARTS      AGE\n"
	             "web-1   2/2     Running   4 (12s ago)   112s\n");
}

static void test_the_first_container_with_a_reason_names_the_status(void **state)
{
	struct hand *hand = *state;
	struct pod *pod = new_pod(hand, "web-1");

	pod->containers[0].state = CONTAINER_WAITING;
	pod->containers[0].ready = false;
	pod->containers[0].waiting_reason = "CrashLoopBackOff";
	pod->containers[1].state = CONTAINER_TERMINATED;
	pod->containers[1].ready = false;
	pod->containers[1].end.reason = "OOMKilled";
	add(hand, 0, CHANGE_ADDED, pod);
	assert_table(hand, KIND_POD, 600,
	             "NAME    READY   STATUS             RESTARTS   AGE\n"
	             "web-1   0/2     CrashLoopBackOff   0          10m\n");
}

static void test_a_deleted_pod_is_terminating_until_it_is_gone(void **state)
{
	struct hand *hand = *state;
	struct pod *pod = new_pod(hand, "web-1");

	pod->object.meta.deletion_time = AT(40);
	add(hand, 10, CHANGE_ADDED, pod);
	assert_table(hand, KIND_POD, 20,
	             "NAME    READY   STATUS        RESTARTS   AGE\n"
	             "web-1   2/2     Terminating   0          20s\n");
}

static struct hpa *new_hpa(void)
{
	struct hpa *hpa = HPA(object_new(KIND_HPA));

	hpa->object.meta.name = ref_string("web");
	hpa->object.meta.namespace = ref_string("default");
	hpa->object.meta.creation_time = 0;
	hpa->target.kind = g_strdup("Deployment");
	hpa->target.name = g_strdup("web");
	hpa->max_replicas = 10;
	hpa->n_metrics = 3;
	hpa->metrics = g_new0(struct metric_spec, 3);
	hpa->metrics[0] = (struct metric_spec){
	    .type = METRIC_RESOURCE,
	    .name = g_strdup("cpu"),
	    .target = {TARGET_UTILIZATION, .has_utilization = true, .average_utilization = 70}};
	hpa->metrics[1] =
	    (struct metric_spec){.type = METRIC_RESOURCE,
	                         .name = g_strdup("memory"),
	                         .target = {TARGET_AVERAGE_VALUE, .has_average_value = true,
	                                    .average_value = INT64_C(200) * 1048576 * 1000}};
	hpa->metrics[2] = (struct metric_spec){
	    .type = METRIC_EXTERNAL,
	    .name = g_strdup("queue"),
	    .target = {TARGET_AVERAGE_VALUE, .has_average_value = true, .average_value = 10000}};
	return hpa;
}

static void test_targets_show_two_metrics_and_count_the_rest(void **state)
{
	struct hand *hand = *state;
	struct hpa *hpa = new_hpa();

	hpa->status.n_metrics = 2;
	hpa->status.metrics = g_new0(struct metric_status, 2);
	hpa->status.metrics[0] =
	    (struct metric_status){true, .has_utilization = true, .utilization = 86};
	add(hand, 0, CHANGE_ADDED, hpa);
	assert_table(hand, KIND_HPA, 60,
	             "NAME   REFERENCE        TARGETS                                             "
	             "MINPODS   MAXPODS   REPLICAS   AGE\n"
	             "web    Deployment/web   cpu: 86%/70%, memory: <unknown>/200Mi + 1 more...   "
	             "1         10        0          60s\n");
}

static void test_an_average_of_an_external_metric_says_so(void **state)
{
	struct hpa *hpa = new_hpa();
	g_autofree char *cell = NULL;

	hpa->status.n_metrics = 3;
	hpa->status.metrics = g_new0(struct metric_status, 3);
	hpa->status.metrics[2] =
	    (struct metric_status){true, .has_average_value = true, .average_value = 11875};
	cell = view_hpa_target(hpa, 2);
	assert_string_equal(cell, "11875m/10 (avg)");
	object_unref(&hpa->object);
}

/* --- selection --- */

static unsigned count(struct hand *hand, const struct view_query *query)
{
	g_autoptr(view) view = view_new(hand->run, SIM_NEVER);
	g_autoptr(GPtrArray) objects = view_select(view, query);

	return objects->len;
}

static void test_a_name_is_exact_before_it_is_a_beginning(void **state)
{
	struct hand *hand = *state;

	add(hand, 0, CHANGE_ADDED, new_pod(hand, "web"));
	add(hand, 0, CHANGE_ADDED, new_pod(hand, "web-1"));
	add(hand, 0, CHANGE_ADDED, new_pod(hand, "web-2"));
	assert_int_equal(count(hand, &(struct view_query){KIND_POD, .name = "web"}), 1);
	assert_int_equal(count(hand, &(struct view_query){KIND_POD, .name = "web-"}), 2);
	assert_int_equal(count(hand, &(struct view_query){KIND_POD, .name = "db"}), 0);
	assert_int_equal(
	    count(hand, &(struct view_query){KIND_POD, .namespace = "other", .name = "web"}), 0);
}

static void test_fields_select_too(void **state)
{
	struct hand *hand = *state;
	struct pod *pending = new_pod(hand, "web-2");

	pending->phase = POD_PENDING;
	add(hand, 0, CHANGE_ADDED, new_pod(hand, "web-1"));
	add(hand, 0, CHANGE_ADDED, pending);
	assert_int_equal(
	    count(hand, &(struct view_query){KIND_POD, .fields = "status.phase=Pending"}), 1);
	assert_int_equal(
	    count(hand, &(struct view_query){KIND_POD, .fields = "status.phase!=Pending"}), 1);
	assert_int_equal(
	    count(hand, &(struct view_query){KIND_POD,
	                                     .fields = "status.phase=Running,metadata.name=web-2"}),
	    0);
}

/* --- events --- */

static struct event *new_event(const char *name, double first, double last, uint32_t count_seen)
{
	struct event *event = EVENT(object_new(KIND_EVENT));

	event->object.meta.name = ref_string(name);
	event->object.meta.namespace = ref_string("default");
	event->object.meta.uid = ref_string(name);
	event->regarding_kind = KIND_POD;
	event->regarding_name = ref_string("web-1");
	event->regarding_uid = ref_string("web-1");
	event->reason = "Unhealthy";
	event->source = "kubelet";
	event->message = ref_string(" Startup probe failed\n");
	event->warning = true;
	event->first_time = AT(first);
	event->last_time = AT(last);
	event->count = count_seen;
	return event;
}

static void assert_events(struct hand *hand, double at, const char *expected)
{
	g_autoptr(view) view = view_new(hand->run, AT(at));
	g_autoptr(GPtrArray) events = view_events_of(view, "web-1");
	g_autoptr(GString) out = g_string_new(NULL);

	view_events(view, events, false, out);
	assert_string_equal(out->str, expected);
}

static void test_a_repeated_event_shows_its_count_and_both_ages(void **state)
{
	struct hand *hand = *state;

	add(hand, 10, CHANGE_ADDED, new_event("e1", 10, 10, 1));
	add(hand, 120, CHANGE_MODIFIED, new_event("e1", 10, 120, 12));
	assert_events(hand, 20,
	              "LAST SEEN   TYPE      REASON      OBJECT      MESSAGE\n"
	              "10s         Warning   Unhealthy   Pod/web-1   Startup probe failed\n");
	assert_events(
	    hand, 130,
	    "LAST SEEN           TYPE      REASON      OBJECT      MESSAGE\n"
	    "10s (x12 over 2m)   Warning   Unhealthy   Pod/web-1   Startup probe failed\n");
}

static void test_events_are_gone_an_hour_after_they_were_last_written(void **state)
{
	struct hand *hand = *state;

	add(hand, 10, CHANGE_ADDED, new_event("e1", 10, 10, 1));
	add(hand, 1810, CHANGE_MODIFIED, new_event("e1", 10, 1810, 2));
	add(hand, 20, CHANGE_ADDED, new_event("e2", 20, 20, 1));
	g_autoptr(view) late = view_new(hand->run, AT(5409));
	g_autoptr(view) later = view_new(hand->run, AT(5410));

	assert_int_equal(late->objects[KIND_EVENT]->len, 1);
	assert_int_equal(later->objects[KIND_EVENT]->len, 0);
}

/* --- rollouts --- */

static struct deployment *new_deployment(int replicas, int updated, int all, int available)
{
	struct deployment *deployment = DEPLOYMENT(object_new(KIND_DEPLOYMENT));

	deployment->object.meta.name = ref_string("web");
	deployment->object.meta.namespace = ref_string("default");
	deployment->object.meta.uid = ref_string("web");
	deployment->object.meta.generation = deployment->status.observed_generation = 2;
	deployment->replicas = replicas;
	deployment->status.updated_replicas = updated;
	deployment->status.replicas = all;
	deployment->status.available_replicas = available;
	return deployment;
}

static void assert_status(struct hand *hand, struct deployment *deployment,
                          enum view_rollout expected, const char *line)
{
	g_autoptr(view) view = view_new(hand->run, SIM_NEVER);
	g_autoptr(GString) out = g_string_new(NULL);

	assert_int_equal(view_rollout_status(view, &deployment->object, out), expected);
	assert_string_equal(out->str, line);
	object_unref(&deployment->object);
}

static void test_a_rollout_says_the_first_thing_that_it_waits_for(void **state)
{
	struct hand *hand = *state;
	struct deployment *unseen = new_deployment(4, 4, 4, 4);
	struct deployment *late = new_deployment(4, 1, 5, 3);

	unseen->status.observed_generation = 1;
	conditions_set(&late->status.conditions, "Progressing", CONDITION_FALSE,
	               "ProgressDeadlineExceeded", "", 0);
	assert_status(hand, unseen, ROLLOUT_WAITS,
	              "Waiting for deployment spec update to be observed...\n");
	assert_status(hand, late, ROLLOUT_FAILED,
	              "error: deployment \"web\" exceeded its progress deadline\n");
	assert_status(hand, new_deployment(4, 2, 5, 3), ROLLOUT_WAITS,
	              "Waiting for deployment \"web\" rollout to finish: 2 out of 4 new replicas "
	              "have been updated...\n");
	assert_status(
	    hand, new_deployment(4, 4, 5, 3), ROLLOUT_WAITS,
	    "Waiting for deployment \"web\" rollout to finish: 1 old replicas are pending "
	    "termination...\n");
	assert_status(hand, new_deployment(4, 4, 4, 3), ROLLOUT_WAITS,
	              "Waiting for deployment \"web\" rollout to finish: 3 of 4 updated replicas "
	              "are available...\n");
	assert_status(hand, new_deployment(4, 4, 4, 4), ROLLOUT_DONE,
	              "deployment \"web\" successfully rolled out\n");
}

/* --- PodDisruptionBudgets --- */

static int allowed(struct hand *hand, struct int_or_percent least)
{
	struct pod_disruption_budget *pdb = PDB(object_new(KIND_PDB));
	g_autoptr(view) view = view_new(hand->run, SIM_NEVER);
	int n;

	pdb->object.meta.name = ref_string("web");
	pdb->object.meta.namespace = ref_string("default");
	pdb->min_available = least;
	pdb->selector = g_new0(struct label_selector, 1);
	n = view_disruptions_allowed(view, &pdb->object);
	object_unref(&pdb->object);
	return n;
}

static void test_a_budget_allows_what_is_ready_beyond_the_least(void **state)
{
	struct hand *hand = *state;

	for (int i = 0; i < 4; i++) {
		g_autofree char *name = g_strdup_printf("web-%d", i);
		struct pod *pod = new_pod(hand, name);

		conditions_set(&pod->conditions, "Ready", i < 3 ? CONDITION_TRUE : CONDITION_FALSE,
		               NULL, NULL, 0);
		add(hand, 0, CHANGE_ADDED, pod);
	}
	assert_int_equal(allowed(hand, (struct int_or_percent){VALUE_NUMBER, 2}), 1);
	assert_int_equal(allowed(hand, (struct int_or_percent){VALUE_NUMBER, 3}), 0);
	assert_int_equal(allowed(hand, (struct int_or_percent){VALUE_NUMBER, 9}), 0);
}

/* --- on a stage: what is not an object --- */

struct play {
	struct stage *stage;
	struct run *run;
};

static int open_play(void **state)
{
	struct play *play = g_new0(struct play, 1);

	play->stage = stage_incident();
	play->run = stage_finish(play->stage);
	*state = play;
	return 0;
}

static int close_play(void **state)
{
	struct play *play = *state;

	stage_free(play->stage);
	g_free(play);
	return 0;
}

static const struct object *idle_pod(const struct view *view)
{
	g_autoptr(GPtrArray) pods =
	    view_select(view, &(struct view_query){KIND_POD, .name = NEW "-sfvsn"});

	assert_int_equal(pods->len, 1);
	return pods->pdata[0];
}

static void assert_answer(struct play *play, const char *path, int status, const char *why)
{
	g_autoptr(view) view = view_new(play->run, AT(540));
	struct view_answer answer;
	GError *error = NULL;

	if (!view_curl(view, idle_pod(view), NULL, path, &answer, &error)) {
		fail_msg("%s", error->message);
	}
	assert_int_equal(answer.status, status);
	if (why && (!answer.explanation || !strstr(answer.explanation, why))) {
		fail_msg("\"%s\" is not in \"%s\"", why, answer.explanation);
	}
	view_answer_clear(&answer);
}

static void test_curl_gets_what_the_routes_answer(void **state)
{
	assert_answer(*state, "/healthz", 200, NULL);
	assert_answer(*state, "/health", 404, "serves /healthz");
	assert_answer(*state, "/healthz?verbose=1", 200, NULL);
	assert_answer(*state, "http://localhost:8000/healthz", 200, NULL);
	assert_answer(*state, "http://localhost:9000/healthz", 0, "nothing listens on port 9000");
}

static void test_curl_gets_what_the_timeline_has_done(void **state)
{
	struct play *play = *state;
	struct scenario *scenario = stage_scenario(play->stage);
	struct action *actions = scenario->timeline;
	const size_t n = scenario->n_timeline;
	char v1[] = "inference-v1", v2[] = "inference-v2", model[] = "model", path[] = "/metrics";
	struct action broken[] = {
	    {.at = AT(538),
	     .kind = ACTION_DEPENDENCY,
	     .duration = AT(4),
	     .application = v2,
	     .target = model},
	    {.at = AT(538),
	     .kind = ACTION_ROUTE,
	     .duration = AT(4),
	     .application = v2,
	     .target = path,
	     .status = 500},
	};

	scenario->timeline = broken;
	scenario->n_timeline = 2;
	assert_answer(play, "/ready", 503, "model is away");
	assert_answer(play, "/metrics", 500, NULL);
	assert_answer(play, "/healthz", 200, NULL);
	broken[0].duration = broken[1].duration = AT(2);
	assert_answer(play, "/metrics", 200, NULL);
	broken[0].application = broken[1].application = v1;
	assert_answer(play, "/metrics", 200, NULL);
	scenario->timeline = actions;
	scenario->n_timeline = n;
}

static void test_the_log_of_an_idle_pod_is_full_of_404(void **state)
{
	struct play *play = *state;
	g_autoptr(view) view = view_new(play->run, AT(100));
	const struct view_log_options options = {.tail = 2};
	g_autoptr(GString) out = g_string_new(NULL);
	GError *error = NULL;

	assert_true(view_logs(view, idle_pod(view), &options, out, &error));
	g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);

	assert_int_equal(g_strv_length(lines), 3);
	assert_true(g_str_has_prefix(lines[0], "INFO:     10.1.0.1:"));
	assert_true(g_str_has_suffix(lines[0], " - \"GET /health HTTP/1.1\" 404 Not Found"));
}

static void test_the_log_does_not_know_the_future_unless_it_is_followed(void **state)
{
	struct play *play = *state;
	g_autoptr(view) view = view_new(play->run, AT(60));
	struct view_log_options options = {.tail = -1};
	g_autoptr(GString) now = g_string_new(NULL), followed = g_string_new(NULL);
	GError *error = NULL;

	assert_true(view_logs(view, idle_pod(view), &options, now, &error));
	options.follow = true;
	assert_true(view_logs(view, idle_pod(view), &options, followed, &error));
	assert_true(followed->len > now->len);
	assert_true(g_str_has_prefix(followed->str, now->str));
}

static void test_a_pod_without_two_samples_is_not_in_top(void **state)
{
	struct play *play = *state;
	g_autoptr(view) young = view_new(play->run, AT(10));
	g_autoptr(view) old = view_new(play->run, AT(120));
	g_autoptr(GPtrArray) before =
	    view_select(young, &(struct view_query){KIND_POD, .name = NEW});
	g_autoptr(GPtrArray) after = view_select(old, &(struct view_query){KIND_POD, .name = NEW});
	g_autoptr(GString) out = g_string_new(NULL);

	assert_false(view_top(young, before, false, TOP_BY_NAME, out));
	assert_int_equal(out->len, 0);
	assert_true(view_top(old, after, false, TOP_BY_NAME, out));
	assert_true(g_str_has_prefix(out->str, "NAME "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define BY_HAND(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	    BY_HAND(test_a_view_holds_the_versions_up_to_its_instant),
	    BY_HAND(test_objects_are_listed_by_name_whenever_they_were_made),
	    BY_HAND(test_restarts_are_summed_and_dated_from_the_last_end),
	    BY_HAND(test_the_first_container_with_a_reason_names_the_status),
	    BY_HAND(test_a_deleted_pod_is_terminating_until_it_is_gone),
	    BY_HAND(test_targets_show_two_metrics_and_count_the_rest),
	    BY_HAND(test_an_average_of_an_external_metric_says_so),
	    BY_HAND(test_a_name_is_exact_before_it_is_a_beginning),
	    BY_HAND(test_fields_select_too),
	    BY_HAND(test_a_repeated_event_shows_its_count_and_both_ages),
	    BY_HAND(test_events_are_gone_an_hour_after_they_were_last_written),
	    BY_HAND(test_a_rollout_says_the_first_thing_that_it_waits_for),
	    BY_HAND(test_a_budget_allows_what_is_ready_beyond_the_least),
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_play, close_play)
	    ON_STAGE(test_curl_gets_what_the_routes_answer),
	    ON_STAGE(test_curl_gets_what_the_timeline_has_done),
	    ON_STAGE(test_the_log_of_an_idle_pod_is_full_of_404),
	    ON_STAGE(test_the_log_does_not_know_the_future_unless_it_is_followed),
	    ON_STAGE(test_a_pod_without_two_samples_is_not_in_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
