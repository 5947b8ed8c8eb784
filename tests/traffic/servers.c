/* The life of a container and of a request in it; probes and hooks. */

#include "fixture.h"

#include <string.h>

static void fixed_route(struct fixture *f, sim_time cpu, sim_time wait)
{
	distribution_unref(f->routes[0].cpu);
	f->routes[0].cpu = cpu ? distribution_constant((double)cpu) : NULL;
	f->routes[0].wait = wait ? distribution_constant((double)wait) : NULL;
}

/* @users send one request each at 0 and no other. */
static const struct load_results *burst(struct fixture *f, int users, int64_t memory_bytes)
{
	f->load.users = users;
	f->load.duration = 1;
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, memory_bytes);
	fixture_run(f, simulation_now(f->sim));
	fixture_endpoints(f, 1);
	return clients_results(fixture_clients(f, 0));
}

/* --- pools --- */

static void test_a_pool_holds_its_slot_for_cpu_and_wait(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 0, SIM_SECOND);
	f->routes[0].pool = 0; /* 2 slots, 3 places */
	const struct load_results *r = burst(f, 5, 0);

	fixture_run(f, 500 * SIM_MILLISECOND);
	assert_int_equal(fixture_application(f, 0).in_flight, 5);
	assert_int_equal(fixture_application(f, 0).queued, 3);
	fixture_run(f, 10 * SIM_SECOND);
	assert_int_equal(r->outcomes[REQUEST_OK], 5);
	assert_int_equal(histogram_max(r->latency), 3 * SIM_SECOND);
	assert_near(histogram_mean(r->latency), (1 + 1 + 2 + 2 + 3) / 5.0 * 1e9, 1);
	fixture_free(f);
}

static void test_a_full_queue_answers_503(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 0, SIM_SECOND);
	f->routes[0].pool = 0;
	const struct load_results *r = burst(f, 9, 0);

	fixture_run(f, SIM_MILLISECOND);
	assert_int_equal(r->outcomes[REQUEST_STATUS_5XX], 4);
	fixture_run(f, 10 * SIM_SECOND);
	assert_int_equal(r->outcomes[REQUEST_OK], 5);
	assert_int_equal(fixture_application(f, 0).errors, 4);
	assert_int_equal(fixture_application(f, 0).answered, 5);
	assert_int_equal(fixture_application(f, 0).queued, 0);
	fixture_free(f);
}

static void test_pools_are_per_worker(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 0, SIM_SECOND);
	f->routes[0].pool = 0;
	f->application.workers = 2;
	const struct load_results *r = burst(f, 12, 0);

	fixture_run(f, SIM_MILLISECOND);
	assert_int_equal(r->outcomes[REQUEST_STATUS_5XX], 12 - 2 * (2 + 3));
	assert_int_equal(fixture_application(f, 0).queued, 6);
	fixture_free(f);
}

static void test_a_slot_released_before_the_wait_is_free_for_the_next(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 100 * SIM_MILLISECOND, SIM_SECOND);
	f->routes[0].pool = 0;
	f->routes[0].release_before_wait = true;
	f->pools[0].concurrency = 1;
	f->pools[0].queue = -1;
	const struct load_results *r = burst(f, 5, 0);

	fixture_run(f, 10 * SIM_SECOND);
	assert_int_equal(r->outcomes[REQUEST_OK], 5);
	assert_int_equal(histogram_min(r->latency), 1100 * SIM_MILLISECOND);
	assert_int_equal(histogram_max(r->latency), 1500 * SIM_MILLISECOND);
	fixture_free(f);
}

/* --- routes --- */

static void test_a_route_answers_503_while_a_dependency_is_away(void **state)
{
	struct fixture *f = fixture_new(1);
	const char *body;

	f->dependencies[0].ready_after = distribution_constant(20e9);
	f->application.listens_after = distribution_constant(12e9);
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_run(f, 11999 * SIM_MILLISECOND);
	assert_int_equal(servers_ask(f->servers, "pod-0", NULL, "/ready", &body), 0);
	fixture_run(f, 12 * SIM_SECOND);
	assert_int_equal(servers_ask(f->servers, "pod-0", NULL, "/ready", &body), 503);
	assert_int_equal(servers_ask(f->servers, "pod-0", NULL, "/healthz", &body), 200);
	assert_string_equal(body, "ok");
	assert_int_equal(servers_ask(f->servers, "pod-0", NULL, "/readyz", &body), 404);
	assert_int_equal(servers_ask(f->servers, "nowhere", NULL, "/ready", &body), 0);
	fixture_run(f, 20 * SIM_SECOND);
	assert_int_equal(servers_ask(f->servers, "pod-0", "app", "/ready?full=1", &body), 200);
	assert_true(servers_set_dependency(f->servers, "inference", "model", false));
	assert_int_equal(servers_ask(f->servers, "pod-0", NULL, "/ready", &body), 503);
	assert_true(servers_set_dependency(f->servers, "inference", "model", true));
	assert_int_equal(servers_ask(f->servers, "pod-0", NULL, "/ready", &body), 200);
	assert_false(servers_set_dependency(f->servers, "inference", "kafka", false));
	assert_false(servers_set_dependency(f->servers, "other", "model", false));
	fixture_free(f);
}

