/* expect.h - one line of `expect:`, parsed.
 *
 *   QUANTITY COMPARISON VALUE [WHEN]        endpoints(service/inference) == 2 at 595s
 *   QUANTITY in LOW..HIGH [WHEN]            latency.p95(locust) in 420ms..650ms
 *   finding(RULE [, OBJECT])                holds when the diagnosis has it
 *   no findings
 *
 * QUANTITY is NAME(OBJECT, key=value ...): see the table in expect_quantity.c. VALUE is a number, a
 * length of time, a quantity, a percentage, or another QUANTITY with a factor before it and another
 * scenario behind it: 70% of latency.p95(locust) of idle-replica.yaml. WHEN: at T | by T | always
 * [from T] [to T] | never [from T] [to T] | for D [from T] | at end. Quantities of the whole run
 * have no WHEN; the others have `at end` when none is given. Parsing knows the words; whether the
 * object exists is judged against the Run. */

#pragma once

#include "document/document.h"
#include "engine/time.h"

enum expect_comparison {
	EXPECT_EQ,
	EXPECT_NE,
	EXPECT_LT,
	EXPECT_LE,
	EXPECT_GT,
	EXPECT_GE,
	EXPECT_IN
};
enum expect_when {
	EXPECT_WHOLE_RUN,
	EXPECT_AT,     /* at `from` */
	EXPECT_BY,     /* at some instant up to `to` */
	EXPECT_ALWAYS, /* at every instant between `from` and `to` */
	EXPECT_NEVER,  /* at none of them */
	EXPECT_FOR,    /* for `span` without a break, beginning at `from` or later */
	EXPECT_AT_END
};
enum expect_unit {
	EXPECT_NUMBER,
	EXPECT_SECONDS,
	EXPECT_CORES, /* written 250m, or 25% of a core */
	EXPECT_BYTES,
	EXPECT_PERCENT, /* as a fraction: 25% is 0.25 */
	EXPECT_TEXT
};

struct expect_term {        /* requests(deployment/web, revision=2) */
	char *name;         /* "latency.p95"; of a finding: the rule */
	char *object;       /* "locust", "service/inference"; NULL: none */
	GStrv keys, values; /* key=value arguments */
	char *scenario;     /* of another scenario: `of idle-replica.yaml`; NULL: this run */
};

struct expectation {
	char *line; /* as written */
	struct doc_location where;
	bool is_finding, no_findings;
	struct expect_term left;
	enum expect_comparison comparison;
	double low, high; /* in the unit; both equal unless EXPECT_IN */
	enum expect_unit unit;
	char *text;     /* EXPECT_TEXT */
	bool has_right; /* compared with another quantity, times @factor */
	struct expect_term right;
	double factor;
	enum expect_when when;
	sim_time from, to; /* SIM_NEVER: open */
	sim_time span;     /* EXPECT_FOR */
};

/* False and @error at the place of @line (a string). */
bool expectation_parse(struct expectation *expectation, const struct doc *line, GError **error);
void expectation_clear(struct expectation *expectation);

/* One QUANTITY alone, as studies measure it; @unit may be NULL. False and @error at the place of
 * @text. */
bool expect_term_parse(struct expect_term *term, enum expect_unit *unit, const struct doc *text,
                       GError **error);
void expect_term_clear(struct expect_term *term);
