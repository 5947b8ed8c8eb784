/* study_options.c - what the commands that work on studies share. */

#include "commands/study_options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void study_options_clear(struct study_options *options)
{
	g_free(options->jobs_text);
	g_free(options->out);
	g_free(options->format);
}

static bool read_count(const char *what, const char *text, uint64_t most, size_t *count,
                       GError **error)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(text, 10, 1, most, &number, NULL)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "%s: expected a whole number from 1 to %" G_GUINT64_FORMAT ", not '%s'",
		            what, most, text);
		return false;
	}
	*count = (size_t)number;
	return true;
}

bool study_options_jobs(const struct study_options *options, unsigned *jobs, GError **error)
{
	size_t count = 0;

	if (options->jobs_text && !read_count("--jobs", options->jobs_text, 1024, &count, error)) {
		return false;
	}
	*jobs = (unsigned)count;
	return true;
}

bool study_options_format(const struct study_options *options, const char *const *formats,
                          int *index, GError **error)
{
	for (*index = 0; formats[*index]; (*index)++) {
		if (g_str_equal(options->format ? options->format : formats[0], formats[*index])) {
			return true;
		}
	}
	g_autofree char *words = g_strjoinv(", ", (GStrv)formats);

	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
	            "--format: expected one of %s, not '%s'", words, options->format);
	return false;
}

/* --- shards --- */

#define MOST_SHARDS 1000000

/* The task's number from 1, as Slurm (--array=1-N; 0-N where it begins at 0) or a Kubernetes
 * Indexed Job (from 0) tells it; 0: none does. */
static bool task_number(size_t *number, GError **error)
{
	const char *slurm = g_getenv("SLURM_ARRAY_TASK_ID");
	const char *least = g_getenv("SLURM_ARRAY_TASK_MIN");
	const char *job = g_getenv("JOB_COMPLETION_INDEX");
	const char *text = slurm ? slurm : job;
	guint64 value;

	*number = 0;
	if (!text) {
		return true;
	}
	const bool from_zero = !slurm || (least && g_str_equal(least, "0"));

	if (!g_ascii_string_to_unsigned(text, 10, from_zero ? 0 : 1, MOST_SHARDS, &value, NULL)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "%s=%s is not the number of a task%s",
		            slurm ? "SLURM_ARRAY_TASK_ID" : "JOB_COMPLETION_INDEX", text,
		            slurm ? "; number the array from 1: --array=1-N" : "");
		return false;
	}
	*number = (size_t)value + (from_zero ? 1 : 0);
	return true;
}

static bool shard_of_task(const char *count_text, struct shard *shard, GError **error)
{
	const char *count = count_text ? count_text : g_getenv("SLURM_ARRAY_TASK_COUNT");
	size_t number;

	if (!task_number(&number, error)) {
		return false;
	}
	if (number == 0 && !count_text) {
		return true;
	}
	if (number == 0 || !count) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s",
		            number
		                ? "this is a task of an array: say of how many, as --shards N, or "
		                  "--shard 1/1 for everything"
		                : "--shards: SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX are not "
		                  "set; use --shard I/N");
		return false;
	}
	if (!read_count("--shards", count, MOST_SHARDS, &shard->count, error)) {
		return false;
	}
	shard->index = number;
	return true;
}

bool study_shard(const char *text, const char *count_text, struct shard *shard, GError **error)
{
	*shard = (struct shard){1, 1};
	if (text) {
		g_auto(GStrv) parts = g_strsplit(text, "/", 2);

		if (!parts[0] || !parts[1]) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			            "--shard: expected I/N such as 3/16, not '%s'", text);
			return false;
		}
		if (!read_count("--shard", parts[0], MOST_SHARDS, &shard->index, error) ||
		    !read_count("--shard", parts[1], MOST_SHARDS, &shard->count, error)) {
			return false;
		}
	} else if (!shard_of_task(count_text, shard, error)) {
		return false;
	}
	if (shard->index > shard->count) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "there is no shard %zu of %zu; give the number of all shards with "
		            "--shards N",
		            shard->index, shard->count);
		return false;
	}
	return true;
}

/* --- work --- */

static char *length_text(double seconds)
{
	if (seconds < 60) {
		return g_strdup_printf("%.0f s", seconds);
	}
	if (seconds < 3600) {
		return g_strdup_printf("%.0f min %02.0f s",
		                       seconds / 60 - 0.5 < 0 ? 0 : (double)(int)(seconds / 60),
		                       seconds - 60 * (double)(int)(seconds / 60));
	}
	return g_strdup_printf("%d h %02d min", (int)(seconds / 3600), (int)(seconds / 60) % 60);
}

/* One line on a terminal that is written over; nothing elsewhere. */
static void tell_progress(void *data, size_t done, size_t total)
{
	struct study_work *work = data;
	const gint64 now = g_get_monotonic_time();
	const double seconds = (double)(now - work->begin) / 1e6;

	if (!work->terminal || (done < total && now - work->told < 200000)) {
		return;
	}
	const double rate = seconds > 0 ? (double)done / seconds : 0;
	g_autofree char *left = length_text(rate > 0 ? (double)(total - done) / rate : 0);

	work->told = now;
	fprintf(stderr, "\r\033[K%zu of %zu runs, %.1f a second, %s left", done, total, rate, left);
	if (done == total) {
		fputs("\r\033[K", stderr);
		work->begin = now; /* of the next round */
	}
	fflush(stderr);
}

bool study_work_begin(struct study_work *work, const char *path,
                      const struct study_options *options, struct shard shard, GError **error)
{
	unsigned jobs;

	*work = (struct study_work){.begin = g_get_monotonic_time(),
	                            .terminal = isatty(STDERR_FILENO) == 1};
	if (!study_options_jobs(options, &jobs, error)) {
		return false;
	}
	work->study = study_load(path, error);
	if (!work->study) {
		return false;
	}
	g_autofree char *name = g_strdelimit(g_strdup(work->study->name), "/", '-');

	work->file = options->out       ? g_strdup(options->out)
	             : shard.count == 1 ? g_strconcat(name, ".db", NULL)
	                                : g_strdup_printf("%s-shard-%zu-of-%zu.db", name,
	                                                  shard.index, shard.count);
	work->results = results_open(work->file, work->study, error);
	work->runner = work->results ? runner_new(work->study, work->results, jobs, error) : NULL;
	if (!work->runner) {
		study_work_end(work);
		return false;
	}
	runner_on_progress(work->runner, tell_progress, work);
	return true;
}

void study_work_end(struct study_work *work)
{
	g_clear_pointer(&work->runner, runner_free);
	g_clear_pointer(&work->results, results_close);
	g_clear_pointer(&work->study, study_free);
	g_clear_pointer(&work->file, g_free);
}

/* --- interruption --- */

static void tell_how_to_go_on(void *data)
{
	const struct study_work *work = data;

	results_freeze(work->results);
	fprintf(stderr,
	        "%s%s: interrupted; the runs that ended are kept in %s, and the same command goes "
	        "on from there\n",
	        work->terminal ? "\r\033[K" : "", g_get_prgname(), work->file);
}

void study_work_watch(struct study_work *work)
{
	ending_begin(&work->ending, tell_how_to_go_on, work);
}

void study_work_unwatch(struct study_work *work)
{
	ending_end(&work->ending);
}
