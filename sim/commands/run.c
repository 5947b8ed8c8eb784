/* run.c - podsim run SCENARIO: what happened, and why. */

#include "commands/all.h"
#include "commands/output.h"
#include "commands/simulate.h"
#include "plots/page.h"
#include "plots/plots.h"
#include "record/archive.h"
#include "report/diagnosis.h"
#include "report/explain.h"
#include "report/story.h"
#include "report/summary.h"
#include "report/tables.h"
#include "report/text.h"

#include <unistd.h>

struct run_options {
	struct simulate_options simulate;
	char *out;
	char *format;
	char *explain;
	gboolean no_plots;
	gboolean requests;
};

static const char examples[] =
    "  podsim run scenarios/idle-replica.yaml\n"
    "  podsim run scenarios/idle-replica.yaml --out out/idle --stats\n"
    "  podsim run scenarios/idle-replica.yaml --seed 12 --set load/locust:users=50\n"
    "  podsim run scenarios/idle-replica.yaml --explain hpa | less\n"
    "  podsim run scenarios/idle-replica.yaml --format json | jq '.findings[].message'\n";

/* --- what is printed --- */

static char *whole_text(const struct simulated *results, bool colour)
{
	GString *text = g_string_new(NULL);

	story_print(results->run, text, colour);
	tables_pods(results->run, text, colour);
	tables_endpoints(results->run, text, colour);
	tables_load(results->run, text, colour);
	tables_replicas(results->run, text, colour);
	tables_hpas(results->run, text, colour);
	text_heading(text, "Diagnosis", colour);
	findings_print(results->findings, text, colour);
	verdict_print(results->verdicts, text, colour);
	return g_string_free(text, FALSE);
}

static int print_results(const struct simulated *results, const struct run_options *options)
{
	g_autofree char *text = NULL;

	if (options->explain) {
		GString *explanation = g_string_new(NULL);

		explain(results->run, options->explain, explanation,
		        command_wants_colour(STDOUT_FILENO));
		text = g_string_free(explanation, FALSE);
	} else if (options->format && g_str_equal(options->format, "json")) {
		text = summary_json(results->run, results->findings, results->verdicts);
	} else {
		text = whole_text(results, command_wants_colour(STDOUT_FILENO));
	}
	return command_print(text);
}

/* --- what is written --- */

typedef void (*table_fn)(const struct run *run, GString *out, bool colour);

static void add_section(struct page *page, const char *heading, const struct run *run,
                        table_fn print)
{
	g_autoptr(GString) text = g_string_new(NULL);

	print(run, text, false);
	page_add_text(page, heading, text->str);
}

static const struct {
	const char *name, *heading;
} headings[] = {
    {"cpu", "CPU per pod"},
    {"replicas", "Replicas and endpoints"},
    {"latency", "Response time and throughput"},
    {"probes", "Probe timeline"},
    {"requests", "Requests and connections per pod"},
    {"hpa", "The HPA's metric and target"},
};

static const char *heading_of(const char *picture)
{
	for (size_t i = 0; i < G_N_ELEMENTS(headings); i++) {
		if (g_str_equal(headings[i].name, picture)) {
			return headings[i].heading;
		}
	}
	return picture;
}

static bool write_page(const struct simulated *results, const struct output *output,
                       char *const *pictures, GError **error)
{
	const struct scenario *scenario = results->run->scenario;
	struct page *page = page_new(scenario->name, scenario->description);
	g_autoptr(GString) findings = g_string_new(NULL);
	g_autoptr(GString) verdict = g_string_new(NULL);
	bool good = true;

	findings_print(results->findings, findings, false);
	verdict_print(results->verdicts, verdict, false);
	page_add_text(page, "Diagnosis", findings->str);
	for (char *const *picture = pictures; good && picture && *picture; picture++) {
		g_autofree char *name = g_strconcat(*picture, ".svg", NULL);
		g_autofree char *file = output_file(output, name);

		good = page_add_picture(page, heading_of(*picture), file, error);
	}
	add_section(page, "Story", results->run, story_print);
	add_section(page, "Pods", results->run, tables_pods);
	add_section(page, "Endpoints", results->run, tables_endpoints);
	add_section(page, "Load", results->run, tables_load);
	add_section(page, "HPA decisions", results->run, tables_hpas);
	add_section(page, "Replicas paid for and serving", results->run, tables_replicas);
	page_add_text(page, "Expectations", verdict->str);
	g_autofree char *html = page_to_html(page);

	page_free(page);
	return good && output_write(output, "report.html", html, -1, error);
}

