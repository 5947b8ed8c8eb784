/* compare.c - the measurements of `make bench`: whole commands in turn, ratios pair by pair.
 *
 * Usage: bench-compare PODSIM BARE ENGINE SCENARIOS SCRATCH ROUNDS [--json FILE]
 *
 * A command is charged the CPU time (user and system) and the highest resident memory that the
 * kernel accounts to its process: reading YAML and writing results are in. Only the sweep is
 * measured by the wall clock, as the gain of a second thread shows nowhere else. Every round runs
 * both sides of every ratio one after the other, so that a change of the machine's pace meets both;
 * the table shows the median, the lowest and the highest of the rounds. */

#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_ROUNDS 51

struct cost {
	double cpu_s, wall_s;
	double peak_kib;
	double printed[2]; /* numbers on standard output */
	double requests;   /* by --stats */
};

struct row {
	const char *what, *unit;
	double target, limit; /* of performance's contract; 0: none */
	double values[MOST_ROUNDS];
};

struct bench {
	const char *podsim, *bare, *engine, *scenarios, *scratch;
	int round, rounds;
	bool steady; /* on one processor and with one layout of memory: the kernel counts pages by
	                processor and adds them up now and then */
	GPtrArray *rows;
};

static double wall_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void be_child(const struct bench *bench, char *const *argv)
{
	g_autofree char *out = g_build_filename(bench->scratch, "stdout", NULL);
	g_autofree char *err = g_build_filename(bench->scratch, "stderr", NULL);
	const int o = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	const int e = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (o < 0 || e < 0 || dup2(o, 1) < 0 || dup2(e, 2) < 0) {
		_exit(126);
	}
	if (bench->steady) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET((size_t)MAX(sched_getcpu(), 0), &one);
		sched_setaffinity(0, sizeof one, &one);
		personality(ADDR_NO_RANDOMIZE);
	}
	execv(argv[0], argv);
	_exit(127);
}

static char *read_back(const struct bench *bench, const char *name)
{
	g_autofree char *path = g_build_filename(bench->scratch, name, NULL);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

/* Runs a command to its end; ends the program if it fails. */
static struct cost measure(const struct bench *bench, const char *const *argv)
{
	struct rusage usage;
	int status;
	const double before = wall_seconds();
	const pid_t child = fork();

	if (child == 0) {
		be_child(bench, (char *const *)argv);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child) {
		perror("bench-compare");
		exit(1);
	}
	struct cost cost = {
	    .wall_s = wall_seconds() - before,
	    .cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	             1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
	    .peak_kib = (double)usage.ru_maxrss,
	};
	g_autofree char *err = read_back(bench, "stderr");

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		g_autofree char *line = g_strjoinv(" ", (char **)argv);

		fprintf(stderr, "bench-compare: failed: %s\n%s", line, err);
		exit(1);
	}
	g_autofree char *out = read_back(bench, "stdout");
	const char *events = strstr(err, " events, ");

	sscanf(out, "%lf %lf", &cost.printed[0], &cost.printed[1]);
	if (events != NULL) {
		sscanf(events, " events, %lf requests", &cost.requests);
	}
	return cost;
}

#define MOST_SETS 3

/* `podsim run` of a scenario, results written; @sets: overrides, up to a NULL. */
static struct cost run_with(const struct bench *bench, const char *file, const char *const *sets)
{
	g_autofree char *path = g_build_filename(bench->scenarios, file, NULL);
	g_autofree char *out = g_strdup_printf("%s/out-%d", bench->scratch, bench->round);
	const char *argv[7 + 2 * MOST_SETS + 1] = {bench->podsim, "run",        path,     "--out",
	                                           out,           "--no-plots", "--stats"};

	for (unsigned i = 0; i < MOST_SETS && sets[i]; i++) {
		argv[7 + 2 * i] = "--set";
		argv[8 + 2 * i] = sets[i];
	}
	return measure(bench, argv);
}

/* @set: an override, or NULL. */
static struct cost run_scenario(const struct bench *bench, const char *file, const char *set)
{
	const char *const sets[] = {set, NULL};

	return run_with(bench, file, sets);
}

/* --- the table --- */

