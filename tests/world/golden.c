/* golden.c - the key figures of every scenario of the gallery, held against a file.
 *
 * golden FILE SCENARIO...          exit code 1 when a line differs
 * golden --write FILE SCENARIO...  writes the file anew, after a change that is meant to move
 * figures
 *
 * The same seed gives the same figures with every compiler and optimization, so the file is one for
 * all. */

#include "report/diagnosis.h"
#include "world/world.h"

#include <stdio.h>
#include <string.h>

static void add_loads(GString *out, const struct run *run)
{
	for (unsigned i = 0; i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];

		g_string_append_printf(out,
		                       "  load %s: %" G_GUINT64_FORMAT
		                       " requests, %" G_GUINT64_FORMAT " connections",
		                       load->name, load->requests, load->connections_opened);
		for (int k = REQUEST_OK + 1; k < REQUEST_OUTCOMES; k++) {
			if (load->outcomes[k]) {
				g_string_append_printf(
				    out, ", %" G_GUINT64_FORMAT " %s", load->outcomes[k],
				    request_outcome_name((enum request_outcome)k));
			}
		}
		if (load->latency && histogram_count(load->latency)) {
			g_string_append_printf(out, ", p50 %.9g, p95 %.9g, p99 %.9g ms",
			                       histogram_quantile(load->latency, 0.5) / 1e6,
			                       histogram_quantile(load->latency, 0.95) / 1e6,
			                       histogram_quantile(load->latency, 0.99) / 1e6);
		}
		g_string_append_c(out, '\n');
	}
}

static void add_pods(GString *out, const struct run *run)
{
	for (unsigned i = 0; i < run->pods->len; i++) {
		const struct run_pod *pod = run->pods->pdata[i];

		g_string_append_printf(out, "  pod %s: %" G_GUINT64_FORMAT " requests, %u restarts",
		                       pod->name, pod->requests, run_pod_restarts(pod));
		if (pod->ready_at != SIM_NEVER) {
			g_string_append_printf(out, ", Ready at %.9g s",
			                       sim_time_to_seconds(pod->ready_at));
		}
		if (pod->measured_seconds > 0) {
			g_string_append_printf(out, ", CPU %.9g", pod->cpu_mean);
		}
		g_string_append_c(out, '\n');
	}
}

static void add_controllers(GString *out, const struct run *run)
{
	for (unsigned i = 0; i < run->hpas->len; i++) {
		const struct run_hpa *hpa = run->hpas->pdata[i];

		g_string_append_printf(out, "  hpa %s:", hpa->name);
		for (unsigned k = 0; k < hpa->decisions->len; k++) {
			const struct run_decision *decision =
			    &g_array_index(hpa->decisions, struct run_decision, k);

			if (decision->rescaled) {
				g_string_append_printf(out, " %d to %d at %.9g s;",
				                       decision->current, decision->desired,
				                       sim_time_to_seconds(decision->at));
			}
		}
		g_string_append_printf(out, " %d at the end\n", hpa->desired);
	}
	g_autoptr(GPtrArray) findings = diagnose(run);

	for (unsigned i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];

		g_string_append_printf(out, "  finding %s of %s\n", finding->rule, finding->object);
	}
}

static bool add_scenario(GString *out, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *name = g_path_get_basename(path);
	struct scenario *scenario = scenario_load(path, NULL, &error);
	struct run *run = scenario ? world_run(scenario, &error) : NULL;

	if (run) {
		g_string_append_printf(out, "%s, %u versions, %u events\n", name,
		                       run->versions->len, run->events->len);
		add_loads(out, run);
		add_pods(out, run);
		add_controllers(out, run);
	} else {
		fprintf(stderr, "%s\n", error->message);
	}
	run_free(run);
	scenario_free(scenario);
	return run != NULL;
}

/* Tells every line that is not the same, and in which scenario. */
static int compare(const char *expected, const char *got)
{
	g_auto(GStrv) old = g_strsplit(expected, "\n", -1), now = g_strsplit(got, "\n", -1);
	const guint lengths[] = {g_strv_length(old), g_strv_length(now)};
	int differences = 0;

	for (guint i = 0; i < MAX(lengths[0], lengths[1]); i++) {
		const char *a = i < lengths[0] ? old[i] : "(nothing)";
		const char *b = i < lengths[1] ? now[i] : "(nothing)";

		if (!g_str_equal(a, b)) {
			fprintf(stderr, "line %u\n  expected %s\n  got      %s\n", i + 1, a, b);
			differences++;
		}
	}
	return differences ? 1 : 0;
}

int main(int argc, char **argv)
{
	const bool write = argc > 1 && g_str_equal(argv[1], "--write");
	const int file = write ? 2 : 1;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *expected = NULL;

	if (argc < file + 2) {
		fprintf(stderr, "usage: golden [--write] FILE SCENARIO...\n");
		return 2;
	}
	for (int i = file + 1; i < argc; i++) {
		if (!add_scenario(out, argv[i])) {
			return 2;
		}
	}
	if (write ? !g_file_set_contents(argv[file], out->str, -1, &error)
	          : !g_file_get_contents(argv[file], &expected, NULL, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return 2;
	}
	return write ? 0 : compare(expected, out->str);
}
