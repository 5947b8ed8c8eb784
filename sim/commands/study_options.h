/* study_options.h - what the commands that work on studies share: options, shards, progress. */

#pragma once

#include "commands/ending.h"
#include "study/sweep.h"

struct study_options {
	char *jobs_text; /* --jobs; NULL: one thread a core */
	char *out;       /* --out; NULL: NAME.db, or NAME-shard-I-of-N.db */
	char *format;    /* --format; NULL: text */
};

/* The options --jobs and --out, for command_parse(). */
#define STUDY_OPTIONS(options)                                                                     \
	{"jobs",                                                                                   \
	 'j',                                                                                      \
	 G_OPTION_FLAG_NONE,                                                                       \
	 G_OPTION_ARG_STRING,                                                                      \
	 &(options).jobs_text,                                                                     \
	 "Threads (default: one a core); results do not depend on it",                             \
	 "N"},                                                                                     \
	{                                                                                          \
		"out", 'o', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &(options).out,             \
		    "Keep results in FILE.db (default: the study's name) and go on from there",    \
		    "FILE.db"                                                                      \
	}

void study_options_clear(struct study_options *options);
bool study_options_jobs(const struct study_options *options, unsigned *jobs, GError **error);
/* Whether --format is among @formats (NULL-terminated, the first is the default); its index. */
bool study_options_format(const struct study_options *options, const char *const *formats,
                          int *index, GError **error);

/* The shard that --shard I/N (@text) or --shards N (@count_text) with the task's number in the
 * environment asks for; {1, 1} when nothing does. False and @error. */
bool study_shard(const char *text, const char *count_text, struct shard *shard, GError **error);

/* Everything that is open while a study is worked on. */
struct study_work {
	struct study *study;
	struct results *results;
	struct runner *runner;
	gint64 begin, told; /* microseconds: of the start, and of the last line of progress */
	bool terminal;
	char *file; /* of the results */
	struct ending ending;
};

/* Loads @path and opens its results. False and @error. */
bool study_work_begin(struct study_work *work, const char *path,
                      const struct study_options *options, struct shard shard, GError **error);
void study_work_end(struct study_work *work);

/* While runs are carried out: an interruption leaves the results whole and says how to go on. */
void study_work_watch(struct study_work *work);
void study_work_unwatch(struct study_work *work);