static void test_a_fault_stands_in_place_of_the_work(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, SIM_SECOND, 0);
	fixture_build(f);
	assert_true(
	    servers_set_route(f->servers, "inference", "/predict", 500, 10 * SIM_MILLISECOND));
	assert_false(servers_set_route(f->servers, "inference", "/nothing", 500, 0));
	fixture_start_pods(f, 1, 1000, 0);
	fixture_run(f, 0);
	fixture_endpoints(f, 1);
	const struct load_results *r = clients_results(fixture_clients(f, 0));

	fixture_run(f, 10 * SIM_MILLISECOND);
	assert_int_equal(r->outcomes[REQUEST_STATUS_5XX], 1);
	assert_true(fixture_usage(f, 0).cpu_seconds <= 0.001); /* the least there is */
	servers_set_route(f->servers, "inference", "/predict", 0, 0);
	fixture_run(f, SIM_MINUTE);
	assert_true(r->outcomes[REQUEST_OK] > 10);
	fixture_free(f);
}

/* --- memory --- */

static void test_memory_is_the_base_and_what_requests_hold(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 0, SIM_SECOND);
	f->application.memory_base = 1000;
	f->application.memory_per_request = 10;
	const struct load_results *r = burst(f, 7, 1100);

	assert_int_equal(fixture_usage(f, 0).memory_bytes, 1000);
	fixture_run(f, SIM_MILLISECOND);
	assert_int_equal(fixture_usage(f, 0).memory_bytes, 1070);
	fixture_run(f, 2 * SIM_SECOND);
	assert_int_equal(fixture_usage(f, 0).memory_bytes, 1000);
	assert_int_equal(r->outcomes[REQUEST_OK], 7);
	fixture_free(f);
}

static void test_more_memory_than_the_limit_kills_the_container(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 0, SIM_SECOND);
	f->application.memory_base = 1000;
	f->application.memory_per_request = 10;
	const struct load_results *r = burst(f, 7, 1060);

	fixture_run(f, SIM_SECOND);
	assert_int_equal(f->pods[0].exit.count, 1);
	assert_int_equal(f->pods[0].exit.code, 137);
	assert_string_equal(f->pods[0].exit.reason, "OOMKilled");
	assert_int_equal(r->outcomes[REQUEST_RESET], 7);
	assert_null(usage_registry_find(f->usage, "pod-0", "app"));
	fixture_free(f);
}

static void test_a_container_that_is_too_large_dies_when_it_has_loaded(void **state)
{
	struct fixture *f = fixture_new(1);

	f->application.memory_base = 1000;
	f->application.listens_after = distribution_constant(5e9);
	burst(f, 1, 999);
	fixture_run(f, 10 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.at, 5 * SIM_SECOND);
	assert_string_equal(f->pods[0].exit.reason, "OOMKilled");
	fixture_free(f);
}

/* --- the end --- */

static void test_an_application_that_drains_finishes_what_it_has(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 0, 5 * SIM_SECOND);
	f->application.on_term.drains = true;
	f->application.on_term.exit_after = distribution_constant(1e9);
	const struct load_results *r = burst(f, 3, 0);

	fixture_run(f, SIM_SECOND);
	f->runtime->terminate(f->runtime->self, f->pods[0].handle);
	fixture_run(f, 4 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.count, 0);
	fixture_run(f, 10 * SIM_SECOND);
	assert_int_equal(r->outcomes[REQUEST_OK], 3);
	assert_int_equal(f->pods[0].exit.at, 5 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.code, 0);
	assert_string_equal(f->pods[0].exit.reason, "Completed");
	fixture_free(f);
}