static bool write_files(const struct simulated *results, const struct output *output,
                        GError **error)
{
	g_autofree char *summary = summary_json(results->run, results->findings, results->verdicts);
	g_autofree char *pods = summary_pods_csv(results->run);
	g_autofree char *events = summary_events_jsonl(results->run);
	g_autofree char *database = output_file(output, "run.db");

	return output_write(output, "summary.json", summary, -1, error) &&
	       output_write(output, "pods.csv", pods, -1, error) &&
	       output_write(output, "events.jsonl", events, -1, error) &&
	       archive_save(results->run, database, error);
}

/* Everything but the log of requests, which the run itself writes. */
static bool write_results(const struct simulated *results, const struct run_options *options,
                          const struct output *output, GError **error)
{
	g_auto(GStrv) pictures = NULL;

	if (!write_files(results, output, error)) {
		return false;
	}
	if (!options->no_plots) {
		g_autofree char *folder = output_file(output, "");

		if (!plots_draw(results->run, folder, &pictures, error)) {
			return false;
		}
	}
	return write_page(results, output, pictures, error);
}

/* --- the command --- */

static bool check_options(const struct run_options *options, GError **error)
{
	if (options->format && !g_str_equal(options->format, "json") &&
	    !g_str_equal(options->format, "text")) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--format: expected text or json, not '%s'", options->format);
		return false;
	}
	if (options->explain && !g_strv_contains(explain_topics, options->explain)) {
		g_set_error(
		    error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "--explain: expected hpa, probes, endpoints, rollout or scheduling, not '%s'",
		    options->explain);
		return false;
	}
	if (options->requests && !options->out) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--requests needs --out DIR");
		return false;
	}
	return true;
}

/* Runs and reports, into @output too when there is one. Whether expectations held is told, not
 * returned: that is for `podsim test`. One that cannot be judged is bad input. */
static int run_and_report(const char *path, const struct run_options *options,
                          struct output *output)
{
	struct simulated results;
	g_autofree char *requests = options->requests ? output_file(output, "requests.csv") : NULL;
	struct simulate_options simulation = options->simulate;
	GError *error = NULL;
	int code, verdict;

	simulation.requests = requests;
	if (!simulate(path, &simulation, &results, &error)) {
		output_abandon(output);
		return command_fail(error);
	}
	if (output && !write_results(&results, options, output, &error)) {
		output_abandon(output);
		code = command_fail(error);
	} else if (output && !output_commit(output, &error)) {
		code = command_fail(error);
	} else {
		code = print_results(&results, options);
	}
	simulated_holds(&results, &verdict);
	simulated_clear(&results);
	return code == EXIT_GOOD && verdict == EXIT_BAD_INPUT ? verdict : code;
}

static int run_scenario(const char *path, const struct run_options *options)
{
	struct output *output = NULL;
	GError *error = NULL;

	if (!check_options(options, &error)) {
		return command_fail(error);
	}
	if (options->out) {
		output = output_begin(options->out, &error);
		if (!output) {
			return command_fail(error);
		}
	}
	return run_and_report(path, options, output);
}

int command_run(int argc, char **argv)
{
	struct run_options options = {.simulate = {.progress = TRUE}};
	const GOptionEntry entries[] = {
	    {"out", 'o', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.out,
	     "Write result files and pictures into DIR, all or none", "DIR"},
	    {"format", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.format,
	     "Print text (default) or json", "FORMAT"},
	    {"explain", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.explain,
	     "Print each decision with its inputs: hpa, probes, endpoints, rollout or scheduling",
	     "TOPIC"},
	    {"no-plots", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.no_plots,
	     "Draw no pictures", NULL},
	    {"requests", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.requests,
	     "Also write every request into requests.csv of DIR", NULL},
	    SIMULATE_OPTIONS(options.simulate),
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("run", "SCENARIO", "Runs a scenario and prints what happened and why.",
	                  examples, entries, &argc, &argv, 1, 1, &code)) {
		code = run_scenario(argv[1], &options);
	}
	simulate_options_clear(&options.simulate);
	g_free(options.out);
	g_free(options.format);
	g_free(options.explain);
	return code;
}
