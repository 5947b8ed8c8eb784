/* sweep_report.h - what a sweep found, as tables and as a document. */

#pragma once

#include "study/sweep.h"

/* The settings and, for each measure, means with their 95 % intervals and paired differences to the
 * baseline. */
void sweep_report_print(const struct study *study, const struct runner *runner, GString *out,
                        bool colour);

/* The same as a document, for JSON; caller frees. */
struct doc *sweep_report_document(const struct study *study, const struct runner *runner);

/* A line a path: what its short name in the tables stands for. */
void sweep_report_paths(const struct study *study, GString *out);
