/* sweep.c - podsim sweep STUDY: many settings, many seeds. */

#include "commands/all.h"
#include "commands/output.h"
#include "commands/study_options.h"
#include "plots/study_plots.h"
#include "study/estimate.h"
#include "study/sweep_report.h"

#include <string.h>
#include <unistd.h>

struct sweep_options {
	struct study_options study;
	char *shard;
	char *shards;
	char *plots;
};

static const char examples[] =
    "  podsim sweep scenarios/studies/readiness-period.yaml\n"
    "  podsim sweep study.yaml --jobs 8 --out study.db --plots out/study\n"
    "  podsim sweep study.yaml --format csv > runs.csv\n"
    "  podsim sweep study.yaml --shard 3/16 --out shard-3.db; podsim merge shard-*.db -o all.db\n";

/* --- pictures --- */

static struct study_picture_measure picture_measure(const struct study_measure *measure)
{
	static const struct {
		const char *unit;
		double scale;
	} units[] = {{"", 1}, {"s", 1}, {"m", 1000}, {"MiB", 1 / 1048576.0}, {"%", 100}, {"", 1}};
	const bool latency = g_str_has_prefix(measure->text, "latency.");

	return (struct study_picture_measure){
	    .name = measure->text,
	    .unit = latency ? "ms" : units[measure->unit].unit,
	    .scale = latency ? 1000 : units[measure->unit].scale,
	    .is_cost = g_str_has_prefix(measure->text, "replicaSeconds") && !measure->is_line,
	    .is_lateness =
		!measure->is_line && (latency || g_str_has_prefix(measure->text, "failure")),
	};
}

static struct study_picture_point picture_point(const struct study_work *work, size_t setting)
{
	const struct study *study = work->study;
	const size_t seeds = sweep_runs(study, work->runner, setting);
	struct study_picture_point point = {
	    .values = g_new0(char *, study->n_paths + 1),
	    .means = g_new(double, study->n_measures + 1),
	    .halves = g_new(double, study->n_measures + 1),
	};

	for (size_t i = 0; i < study->n_paths; i++) {
		point.values[i] = study_value_text(study->settings[setting].values[i]);
	}
	for (size_t i = 0; i < study->n_measures; i++) {
		const struct estimate mean = estimate_mean(work->runner, setting, i, seeds);

		point.means[i] = mean.mean;
		point.halves[i] = mean.half;
	}
	return point;
}

static bool draw(const struct study_work *work, const char *folder, GError **error)
{
	const struct study *study = work->study;
	g_autoptr(output) output = output_begin(folder, error);
	g_autofree const char **paths = g_new0(const char *, study->n_paths + 1);
	g_autofree struct study_picture_measure *measures =
	    g_new0(struct study_picture_measure, study->n_measures);
	g_autofree struct study_picture_point *points =
	    g_new0(struct study_picture_point, study->n_settings);

	if (!output) {
		return false;
	}
	for (size_t i = 0; i < study->n_paths; i++) {
		paths[i] = study->paths[i].label;
	}
	for (size_t i = 0; i < study->n_measures; i++) {
		measures[i] = picture_measure(&study->measures[i]);
	}
	for (size_t i = 0; i < study->n_settings; i++) {
		points[i] = picture_point(work, i);
	}
	const struct study_picture picture = {study->name,    study->is_grid,   paths,
	                                      study->n_paths, measures,         study->n_measures,
	                                      points,         study->n_settings};
	g_autofree char *inside = output_file(output, "");
	const bool good = study_plots_draw(&picture, inside, NULL, error);

	for (size_t i = 0; i < study->n_settings; i++) {
		g_strfreev(points[i].values);
		g_free(points[i].means);
		g_free(points[i].halves);
	}
	return good && output_commit(g_steal_pointer(&output), error);
}

/* --- text --- */

enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };
static const char *const formats[] = {"text", "json", "csv", NULL};

static char *shard_text(const struct study_work *work, struct shard shard, GError **error)
{
	size_t there, planned;

	if (!results_count(work->results, &there, &planned, error)) {
		return NULL;
	}
	return g_strdup_printf("Study %s, shard %zu of %zu: %zu run%s done\n", work->study->name,
	                       shard.index, shard.count, there, there == 1 ? "" : "s");
}

static char *report(const struct study_work *work, int format, struct shard shard, GError **error)
{
	GString *text = g_string_new(NULL);

	if (format == FORMAT_CSV) {
		if (!results_dump(work->results, text, error)) {
			return g_string_free(text, TRUE);
		}
	} else if (shard.count > 1) {
		g_string_free(text, TRUE);
		return shard_text(work, shard, error);
	} else if (format == FORMAT_JSON) {
		g_autoptr(doc) document = sweep_report_document(work->study, work->runner);
		g_autofree char *json = doc_to_json(document, 2);

		g_string_append_printf(text, "%s\n", json);
	} else {
		sweep_report_print(work->study, work->runner, text,
		                   command_wants_colour(STDOUT_FILENO));
	}
	return g_string_free(text, FALSE);
}

static bool carry_out(struct study_work *work, const struct sweep_options *options, int format,
                      struct shard shard, char **text, GError **error)
{
	study_work_watch(work);
	const bool good = sweep_carry_out(work->study, work->runner, work->results, shard, error);

	study_work_unwatch(work);
	if (!good || (options->plots && !draw(work, options->plots, error))) {
		return false;
	}
	*text = report(work, format, shard, error);
	return *text != NULL;
}

static int sweep(const char *path, const struct sweep_options *options)
{
	struct study_work work;
	struct shard shard;
	GError *error = NULL;
	g_autofree char *text = NULL;
	int format;

	if (!study_options_format(&options->study, formats, &format, &error) ||
	    !study_shard(options->shard, options->shards, &shard, &error)) {
		return command_fail(error);
	}
	if (shard.count > 1 && options->plots) {
		g_set_error(
		    &error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "--plots: a shard is only a part; draw after `podsim merge`, by a sweep "
		    "with --out of the merged file");
		return command_fail(error);
	}
	if (!study_work_begin(&work, path, &options->study, shard, &error)) {
		return command_fail(error);
	}
	const bool good = carry_out(&work, options, format, shard, &text, &error);

	study_work_end(&work);
	return good ? command_print(text) : command_fail(error);
}

int command_sweep(int argc, char **argv)
{
	struct sweep_options options = {0};
	const GOptionEntry entries[] = {
	    STUDY_OPTIONS(options.study),
	    {"format", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.study.format,
	     "Print text (default), json, or csv with a line a run", "FORMAT"},
	    {"plots", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.plots,
	     "Draw response curves, heat maps and the front of cost against lateness into DIR",
	     "DIR"},
	    {"shard", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.shard,
	     "Do the I-th of N parts only, from 1", "I/N"},
	    {"shards", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.shards,
	     "Do the part of N that SLURM_ARRAY_TASK_ID (from 1) or JOB_COMPLETION_INDEX (from 0) "
	     "says",
	     "N"},
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("sweep", "STUDY",
	                  "Runs a scenario with every setting of a study and several seeds, on all "
	                  "cores.\nResults are kept as they come; a sweep that was stopped goes on "
	                  "where it was.",
	                  examples, entries, &argc, &argv, 1, 1, &code)) {
		code = sweep(argv[1], &options);
	}
	study_options_clear(&options.study);
	g_free(options.shard);
	g_free(options.shards);
	g_free(options.plots);
	return code;
}