static void put(struct bench *bench, double value, const char *what, const char *unit,
                double target, double limit)
{
	for (guint i = 0; i < bench->rows->len; i++) {
		struct row *row = g_ptr_array_index(bench->rows, i);

		if (strcmp(row->what, what) == 0) {
			row->values[bench->round] = value;
			return;
		}
	}
	struct row *row = g_new0(struct row, 1);

	*row = (struct row){.what = what, .unit = unit, .target = target, .limit = limit};
	row->values[bench->round] = value;
	g_ptr_array_add(bench->rows, row);
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_table(const struct bench *bench)
{
	printf("%-44s %-8s %8s %8s %8s %8s %8s\n", "WHAT", "UNIT", "MEDIAN", "MIN", "MAX", "TARGET",
	       "LIMIT");
	for (guint i = 0; i < bench->rows->len; i++) {
		const struct row *row = g_ptr_array_index(bench->rows, i);

		printf("%-44s %-8s %8.3g %8.3g %8.3g", row->what, row->unit,
		       row->values[bench->rounds / 2], row->values[0],
		       row->values[bench->rounds - 1]);
		if (row->limit > 0) {
			printf(" %8.3g %8.3g", row->target, row->limit);
		}
		printf("\n");
	}
}

static bool write_json(const struct bench *bench, const char *path)
{
	FILE *file = fopen(path, "w");

	if (file == NULL) {
		perror(path);
		return false;
	}
	fprintf(file, "{\n  \"rounds\": %d,\n  \"measured\": [\n", bench->rounds);
	for (guint i = 0; i < bench->rows->len; i++) {
		const struct row *row = g_ptr_array_index(bench->rows, i);

		fprintf(file,
		        "    {\"what\": \"%s\", \"unit\": \"%s\", \"median\": %.6g, \"min\": %.6g, "
		        "\"max\": %.6g",
		        row->what, row->unit, row->values[bench->rounds / 2], row->values[0],
		        row->values[bench->rounds - 1]);
		if (row->limit > 0) {
			fprintf(file, ", \"target\": %.6g, \"limit\": %.6g", row->target,
			        row->limit);
		}
		fprintf(file, "}%s\n", i + 1 < bench->rows->len ? "," : "");
	}
	fprintf(file, "  ]\n}\n");
	return fclose(file) == 0;
}

/* --- what is measured --- */

static void compare_requests(struct bench *bench)
{
	static const struct {
		const char *name, *file, *ratio, *kept, *ns;
		double limit;
	} scenarios[] = {
	    {"small", "small.yaml", "a request, podsim / bare: small",
	     "same, connections kept: small", "a request of podsim: small", 3},
	    {"large", "large.yaml", "a request, podsim / bare: large",
	     "same, connections kept: large", "a request of podsim: large", 3.5},
	    {"open", "open.yaml", "a request, podsim / bare: open", "same, connections kept: open",
	     "a request of podsim: open", 3},
	    {"overload", "overload.yaml", "a request, podsim / bare: overload",
	     "same, connections kept: overload", "a request of podsim: overload", 3},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(scenarios); i++) {
		const struct cost ours = run_scenario(bench, scenarios[i].file, NULL);
		g_autofree char *requests = g_strdup_printf("%.0f", ours.requests);
		const char *argv[] = {bench->bare, scenarios[i].name, requests, NULL};
		const struct cost bare = measure(bench, argv);
		const struct cost kept =
		    run_scenario(bench, scenarios[i].file, "load/load:connections.keepAlive=true");
		const double per_request = bare.cpu_s / ours.requests;

		put(bench, ours.cpu_s / ours.requests / per_request, scenarios[i].ratio, "ratio", 2,
		    scenarios[i].limit);
		put(bench, kept.cpu_s / kept.requests / per_request, scenarios[i].kept, "ratio", 0,
		    0);
		put(bench, ours.cpu_s / ours.requests * 1e9, scenarios[i].ns, "ns", 0, 0);
	}
}

static void compare_engine(struct bench *bench)
{
	static const struct {
		const char *pending, *what;
		double target, limit;
	} holds[] = {
	    {"256", "hold, 256 pending", 45, 60},
	    {"4096", "hold, 4k pending", 65, 90},
	    {"65536", "hold, 64k pending", 110, 150},
	};
	double ns[G_N_ELEMENTS(holds)];

	for (size_t i = 0; i < G_N_ELEMENTS(holds); i++) {
		const char *argv[] = {bench->engine, "hold", holds[i].pending, "2000000", NULL};

		ns[i] = measure(bench, argv).printed[0];
		put(bench, ns[i], holds[i].what, "ns", holds[i].target, holds[i].limit);
	}
	put(bench, ns[2] / ns[0], "hold, 64k / 256 pending", "ratio", 2.5, 3);

	const char *cancels[] = {bench->engine, "hold", "4096", "2000000", "cancel", NULL};

	put(bench, measure(bench, cancels).printed[0] / ns[1],
	    "hold, 4k pending, 15 % cancels / none", "ratio", 1.15, 1.25);

	const char *argv[] = {bench->engine, "mm1", "1000000", NULL};
	const struct cost mm1 = measure(bench, argv);

	put(bench, mm1.printed[0] / mm1.printed[1], "M/M/1 on the engine / plain C", "ratio", 2.5,
	    3.2);
}

static void measure_commands(struct bench *bench)
{
	put(bench, run_scenario(bench, "probes.yaml", NULL).cpu_s,
	    "100 pods, three probes each, one day", "s", 1, 2);
	put(bench, run_scenario(bench, "start.yaml", NULL).cpu_s * 1e3,
	    "1,000 pods, from start to first event", "ms", 50, 150);
	put(bench, run_scenario(bench, "../../scenarios/idle-replica-story.yaml", NULL).cpu_s,
	    "idle-replica-story without pictures", "s", 0, 0);

	bench->steady = true;
	const struct cost once = run_scenario(bench, "small.yaml", "load/load:for=1212s");
	const struct cost tenfold = run_scenario(bench, "small.yaml", NULL);
	const double growth = tenfold.requests / once.requests / 10;

	bench->steady = false;
	put(bench, tenfold.cpu_s / once.cpu_s / growth, "10 x requests: time", "ratio", 10, 10.5);
	put(bench, tenfold.peak_kib / once.peak_kib, "10 x requests: peak memory", "ratio", 1,
	    1.02);
}

static void measure_log(struct bench *bench)
{
	g_autofree char *path = g_build_filename(bench->scenarios, "small.yaml", NULL);
	g_autofree char *out = g_strdup_printf("%s/log-%d", bench->scratch, bench->round);
	const char *argv[] = {bench->podsim, "run",     path,         "--out", out,
	                      "--no-plots",  "--stats", "--requests", NULL};
	const struct cost plain = run_scenario(bench, "small.yaml", NULL);
	const struct cost logged = measure(bench, argv);

	put(bench, (logged.cpu_s - plain.cpu_s) / plain.requests * 1e9,
	    "full request log, added to a request", "ns", 60, 120);
}

/* Everything large at once; and what a user takes, of two runs with as many requests. */
static void measure_scale(struct bench *bench)
{
	static const char *const few[] = {"load/load:users=10000", "load/load:thinkTime=3s", NULL};
	static const char *const many[] = {"load/load:users=100000", "load/load:thinkTime=30s",
	                                   NULL};
	const struct cost scale = run_scenario(bench, "scale.yaml", NULL);

	bench->steady = true;
	const double kib = run_with(bench, "large.yaml", many).peak_kib -
	                   run_with(bench, "large.yaml", few).peak_kib;

	bench->steady = false;
	put(bench, scale.cpu_s, "1,000 nodes, 10,000 pods, 100,000 users", "s", 0, 0);
	put(bench, scale.peak_kib / 1024, "same: peak memory", "MiB", 0, 0);
	put(bench, kib * 1024 / 90000, "a user among 100,000", "bytes", 75, 128);
}

static double sweep_seconds(const struct bench *bench, const char *jobs)
{
	g_autofree char *study = g_build_filename(bench->scenarios, "sweep.yaml", NULL);
	g_autofree char *out =
	    g_strdup_printf("%s/sweep-%s-%d.db", bench->scratch, jobs, bench->round);
	const char *argv[] = {bench->podsim, "sweep", study, "--jobs", jobs, "--out", out, NULL};

	return measure(bench, argv).wall_s;
}

static void compare_threads(struct bench *bench)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		if (bench->round == 0) {
			fprintf(stderr, "bench-compare: one processor: no sweep on two threads\n");
		}
		return;
	}
	const double one = sweep_seconds(bench, "1");

	put(bench, one / sweep_seconds(bench, "2"), "sweep of 64 runs, 2 threads against 1", "x",
	    1.9, 1.7);
}

