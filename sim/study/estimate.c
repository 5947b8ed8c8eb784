/* estimate.c - means, intervals, and how they are written. */

#include "study/estimate.h"

#include "engine/statistics.h"
#include "report/measure.h"

#include <math.h>
#include <string.h>

static struct estimate estimate_of(const struct moments *moments, size_t missing)
{
	const bool spread = moments->n >= 2;

	return (struct estimate){
	    .n = (size_t)moments->n,
	    .missing = missing,
	    .mean = moments->n ? moments->mean : NAN,
	    .error = spread ? moments_standard_error(moments) : NAN,
	    .half = spread ? moments_interval95(moments) : NAN,
	};
}

struct estimate estimate_mean(const struct runner *runner, size_t setting, size_t measure,
                              size_t seeds)
{
	struct moments moments = {0};
	size_t missing = 0;

	for (size_t seed = 0; seed < seeds; seed++) {
		const double *figures = runner_figures(runner, setting, seed);

		if (figures && isnan(figures[measure])) {
			missing++;
		} else if (figures) {
			moments_add(&moments, figures[measure]);
		}
	}
	return estimate_of(&moments, missing);
}

struct estimate estimate_difference(const struct runner *runner, size_t setting, size_t baseline,
                                    size_t measure, size_t seeds)
{
	struct moments moments = {0};
	size_t missing = 0;

	for (size_t seed = 0; seed < seeds; seed++) {
		const double *own = runner_figures(runner, setting, seed);
		const double *other = runner_figures(runner, baseline, seed);

		if (!own || !other) {
			continue;
		}
		if (isnan(own[measure]) || isnan(other[measure])) {
			missing++;
		} else {
			moments_add(&moments, own[measure] - other[measure]);
		}
	}
	return estimate_of(&moments, missing);
}

char *estimate_text(enum expect_unit unit, double value, bool sign)
{
	if (isnan(value)) {
		return g_strdup("-");
	}
	g_autofree char *amount = measure_text(unit, fabs(value));
	/* what is printed as nothing has no sign */
	const bool nothing = strspn(amount, "0.") && !strpbrk(amount, "123456789");

	if (nothing && unit == EXPECT_SECONDS) {
		return g_strdup("0 s"); /* "0.0 ms" of a sum of hours reads oddly */
	}
	return g_strconcat(nothing ? "" : value < 0 ? "-" : sign ? "+" : "", amount, NULL);
}

char *estimate_interval_text(enum expect_unit unit, const struct estimate *estimate, bool sign)
{
	if (isnan(estimate->half)) {
		return g_strdup("-");
	}
	g_autofree char *low = estimate_text(unit, estimate->mean - estimate->half, sign);
	g_autofree char *high = estimate_text(unit, estimate->mean + estimate->half, sign);

	return g_strdup_printf("%s to %s", low, high);
}
