/* compare.c - podsim compare BEFORE AFTER: what changed, with common random numbers. */

#include "report/compare.h"

#include "commands/all.h"
#include "commands/output.h"
#include "commands/simulate.h"
#include "plots/page.h"
#include "plots/plots.h"

#include <unistd.h>

struct compare_options {
	struct simulate_options simulate;
	char *out;
	char *format;
	gboolean no_plots;
};

static const char examples[] =
    "  podsim compare scenarios/idle-replica.yaml scenarios/idle-replica-fixed.yaml\n"
    "  podsim compare before.yaml after.yaml --seed 3 --out out/compare\n"
    "  podsim compare before.yaml after.yaml --format json | jq '.figures[]'\n";

static char *comparison_json(const struct simulated sides[2])
{
	g_autoptr(doc) document = compare_document(sides[0].run, sides[1].run);
	g_autofree char *json = doc_to_json(document, 2);

	return g_strconcat(json, "\n", NULL);
}

static char *comparison_text(const struct simulated sides[2], bool colour)
{
	GString *text = g_string_new(NULL);

	compare_print(sides[0].run, sides[1].run, text, colour);
	return g_string_free(text, FALSE);
}

static bool write_page(const struct simulated sides[2], const struct output *output,
                       char *const *pictures, GError **error)
{
	struct page *page = page_new("Before and after", sides[1].scenario->description);
	g_autofree char *text = comparison_text(sides, false);
	bool good = true;

	page_add_text(page, "What changed", text);
	for (char *const *picture = pictures; good && picture && *picture; picture++) {
		g_autofree char *name = g_strconcat(*picture, ".svg", NULL);
		g_autofree char *file = output_file(output, name);

		good = page_add_picture(
		    page, g_str_equal(*picture, "cpu-compare") ? "CPU per pod" : "Response time",
		    file, error);
	}
	for (int side = 0; side < 2; side++) {
		g_autoptr(GString) findings = g_string_new(NULL);
		g_autofree char *heading =
		    g_strdup_printf("Diagnosis of %s", sides[side].scenario->name);

		findings_print(sides[side].findings, findings, false);
		page_add_text(page, heading, findings->str);
	}
	g_autofree char *html = page_to_html(page);

	page_free(page);
	return good && output_write(output, "report.html", html, -1, error);
}

static bool write_results(const struct simulated sides[2], const struct compare_options *options,
                          GError **error)
{
	g_autoptr(output) output = output_begin(options->out, error);
	g_autofree char *json = comparison_json(sides);
	g_auto(GStrv) pictures = NULL;

	if (!output || !output_write(output, "compare.json", json, -1, error)) {
		return false;
	}
	if (!options->no_plots) {
		g_autofree char *folder = output_file(output, "");

		if (!plots_draw_comparison(sides[0].run, sides[1].run, folder, &pictures, error)) {
			return false;
		}
	}
	return write_page(sides, output, pictures, error) &&
	       output_commit(g_steal_pointer(&output), error);
}

static int compare_scenarios(char *const *paths, const struct compare_options *options)
{
	struct simulated sides[2] = {0};
	GError *error = NULL;
	int code;

	if (options->format && !g_str_equal(options->format, "json") &&
	    !g_str_equal(options->format, "text")) {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--format: expected text or json, not '%s'", options->format);
		return command_fail(error);
	}
	for (int side = 0; side < 2; side++) {
		if (!simulate(paths[side], &options->simulate, &sides[side], &error)) {
			simulated_clear(&sides[0]);
			return command_fail(error);
		}
	}
	if (options->out && !write_results(sides, options, &error)) {
		code = command_fail(error);
	} else {
		g_autofree char *text =
		    options->format && g_str_equal(options->format, "json")
			? comparison_json(sides)
			: comparison_text(sides, command_wants_colour(STDOUT_FILENO));

		code = command_print(text);
	}
	simulated_clear(&sides[0]);
	simulated_clear(&sides[1]);
	return code;
}

int command_compare(int argc, char **argv)
{
	struct compare_options options = {.simulate = {.progress = TRUE}};
	const GOptionEntry entries[] = {
	    {"out", 'o', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.out,
	     "Write the table and pictures into DIR, all or none", "DIR"},
	    {"format", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.format,
	     "Print text (default) or json", "FORMAT"},
	    {"no-plots", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.no_plots,
	     "Draw no pictures", NULL},
	    SIMULATE_OPTIONS(options.simulate),
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("compare", "BEFORE AFTER",
	                  "Runs two scenarios with common random numbers and prints what changed.",
	                  examples, entries, &argc, &argv, 2, 2, &code)) {
		code = compare_scenarios(argv + 1, &options);
	}
	simulate_options_clear(&options.simulate);
	g_free(options.out);
	g_free(options.format);
	return code;
}