static void test_an_application_that_does_not_drain_breaks_requests_off(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 0, 5 * SIM_SECOND);
	f->application.on_term.exit_after = distribution_constant(2e9);
	f->application.on_term.exit_code = 3;
	const struct load_results *r = burst(f, 3, 0);

	fixture_run(f, SIM_SECOND);
	f->runtime->terminate(f->runtime->self, f->pods[0].handle);
	fixture_run(f, 10 * SIM_SECOND);
	assert_int_equal(r->outcomes[REQUEST_RESET], 3);
	assert_int_equal(f->pods[0].exit.at, 3 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.code, 3);
	assert_string_equal(f->pods[0].exit.reason, "Error");
	fixture_free(f);
}

static void test_after_sigterm_new_connections_are_refused(void **state)
{
	struct fixture *f = fixture_new(1);
	struct answer_note note = {0};

	f->application.on_term.exit_after = distribution_constant(10e9);
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_run(f, SIM_SECOND);
	f->runtime->terminate(f->runtime->self, f->pods[0].handle);
	fixture_probe(f, 0, HANDLER_HTTP_GET, "/healthz", 8000, SIM_SECOND, &note);
	fixture_run(f, 2 * SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_REFUSED);
	fixture_free(f);
}

static void test_a_draining_server_closes_its_connections_cleanly(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 0, 100 * SIM_MILLISECOND);
	distribution_unref(f->load.think_time);
	f->load.think_time = distribution_constant(1e9);
	f->load.users = 10;
	f->load.spawn_rate = 5;
	f->application.on_term.drains = true;
	f->application.on_term.exit_after = distribution_constant(100e6);
	fixture_build(f);
	fixture_start_pods(f, 2, 1000, 0);
	fixture_run(f, 0);
	fixture_endpoints(f, 1);
	const struct load_results *r = clients_results(fixture_clients(f, 0));

	fixture_run(f, 10250 * SIM_MILLISECOND);
	fixture_endpoints(f, 2); /* the Service leaves pod 0 before it is told to stop */
	f->runtime->terminate(f->runtime->self, f->pods[0].handle);
	fixture_run(f, 20 * SIM_SECOND);
	assert_int_equal(r->failures, 0);
	assert_int_equal(f->pods[0].exit.count, 1);
	assert_int_equal(r->connections_opened, 20);
	assert_int_equal(fixture_application(f, 1).connections, 10);
	fixture_free(f);
}

static void test_a_kept_connection_of_a_dead_pod_is_opened_anew(void **state)
{
	struct fixture *f = fixture_new(1);

	fixed_route(f, 0, 0);
	distribution_unref(f->load.think_time);
	f->load.think_time = distribution_constant(1e9);
	fixture_build(f);
	fixture_start_pods(f, 2, 1000, 0);
	fixture_run(f, 0);
	fixture_endpoints(f, 1);
	const struct load_results *r = clients_results(fixture_clients(f, 0));

	fixture_run(f, 2500 * SIM_MILLISECOND);
	f->runtime->kill(f->runtime->self, f->pods[0].handle);
	network_close(f->network, f->pods[0].address);
	fixture_endpoints(f, 2);
	fixture_run(f, 9500 * SIM_MILLISECOND);
	assert_int_equal(r->failures, 0);
	assert_int_equal(r->done, 10);
	assert_int_equal(fixture_application(f, 1).requests, 7);
	fixture_free(f);
}

static void test_an_application_may_ignore_sigterm_but_not_sigkill(void **state)
{
	struct fixture *f = fixture_new(1);

	f->application.on_term.ignores = true;
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	f->runtime->terminate(f->runtime->self, f->pods[0].handle);
	fixture_run(f, 10 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.count, 0);
	f->runtime->kill(f->runtime->self, f->pods[0].handle);
	assert_int_equal(f->pods[0].exit.count, 1);
	assert_int_equal(f->pods[0].exit.code, 137);
	assert_string_equal(f->pods[0].exit.reason, "Error");
	fixture_free(f);
}

static void test_a_status_from_sigterm_on_holds_for_every_route(void **state)
{
	struct fixture *f = fixture_new(1);
	const char *body;

	f->application.on_term.status = 503;
	f->application.on_term.stops_listening = false;
	f->application.on_term.exit_after = distribution_constant(10e9);
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_run(f, SIM_SECOND);
	f->runtime->terminate(f->runtime->self, f->pods[0].handle);
	assert_int_equal(servers_ask(f->servers, "pod-0", NULL, "/healthz", &body), 503);
	fixture_free(f);
}

