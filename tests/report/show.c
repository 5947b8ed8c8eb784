/* show.c - prints the report of a stage's Run, for looking at it. */

#include "report/compare.h"
#include "report/diagnosis.h"
#include "report/explain.h"
#include "report/story.h"
#include "report/summary.h"
#include "report/tables.h"
#include "stage.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct stage *stage =
	    argc > 1 && g_str_equal(argv[1], "fixed") ? stage_fixed() : stage_incident();
	struct run *run = stage_finish(stage);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GPtrArray) findings = diagnose(run);

	story_print(run, out, false);
	tables_pods(run, out, false);
	tables_endpoints(run, out, false);
	tables_hpas(run, out, false);
	tables_load(run, out, false);
	tables_replicas(run, out, false);
	g_string_append(out, "\nDiagnosis\n---------\n");
	findings_print(findings, out, false);
	for (int i = 2; i < argc; i++) {
		explain(run, argv[i], out, false);
	}
	fputs(out->str, stdout);
	stage_free(stage);
	return 0;
}
