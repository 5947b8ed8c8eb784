/* simulate.h - from the file that a user names to a Run, with the options that every simulating
 * command has. */

#pragma once

#include "report/diagnosis.h"
#include "report/verdict.h"

struct simulate_options {
	char **sets;          /* --set, NULL-terminated; NULL: none */
	char *seed_text;      /* --seed; NULL: the scenario's */
	gboolean stats;       /* --stats */
	const char *requests; /* file for the log of requests; NULL: none */
	gboolean progress;    /* tell on standard error how far a long run is, if it is a terminal */
};

/* The options --set, --seed and --stats, stored in @options; for command_parse(). The array is
 * static to the caller. */
#define SIMULATE_OPTIONS(options)                                                                  \
	{"set",                                                                                    \
	 0,                                                                                        \
	 G_OPTION_FLAG_NONE,                                                                       \
	 G_OPTION_ARG_STRING_ARRAY,                                                                \
	 &(options).sets,                                                                          \
	 "Override a setting; may be given again",                                                 \
	 "PATH=VALUE"},                                                                            \
	    {"seed",                                                                               \
	     0,                                                                                    \
	     G_OPTION_FLAG_NONE,                                                                   \
	     G_OPTION_ARG_STRING,                                                                  \
	     &(options).seed_text,                                                                 \
	     "Override the scenario's seed",                                                       \
	     "N"},                                                                                 \
	{                                                                                          \
		"stats", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &(options).stats,               \
		    "Print events, requests, wall time and peak memory on standard error", NULL    \
	}

struct simulated { /* a scenario and what became of it */
	struct scenario *scenario;
	struct run *run;
	GPtrArray *findings; /* struct finding * */
	GPtrArray *verdicts; /* struct verdict *: a line of `expect:` each */
	GPtrArray *others;   /* struct simulated *: runs that `expect:` compares with */
};

/* Loads and runs @path, diagnoses the run and judges what it expects. False and @error. */
bool simulate(const char *path, const struct simulate_options *options, struct simulated *result,
              GError **error);
/* Whether everything expected held; *@code gets the exit code that says so. */
bool simulated_holds(const struct simulated *result, int *code);
void simulated_clear(struct simulated *result);
void simulate_options_clear(struct simulate_options *options);
