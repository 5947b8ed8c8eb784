/* tune.c - podsim tune STUDY: the setting that meets the study's goal best. */

#include "study/tune.h"

#include "commands/all.h"
#include "commands/output.h"
#include "commands/study_options.h"
#include "report/text.h"
#include "study/tune_patch.h"

#include <unistd.h>

struct tune_options {
	struct study_options study;
	char *patch_out;
};

static const char examples[] =
    "  podsim tune scenarios/studies/cheapest-hpa.yaml\n"
    "  podsim tune study.yaml --patch-out patch.yaml && kubectl patch hpa web --patch-file "
    "patch.yaml\n"
    "  podsim tune study.yaml --format json | jq .winner.values\n";

static const char *const formats[] = {"text", "json", NULL};

static char *report(const struct tuning *tuning, const struct runner *runner, const char *patch,
                    bool json)
{
	if (json) {
		g_autoptr(doc) document = tune_report_document(tuning, runner);

		doc_set_string(document, "patch", patch);
		g_autofree char *text = doc_to_json(document, 2);

		return g_strconcat(text, "\n", NULL);
	}
	GString *text = g_string_new(NULL);
	const bool colour = command_wants_colour(STDOUT_FILENO);

	tune_report_print(tuning, runner, text, colour);
	if (patch) {
		text_heading(text, "To apply", colour);
		g_string_append(text, patch);
	}
	return g_string_free(text, FALSE);
}

/* Prints the outcome, and writes the patch when there is a winner. */
static int conclude(const struct study_work *work, const struct tune_options *options,
                    const struct tuning *tuning, bool json)
{
	g_autofree char *patch = NULL;
	GError *error = NULL;

	if (tuning->winner != STUDY_NO_SETTING) {
		patch = tune_patch(work->study, tuning->winner, &error);
		if (!patch ||
		    (options->patch_out && !output_put(options->patch_out, patch, &error))) {
			return command_fail(error);
		}
	}
	g_autofree char *text = report(tuning, work->runner, patch, json);
	const int code = command_print(text);

	return code == EXIT_GOOD && tuning->winner == STUDY_NO_SETTING ? EXIT_NOT_HELD : code;
}

static int tune(const char *path, const struct tune_options *options)
{
	const struct shard everything = {1, 1};
	struct study_work work;
	struct tuning tuning;
	GError *error = NULL;
	int format, code;

	if (!study_options_format(&options->study, formats, &format, &error) ||
	    !study_work_begin(&work, path, &options->study, everything, &error)) {
		return command_fail(error);
	}
	if (!work.study->goal.given) {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "%s: `spec` has no `goal`, so there is nothing to tune for", path);
		study_work_end(&work);
		return command_fail(error);
	}
	study_work_watch(&work);
	const bool good = tune_carry_out(work.study, work.runner, &tuning, &error);

	study_work_unwatch(&work);
	if (good) {
		code = conclude(&work, options, &tuning, format == 1);
	} else {
		code = command_fail(error);
	}
	tuning_clear(&tuning);
	study_work_end(&work);
	return code;
}

int command_tune(int argc, char **argv)
{
	struct tune_options options = {0};
	const GOptionEntry entries[] = {
	    STUDY_OPTIONS(options.study),
	    {"format", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.study.format,
	     "Print text (default) or json", "FORMAT"},
	    {"patch-out", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.patch_out,
	     "Write the YAML to apply to FILE", "FILE"},
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse(
		"tune", "STUDY",
		"Finds the setting of a study that meets its goal best, and prints why, what "
		"was ruled out, and the patch to apply.\nExits with 1 when no setting meets "
		"the goal.",
		examples, entries, &argc, &argv, 1, 1, &code)) {
		code = tune(argv[1], &options);
	}
	study_options_clear(&options.study);
	g_free(options.patch_out);
	return code;
}
