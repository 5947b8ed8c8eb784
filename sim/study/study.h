/* study.h - a study: one scenario, many settings, many seeds.
 *
 * A study names a scenario, what to vary (a grid, a list of settings, or a random sample), how many
 * seeds each setting gets (a number, or until an interval is narrow enough), what to measure, what
 * to compare with, and what is best. Every setting sees the same seeds: users, think times and
 * request costs are the same ones, so a difference between two settings is the settings' (common
 * random numbers). Plain data, never changed after loading. */

#pragma once

#include "scenario/scenario.h"
#include "scenario/setting_path.h"

#define STUDY_NO_SETTING SIZE_MAX

struct study_path {  /* one thing that varies */
	char *text;  /* "load/locust:users"; also the name of its column */
	char *label; /* the shortest end of it that tells it apart: "users" */
	struct doc_location where;
};

struct study_setting {
	struct doc **values; /* one a path; NULL: as in the scenario; owned */
	char *key;       /* its identity: {"PATH": VALUE, ...} as JSON, paths in order of name */
	size_t baseline; /* the setting it is compared with; STUDY_NO_SETTING: none */
};

struct study_measure {           /* one figure a run */
	char *text;              /* "latency.p95(locust)"; also the name of its column */
	bool is_line;            /* an expectation that holds (1) or does not (0), not a quantity */
	struct expect_term term; /* of a quantity; for several pods the mean over them */
	struct expectation line;
	enum expect_unit unit; /* of a line EXPECT_PERCENT: the share of runs in which it holds */
	struct doc_location where;
};

struct study_until { /* stop once the 95 % interval is narrow enough */
	size_t measure;
	bool relative; /* @width is a share of the mean, else in the measure's unit */
	double width;  /* half the interval's */
};

struct study_subject { /* a condition that the best setting must meet */
	size_t measure;
	struct expectation line;
	bool every_run;  /* must hold in each run; else the mean over the runs must */
	double at_least; /* every_run: share of all possible runs in which it must hold; 0: no run
	                    at hand may break it */
};

struct study_goal {
	bool given, maximise;
	size_t measure;
	struct study_subject *subjects;
	size_t n_subjects;
	double confidence; /* 0.95 unless given */
};

struct study {
	char *name, *description, *file;
	char *scenario_file;
	struct scenario *scenario; /* as it is, without any setting */
	char *content;             /* hash of podsim's version and all files of the scenario, hex */
	struct study_path *paths;
	size_t n_paths;
	struct study_setting *settings;
	size_t n_settings;
	bool is_grid;
	struct study_measure *measures;
	size_t n_measures;
	uint64_t first_seed; /* the scenario's */
	size_t seeds;        /* a setting; with @has_until: at most */
	bool has_until;
	struct study_until until;
	bool has_baseline;
	struct study_goal goal;
};

typedef struct study study; /* for g_autoptr */

/* Reads and checks @path and its scenario. NULL and @error: every fault found, a line each. */
struct study *study_load(const char *path, GError **error);
void study_free(struct study *study); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(study, study_free)

/* The scenario with a setting's values. NULL and @error. */
struct scenario *study_scenario(const struct study *study, size_t setting, GError **error);

/* The probability of being wrong about one setting that leaves the goal's confidence for all of them
 * together (Bonferroni): the winner is the best of many, so one that was lucky is the likelier to be
 * it. */
double study_tail(const struct study *study);

/* "5", "15s", {"a":1}; "-" for a value that is the scenario's own; caller frees. */
char *study_value_text(const struct doc *value);
/* "periodSeconds=5, users=100"; caller frees. */
char *study_setting_text(const struct study *study, size_t setting);
