/* bare_main.c - the bare model of bare.h as a command: `bench-bare SCENARIO REQUESTS`. */

#include "bare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: bench-bare SCENARIO REQUESTS\n");
		return 2;
	}
	for (int i = 0; i < 4; i++) {
		if (strcmp(argv[1], bare_scenarios[i].name) == 0) {
			const struct bare_result r =
			    bare_run(&bare_scenarios[i], atoll(argv[2]), 1);

			printf("mean %.1f ms, p95 %.1f ms\n", r.mean_ms, r.p95_ms);
			return 0;
		}
	}
	fprintf(stderr, "bench-bare: no scenario `%s'\n", argv[1]);
	return 2;
}
