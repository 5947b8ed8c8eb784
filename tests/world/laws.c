/* laws.c - what no run may break, whatever its rules decide: every request is counted once,
 * Little's law, the law of response times, the work that was asked for is the work that was done;
 * and common random numbers.
 *
 * The log of requests is one witness, the counters of clients, pods and recorder are the others. */

#include "world/world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

struct row { /* of the log */
	double sent, done, latency;
	char load[64], pod[128], path[64], outcome[32];
	unsigned client, ordinal;
};

struct play {
	struct scenario *scenario;
	struct run *run;
	GArray *rows; /* struct row */
};

static const char *text_at(char *const *cells, unsigned i)
{
	return i < g_strv_length((GStrv)cells) ? cells[i] : "";
}

static void read_rows(struct play *play, const char *path)
{
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	/* Line by line: searching the whole text each time is what address sanitizers make slow. */
	for (const char *line = strchr(text, '\n') + 1, *end; (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		g_autofree char *one = g_strndup(line, (gsize)(end - line));
		g_auto(GStrv) cells = g_strsplit(one, ",", -1);
		struct row row = {
		    .sent = g_ascii_strtod(text_at(cells, 0), NULL),
		    .done = g_ascii_strtod(text_at(cells, 1), NULL),
		    .latency = g_ascii_strtod(text_at(cells, 2), NULL),
		    .client = (unsigned)g_ascii_strtoull(text_at(cells, 4), NULL, 10),
		    .ordinal = (unsigned)g_ascii_strtoull(text_at(cells, 5), NULL, 10),
		};

		g_strlcpy(row.load, text_at(cells, 3), sizeof(row.load));
		g_strlcpy(row.path, text_at(cells, 6), sizeof(row.path));
		g_strlcpy(row.pod, text_at(cells, 7), sizeof(row.pod));
		g_strlcpy(row.outcome, text_at(cells, 8), sizeof(row.outcome));
		g_array_append_val(play->rows, row);
	}
}

/* @set: a setting, or NULL. */
static struct play play_file(const char *file, const char *set)
{
	struct play play = {.rows = g_array_new(FALSE, FALSE, sizeof(struct row))};
	char *sets[] = {(char *)set, NULL};
	const struct scenario_overrides overrides = {.sets = set ? sets : NULL};
	g_autofree char *log = NULL;
	GError *error = NULL;
	const int fd = g_file_open_tmp("podsim-XXXXXX.csv", &log, NULL);

	assert_true(fd >= 0);
	g_close(fd, NULL);
	play.scenario = scenario_load(file, &overrides, &error);
	play.run = play.scenario ? world_run_logged(play.scenario, log, &error) : NULL;
	if (!play.run) {
		fail_msg("%s", error->message);
	}
	read_rows(&play, log);
	g_unlink(log);
	return play;
}

static void play_clear(struct play *play)
{
	run_free(play->run);
	scenario_free(play->scenario);
	g_array_unref(play->rows);
}

static bool was_answered(const struct row *row)
{
	return g_str_equal(row->outcome, "ok") || g_str_equal(row->outcome, "4xx") ||
	       g_str_equal(row->outcome, "5xx");
}

/* --- every request is counted once --- */

static void check_counts(const struct play *play, const struct run_load *load)
{
	uint64_t outcomes = 0, rows = 0, failures = 0;

	for (int i = 0; i < REQUEST_OUTCOMES; i++) {
		outcomes += load->outcomes[i];
		failures += i == REQUEST_OK ? 0 : load->outcomes[i];
	}
	for (unsigned i = 0; i < play->rows->len; i++) {
		rows += g_str_equal(g_array_index(play->rows, struct row, i).load, load->name);
	}
	assert_int_equal(outcomes, load->requests);
	assert_int_equal(failures, load->failures);
	assert_int_equal(rows, load->requests);
	assert_int_equal(histogram_count(load->latency), load->outcomes[REQUEST_OK] +
	                                                     load->outcomes[REQUEST_STATUS_4XX] +
	                                                     load->outcomes[REQUEST_STATUS_5XX]);
}

/* A pod received what it answered, and what was broken off or given up inside it. */
static void check_pod_counts(const struct play *play, const struct run_pod *pod)
{
	uint64_t answered = 0, most = 0;

	for (unsigned i = 0; i < play->rows->len; i++) {
		const struct row *row = &g_array_index(play->rows, struct row, i);

		if (g_str_equal(row->pod, pod->name)) {
			answered += was_answered(row);
			most += was_answered(row) || g_str_equal(row->outcome, "reset") ||
			        g_str_equal(row->outcome, "timeout");
		}
	}
	assert_true(pod->requests >= answered);
	assert_true(pod->requests <= most);
}

/* --- Little's law --- */

/* Requests in the system and connections open are counted by different people: where every request
 * has a connection of its own, their means over the load agree. */
static void check_little(const struct play *play, const struct run_load *load)
{
	const sim_time from = load->all_running + 5 * SIM_SECOND, to = load->to - 5 * SIM_SECOND;
	double in_flight = 0, open = 0;

	for (unsigned i = 0; i < play->rows->len; i++) {
		const struct row *row = &g_array_index(play->rows, struct row, i);
		const double begin = fmax(row->sent, sim_time_to_seconds(from));
		const double end = fmin(row->done, sim_time_to_seconds(to));

		if (g_str_equal(row->load, load->name) && was_answered(row)) {
			in_flight += fmax(0, end - begin);
		}
	}
	in_flight /= sim_time_to_seconds(to - from);
	for (unsigned i = 0; i < play->run->pods->len; i++) {
		const struct run_pod *pod = play->run->pods->pdata[i];
		const double mean = series_mean(&pod->connections, from, to);

		open += isnan(mean)
		            ? 0
		            : mean * sim_time_to_seconds(spans_length(pod->running, from, to)) /
		                  sim_time_to_seconds(to - from);
	}
	if (fabs(open - in_flight) > 0.15 * in_flight + 0.5) {
		fail_msg("%s: %g requests in the system, %g connections open", play->scenario->name,
		         in_flight, open);
	}
}

/* N = X (R + Z): of N users each is asking or thinking. */
static void check_response_time_law(const struct play *play, const struct run_load *load,
                                    const struct load *model)
{
	const double from = sim_time_to_seconds(load->all_running);
	const double to = sim_time_to_seconds(load->to);
	const double think = model->think_time ? distribution_mean(model->think_time) / 1e9 : 0;
	double sum = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < play->rows->len; i++) {
		const struct row *row = &g_array_index(play->rows, struct row, i);

		if (g_str_equal(row->load, load->name) && row->sent >= from && row->sent < to) {
			sum += row->latency;
			n++;
		}
	}
	const double users = n / (to - from) * (sum / n + think);

	if (fabs(users - load->users) > 0.03 * load->users) {
		fail_msg("%s: %g users ask or think, there are %d", play->scenario->name, users,
		         load->users);
	}
}