static void test_an_application_may_end_by_itself_after_each_start(void **state)
{
	struct fixture *f = fixture_new(1);

	f->application.exits.active = true;
	f->application.exits.after = 5 * SIM_SECOND;
	f->application.exits.exit_code = 1;
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_run(f, 7 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.at, 5 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.code, 1);
	fixture_restart(&f->pods[0]);
	fixture_run(f, 20 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.at, 12 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.count, 2);
	fixture_free(f);
}

static void test_the_timeline_can_kill_a_container(void **state)
{
	struct fixture *f = fixture_new(1);

	fixture_build(f);
	fixture_start_pods(f, 2, 1000, 0);
	fixture_run(f, SIM_SECOND);
	assert_true(servers_kill_container(f->servers, "pod-1", NULL, 137, true));
	assert_false(servers_kill_container(f->servers, "pod-9", NULL, 137, true));
	fixture_run(f, 2 * SIM_SECOND);
	assert_int_equal(f->pods[0].exit.count, 0);
	assert_int_equal(f->pods[1].exit.at, SIM_SECOND);
	assert_string_equal(f->pods[1].exit.reason, "OOMKilled");
	fixture_free(f);
}

static void test_usage_starts_from_zero_with_each_attempt(void **state)
{
	struct fixture *f = fixture_new(1);

	f->application.background_milli = 100;
	f->application.startup_cpu = 3 * SIM_SECOND;
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_run(f, 2 * SIM_SECOND);
	assert_near(fixture_usage(f, 0).cpu_seconds, 2, 1e-9);
	fixture_run(f, 10 * SIM_SECOND);
	assert_near(fixture_usage(f, 0).cpu_seconds, 4, 1e-9);
	f->runtime->kill(f->runtime->self, f->pods[0].handle);
	fixture_restart(&f->pods[0]);
	assert_true(fixture_usage(f, 0).cpu_seconds <= 0.001); /* the least there is */
	assert_int_equal(fixture_usage(f, 0).started_at, 10 * SIM_SECOND);
	fixture_run(f, 11 * SIM_SECOND);
	assert_near(fixture_usage(f, 0).cpu_seconds, 1, 1e-9);
	fixture_free(f);
}

static void test_a_container_without_a_model_runs_and_refuses(void **state)
{
	struct fixture *f = fixture_new(1);
	struct answer_note note = {0};

	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	f->runtime->kill(f->runtime->self, f->pods[0].handle);
	f->pods[0].container.name = (char *)"unmodelled";
	fixture_restart(&f->pods[0]);
	fixture_probe(f, 0, HANDLER_TCP_SOCKET, NULL, 8000, SIM_SECOND, &note);
	fixture_run(f, SIM_MINUTE);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_REFUSED);
	assert_true(fixture_usage(f, 0).cpu_seconds <= 0.001); /* the least there is */
	f->runtime->terminate(f->runtime->self, f->pods[0].handle);
	fixture_run(f, SIM_MINUTE);
	assert_int_equal(f->pods[0].exit.code, 143);
	fixture_free(f);
}

/* --- probes --- */

static struct answer_note probe(struct fixture *f, enum handler_kind kind, const char *path,
                                int port, sim_time timeout)
{
	struct answer_note note = {0};

	fixture_probe(f, 0, kind, path, port, timeout, &note);
	fixture_run(f, simulation_now(f->sim) + timeout + SIM_SECOND);
	assert_int_equal(note.count, 1);
	return note;
}