int main(int argc, char **argv)
{
	const bool json = argc == 9 && strcmp(argv[7], "--json") == 0;

	if (argc != 7 && !json) {
		fprintf(stderr, "usage: bench-compare PODSIM BARE ENGINE SCENARIOS SCRATCH ROUNDS "
		                "[--json FILE]\n");
		return 2;
	}
	struct bench bench = {
	    .podsim = argv[1],
	    .bare = argv[2],
	    .engine = argv[3],
	    .scenarios = argv[4],
	    .scratch = argv[5],
	    .rounds = CLAMP(atoi(argv[6]), 1, MOST_ROUNDS),
	    .rows = g_ptr_array_new_with_free_func(g_free),
	};
	for (bench.round = 0; bench.round < bench.rounds; bench.round++) {
		compare_requests(&bench);
		compare_engine(&bench);
		measure_commands(&bench);
		measure_log(&bench);
		measure_scale(&bench);
		compare_threads(&bench);
	}
	for (guint i = 0; i < bench.rows->len; i++) {
		struct row *row = g_ptr_array_index(bench.rows, i);

		qsort(row->values, (size_t)bench.rounds, sizeof(double), by_value);
	}
	print_table(&bench);
	const bool written = !json || write_json(&bench, argv[8]);

	g_ptr_array_unref(bench.rows);
	return written ? 0 : 1;
}