/* --- work --- */

static double demand_of(const struct application *application, const char *path)
{
	const int route = application_route(application, path);

	return route >= 0 && application->routes[route].cpu
	           ? distribution_mean(application->routes[route].cpu) / 1e9
	           : 0;
}

/* What a pod's CPU served in the measure window is its background and the requests' demand. */
static void check_work(const struct play *play, const struct run_pod *pod)
{
	const struct run *run = play->run;
	const struct application *application = run_pod_application(run, pod);
	const double from = sim_time_to_seconds(run->measure_from);
	const double to = sim_time_to_seconds(run->measure_to);
	double asked = 0;

	if (!application || pod->restarts->len || pod->ready_at > run->measure_from ||
	    pod->gone_at < run->measure_to) {
		return; /* its start was work as well */
	}
	for (unsigned i = 0; i < play->rows->len; i++) {
		const struct row *row = &g_array_index(play->rows, struct row, i);

		if (g_str_equal(row->pod, pod->name) && row->done >= from && row->done < to) {
			asked += demand_of(application, row->path);
		}
	}
	const double background = (double)application->background_milli / 1000 * (to - from);
	const double seen = pod->cpu_mean * pod->measured_seconds;

	if (fabs(seen - asked - background) > 0.04 * seen + 0.05) {
		fail_msg("%s: pod %s used %g s of CPU, its requests asked for %g s beside %g s",
		         play->scenario->name, pod->name, seen, asked, background);
	}
}

static void check_scenario(const char *path)
{
	struct play play = play_file(path, NULL);

	for (unsigned i = 0; i < play.run->loads->len; i++) {
		const struct run_load *load = play.run->loads->pdata[i];
		const struct load *model = run_load_model(play.run, load);

		check_counts(&play, load);
		if (!load->keep_alive && play.run->loads->len == 1) {
			check_little(&play, load);
		}
		if (load->users) {
			check_response_time_law(&play, load, model);
		}
	}
	for (unsigned i = 0; i < play.run->pods->len; i++) {
		check_pod_counts(&play, play.run->pods->pdata[i]);
		check_work(&play, play.run->pods->pdata[i]);
	}
	play_clear(&play);
}

static void test_no_scenario_breaks_a_law(void **state)
{
	GDir *dir = g_dir_open(PODSIM_SCENARIOS, 0, NULL);
	unsigned n = 0;

	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *path = g_build_filename(PODSIM_SCENARIOS, name, NULL);
		g_autofree char *text = NULL;

		if (g_str_has_suffix(name, ".yaml") &&
		    g_file_get_contents(path, &text, NULL, NULL) &&
		    strstr(text, "kind: Scenario")) {
			check_scenario(path);
			n++;
		}
	}
	g_dir_close(dir);
	assert_true(n >= 8);
}

/* --- common random numbers --- */

static int by_client(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->client != y->client ? (x->client < y->client ? -1 : 1)
	                              : (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

static void test_another_probe_path_changes_no_think_time_and_no_demand(void **state)
{
	static const char readiness[] = "deployment/web:spec.template.spec.containers[web]."
					"readinessProbe.httpGet.path=/healthz";
	g_autofree char *file = g_build_filename(PODSIM_TEST_DATA, "uncrowded.yaml", NULL);
	struct play one = play_file(file, NULL), other = play_file(file, readiness);
	unsigned moved = 0;

	assert_true(one.rows->len > 900);
	assert_int_equal(one.rows->len, other.rows->len);
	g_array_sort(one.rows, by_client);
	g_array_sort(other.rows, by_client);
	for (unsigned i = 0; i < one.rows->len; i++) {
		const struct row *a = &g_array_index(one.rows, struct row, i);
		const struct row *b = &g_array_index(other.rows, struct row, i);

		assert_int_equal(a->client, b->client);
		assert_int_equal(a->ordinal, b->ordinal);
		assert_true(fabs(a->latency - b->latency) < 1e-8); /* demand */
		assert_true(fabs(a->sent - b->sent) < 1e-6);       /* with it, every think time */
		moved += !g_str_equal(a->pod, b->pod);
	}
	assert_true(moved > 0); /* the template's hash is in the names of the pods */
	play_clear(&one);
	play_clear(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_scenario_breaks_a_law),
	    cmocka_unit_test(test_another_probe_path_changes_no_think_time_and_no_demand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