static void test_probes_get_what_the_server_answers(void **state)
{
	struct fixture *f = fixture_new(1);
	struct answer_note note;

	f->rtt = SIM_MILLISECOND;
	fixed_route(f, 0, 2 * SIM_SECOND);
	f->application.listens_after = distribution_constant(12e9);
	f->dependencies[0].ready_after = distribution_constant(20e9);
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);

	note = probe(f, HANDLER_HTTP_GET, "/healthz", 8000, SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_REFUSED);
	assert_int_equal(note.at, SIM_MILLISECOND);
	note = probe(f, HANDLER_TCP_SOCKET, NULL, 8000, SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_REFUSED);
	fixture_run(f, 13 * SIM_SECOND);
	note = probe(f, HANDLER_HTTP_GET, "/health", 8000, SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_HTTP);
	assert_int_equal(note.answer.status, 404);
	assert_int_equal(note.at, 13 * SIM_SECOND + 2 * SIM_MILLISECOND);
	note = probe(f, HANDLER_HTTP_GET, "/ready", 8000, SIM_SECOND);
	assert_int_equal(note.answer.status, 503);
	note = probe(f, HANDLER_TCP_SOCKET, NULL, 8000, SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_OK);
	note = probe(f, HANDLER_TCP_SOCKET, NULL, 8001, SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_REFUSED);
	note = probe(f, HANDLER_HTTP_GET, "/healthz", 0, SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_ERROR);
	note = probe(f, HANDLER_GRPC, NULL, 8000, SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_FAILED);
	note = probe(f, HANDLER_EXEC, NULL, 0, SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_OK);
	fixture_run(f, 30 * SIM_SECOND);
	note = probe(f, HANDLER_HTTP_GET, "/ready", 8000, SIM_SECOND);
	assert_int_equal(note.answer.status, 200);
	note = probe(f, HANDLER_HTTP_GET, "/predict", 8000, SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_TIMEOUT);
	note = probe(f, HANDLER_HTTP_GET, "/predict", 8000, 3 * SIM_SECOND);
	assert_int_equal(note.answer.status, 200);
	assert_int_equal(fixture_application(f, 0).requests, 0);
	fixture_free(f);
}

static void test_a_probe_waits_its_turn_like_any_request(void **state)
{
	struct fixture *f = fixture_new(1);
	struct answer_note note = {0};

	fixed_route(f, 2 * SIM_SECOND, 0);
	f->routes[1].cpu = distribution_constant(100e6);
	burst(f, 9, 0);
	fixture_run(f, 1);
	fixture_probe(f, 0, HANDLER_HTTP_GET, "/healthz", 8000, 5 * SIM_SECOND, &note);
	fixture_run(f, 5 * SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_HTTP);
	assert_near(note.at, SIM_SECOND, 10); /* ten share one core */
	fixture_free(f);
}

static void test_a_probe_is_reset_when_the_container_ends(void **state)
{
	struct fixture *f = fixture_new(1);
	struct answer_note note = {0};
	struct answer_note exec = {0};

	fixed_route(f, 0, 2 * SIM_SECOND);
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_run(f, SIM_SECOND);
	fixture_probe(f, 0, HANDLER_HTTP_GET, "/predict", 8000, 5 * SIM_SECOND, &note);
	fixture_run(f, 2 * SIM_SECOND);
	f->runtime->kill(f->runtime->self, f->pods[0].handle);
	fixture_probe(f, 0, HANDLER_EXEC, NULL, 0, SIM_SECOND, &exec);
	fixture_run(f, 3 * SIM_SECOND);
	assert_int_equal(note.answer.kind, PROBE_ANSWER_RESET);
	assert_int_equal(note.at, 2 * SIM_SECOND);
	assert_int_equal(exec.answer.kind, PROBE_ANSWER_ERROR);
	fixture_free(f);
}

static void test_a_cancelled_probe_is_never_answered(void **state)
{
	struct fixture *f = fixture_new(1);
	struct answer_note note = {0};
	struct answer_note other = {0};

	fixed_route(f, 0, 2 * SIM_SECOND);
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_run(f, SIM_SECOND);
	fixture_probe(f, 0, HANDLER_HTTP_GET, "/predict", 8000, 5 * SIM_SECOND, &note);
	fixture_probe(f, 0, HANDLER_HTTP_GET, "/predict", 8000, 5 * SIM_SECOND, &other);
	f->runtime->cancel_probe(f->runtime->self, f->pods[0].handle, &note);
	fixture_run(f, 10 * SIM_SECOND);
	assert_int_equal(note.count, 0);
	assert_int_equal(other.count, 1);
	fixture_free(f);
}

/* --- hooks --- */

struct hook_note {
	int count, code;
	sim_time at;
	struct fixture *fixture;
};

static void note_hook(void *data, int exit_code, const char *reason)
{
	struct hook_note *note = data;

	note->count++;
	note->code = exit_code;
	note->at = simulation_now(note->fixture->sim);
}

static void test_hooks_sleep_ask_and_fail_with_their_container(void **state)
{
	static char *const sleep_command[] = {(char *)"sh", (char *)"-c",
	                                      (char *)"sleep 5 && nginx -s quit", NULL};
	static char *const other_command[] = {(char *)"/bin/true", NULL};
	struct fixture *f = fixture_new(1);
	struct hook_note notes[5] = {
	    {.fixture = f}, {.fixture = f}, {.fixture = f}, {.fixture = f}, {.fixture = f}};
	const struct handler handlers[5] = {
	    {.kind = HANDLER_EXEC, .command = (GStrv)sleep_command},
	    {.kind = HANDLER_EXEC, .command = (GStrv)other_command},
	    {.kind = HANDLER_SLEEP, .sleep_seconds = 7},
	    {.kind = HANDLER_HTTP_GET, .path = (char *)"/nowhere"},
	    {.kind = HANDLER_SLEEP, .sleep_seconds = 20},
	};

	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_run(f, SIM_SECOND);
	for (int i = 0; i < 5; i++) {
		f->runtime->run_hook(f->runtime->self, f->pods[0].handle, &handlers[i], 8000,
		                     note_hook, &notes[i]);
		assert_int_equal(notes[i].count, 0);
	}
	fixture_run(f, 10 * SIM_SECOND);
	f->runtime->kill(f->runtime->self, f->pods[0].handle);
	f->runtime->remove(f->runtime->self, f->pods[0].handle);
	fixture_run(f, 30 * SIM_SECOND);
	const sim_time at[5] = {6 * SIM_SECOND, SIM_SECOND, 8 * SIM_SECOND, SIM_SECOND,
	                        10 * SIM_SECOND};

	for (int i = 0; i < 5; i++) {
		assert_int_equal(notes[i].count, 1);
		assert_int_equal(notes[i].at, at[i]);
		assert_int_equal(notes[i].code, i == 4 ? 137 : 0);
	}
	fixture_free(f);
}

static void test_a_memory_limit_is_not_lowered_below_what_is_used(void **state)
{
	struct fixture *f = fixture_new(1);
	struct container *container = &f->pods[0].container;

	f->application.memory_base = 50 << 20;
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 100 << 20);
	fixture_run(f, 1);
	resource_list_set(&container->limits, "memory", (int64_t)(40 << 20) * 1000);
	assert_false(f->runtime->resize(f->runtime->self, f->pods[0].handle, &f->pods[0].spec,
	                                container));
	resource_list_set(&container->limits, "memory", (int64_t)(60 << 20) * 1000);
	assert_true(f->runtime->resize(f->runtime->self, f->pods[0].handle, &f->pods[0].spec,
	                               container));
	assert_int_equal(f->pods[0].exit.count, 0);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_memory_limit_is_not_lowered_below_what_is_used),
	    cmocka_unit_test(test_a_pool_holds_its_slot_for_cpu_and_wait),
	    cmocka_unit_test(test_a_full_queue_answers_503),
	    cmocka_unit_test(test_pools_are_per_worker),
	    cmocka_unit_test(test_a_slot_released_before_the_wait_is_free_for_the_next),
	    cmocka_unit_test(test_a_route_answers_503_while_a_dependency_is_away),
	    cmocka_unit_test(test_a_fault_stands_in_place_of_the_work),
	    cmocka_unit_test(test_memory_is_the_base_and_what_requests_hold),
	    cmocka_unit_test(test_more_memory_than_the_limit_kills_the_container),
	    cmocka_unit_test(test_a_container_that_is_too_large_dies_when_it_has_loaded),
	    cmocka_unit_test(test_an_application_that_drains_finishes_what_it_has),
	    cmocka_unit_test(test_an_application_that_does_not_drain_breaks_requests_off),
	    cmocka_unit_test(test_after_sigterm_new_connections_are_refused),
	    cmocka_unit_test(test_a_draining_server_closes_its_connections_cleanly),
	    cmocka_unit_test(test_a_kept_connection_of_a_dead_pod_is_opened_anew),
	    cmocka_unit_test(test_an_application_may_ignore_sigterm_but_not_sigkill),
	    cmocka_unit_test(test_a_status_from_sigterm_on_holds_for_every_route),
	    cmocka_unit_test(test_an_application_may_end_by_itself_after_each_start),
	    cmocka_unit_test(test_the_timeline_can_kill_a_container),
	    cmocka_unit_test(test_usage_starts_from_zero_with_each_attempt),
	    cmocka_unit_test(test_a_container_without_a_model_runs_and_refuses),
	    cmocka_unit_test(test_probes_get_what_the_server_answers),
	    cmocka_unit_test(test_a_probe_waits_its_turn_like_any_request),
	    cmocka_unit_test(test_a_probe_is_reset_when_the_container_ends),
	    cmocka_unit_test(test_a_cancelled_probe_is_never_answered),
	    cmocka_unit_test(test_hooks_sleep_ask_and_fail_with_their_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
