#include "engine/distribution.h"

#include "engine/mathematics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The exponential, gamma and lognormal quantiles are read from a table of cubic pieces. Each tail
 * of u has its own half: the octaves [1/4, 1/2), [1/8, 1/4), ... of u, or of 1 - u above the
 * median, are cut into equal cells, so cells shrink with the tail. A cell is found from the bits of
 * the number. A piece meets the exact quantile and its slope at both ends and is monotone. Beyond
 * the last octave the exact quantile is computed. */
#define OCTAVES 16
#define CELL_BITS 5
#define CELLS (OCTAVES << CELL_BITS)
#define TAIL 0x1p-17 /* = 2^-(OCTAVES + 1) */

/* Nanoseconds, 73 years: a longer duration would come near the end of the clock. */
#define LONGEST 0x1p61

struct piece { /* c0 + t (c1 + t (c2 + t c3)), t from 0 to 1 over the cell */
	double c[4];
};

struct tables {
	struct piece tails[2][CELLS]; /* 0: of u; 1: of 1 - u */
};

struct distribution {
	enum distribution_kind kind;
	gatomicrefcount refs;
	double mean, cv;
	union {
		struct {
			double low, width;
		};
		struct {
			double shape, scale;
		};
		struct {
			double mu, sigma;
		};
		struct {
			double *values; /* rising */
			size_t n;
		};
	};
	struct tables *tables; /* exponential, gamma and lognormal */
};

static struct distribution *make(enum distribution_kind kind, double mean, double cv)
{
	struct distribution *d = g_new0(struct distribution, 1);

	g_atomic_ref_count_init(&d->refs);
	d->kind = kind;
	d->mean = mean;
	d->cv = cv;
	return d;
}

/* --- exact quantiles: lower + upper = 1, both given because one of them is small --- */

static double exponential_exact(const struct distribution *d, double upper, double *slope)
{
	if (slope) {
		*slope = d->mean / upper;
	}
	return -d->mean * mathematics_log(upper);
}

static double gamma_exact(const struct distribution *d, double lower, double upper, double *slope)
{
	const double x = mathematics_gamma_quantile(d->shape, lower, upper);

	if (slope) {
		*slope = d->scale / mathematics_exp(mathematics_gamma_log_density(d->shape, x));
	}
	return d->scale * x;
}

static double lognormal_exact(const struct distribution *d, double lower, double upper,
                              double *slope)
{
	const double z =
	    lower < 0.5 ? mathematics_normal_quantile(lower) : -mathematics_normal_quantile(upper);
	const double x = mathematics_exp(d->mu + d->sigma * z);

	if (slope) { /* dx/du = x sigma / density of z */
		*slope = x * d->sigma * 2.5066282746310005024 * mathematics_exp(0.5 * z * z);
	}
	return x;
}

static double exact(const struct distribution *d, double lower, double upper, double *slope)
{
	switch (d->kind) {
	case DISTRIBUTION_GAMMA:
		return gamma_exact(d, lower, upper, slope);
	case DISTRIBUTION_LOGNORMAL:
		return lognormal_exact(d, lower, upper, slope);
	default:
		return exponential_exact(d, upper, slope);
	}
}

/* --- the table --- */

/* Where cell @i of a tail begins. */
static double cell_start(unsigned i)
{
	const uint64_t bits = ((uint64_t)(1023 - OCTAVES - 1) << CELL_BITS) + i;
	double start;

	memcpy(&start, &(uint64_t){bits << (52 - CELL_BITS)}, sizeof(start));
	return start;
}

/* The cubic through both ends with the slopes there; slopes are cut to three times the chord's,
 * which keeps it monotone (Fritsch and Carlson, SIAM Journal on Numerical Analysis 17, 1980). */
static struct piece piece_between(double y0, double slope0, double y1, double slope1)
{
	const double rise = y1 - y0;
	const double limit = 3 * fabs(rise);
	const double s0 = fmax(-limit, fmin(limit, slope0));
	const double s1 = fmax(-limit, fmin(limit, slope1));

	return (struct piece){{y0, s0, 3 * rise - 2 * s0 - s1, s0 + s1 - 2 * rise}};
}

static void fill_tail(struct distribution *d, bool upper)
{
	const double sign = upper ? -1 : 1;
	double p = cell_start(0);
	double slope0;
	double y0 = upper ? exact(d, 1 - p, p, &slope0) : exact(d, p, 1 - p, &slope0);

	for (unsigned i = 0; i < CELLS; i++) {
		const double next = cell_start(i + 1);
		const double width = sign * (next - p);
		double slope1;
		const double y1 =
		    upper ? exact(d, 1 - next, next, &slope1) : exact(d, next, 1 - next, &slope1);

		d->tables->tails[upper][i] = piece_between(y0, slope0 * width, y1, slope1 * width);
		p = next;
		y0 = y1;
		slope0 = slope1;
	}
}

static struct distribution *with_tables(struct distribution *d)
{
	d->tables = g_new(struct tables, 1);
	fill_tail(d, false);
	fill_tail(d, true);
	return d;
}

static inline double from_table(const struct distribution *d, double u)
{
	const double above = 1 - u; /* exact above one half */
	const bool upper = above < u;
	const double p = above < u ? above : u; /* a minimum: which one it is nobody can predict */

	if (G_UNLIKELY(p < TAIL)) {
		return exact(d, u, 1 - u, NULL);
	}
	uint64_t bits;

	memcpy(&bits, &p, sizeof(bits));
	const uint64_t cell =
	    (bits >> (52 - CELL_BITS)) - ((uint64_t)(1023 - OCTAVES - 1) << CELL_BITS);

	if (G_UNLIKELY(cell >= CELLS)) { /* p is one half */
		const double *last = d->tables->tails[0][CELLS - 1].c;

		return last[0] + last[1] + last[2] + last[3];
	}
	const uint64_t rest = (bits << CELL_BITS & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1023)
	                                                                            << 52;
	double t;

	memcpy(&t, &rest, sizeof(t));
	t -= 1;
	const double *c = d->tables->tails[upper][cell].c;

	return c[0] + t * (c[1] + t * (c[2] + t * c[3]));
}

/* --- the kinds --- */

struct distribution *distribution_constant(double value)
{
	return make(DISTRIBUTION_CONSTANT, value, 0);
}

struct distribution *distribution_uniform(double low, double high)
{
	g_assert(low <= high);
	const double mean = 0.5 * (low + high);
	struct distribution *d =
	    make(DISTRIBUTION_UNIFORM, mean, mean != 0 ? (high - low) / sqrt(12) / mean : 0);

	d->low = low;
	d->width = high - low;
	return d;
}

struct distribution *distribution_exponential(double mean)
{
	g_assert(mean >= 0);
	return with_tables(make(DISTRIBUTION_EXPONENTIAL, mean, 1));
}

struct distribution *distribution_gamma(double mean, double shape)
{
	g_assert(mean >= 0 && shape > 0);
	struct distribution *d = make(DISTRIBUTION_GAMMA, mean, 1 / sqrt(shape));

	d->shape = shape;
	d->scale = mean / shape;
	return with_tables(d);
}

struct distribution *distribution_lognormal(double mean, double sigma)
{
	g_assert(mean > 0 && sigma >= 0);
	struct distribution *d =
	    make(DISTRIBUTION_LOGNORMAL, mean, sqrt(mathematics_exp(sigma * sigma) - 1));

	d->mu = mathematics_log(mean) - 0.5 * sigma * sigma;
	d->sigma = sigma;
	return with_tables(d);
}

struct distribution *distribution_lognormal_p99(double mean, double p99, bool *possible)
{
	/* p99/mean = exp(z sigma - sigma^2/2): of the two sigmas the smaller; the ratio is largest
	 * at sigma = z. */
	const double z = mathematics_normal_quantile(0.99);
	const double square = mean > 0 && p99 > mean ? z * z - 2 * mathematics_log(p99 / mean) : -1;

	*possible = square >= 0;
	return *possible ? distribution_lognormal(mean, z - sqrt(square)) : NULL;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Observation i of n stands at the share (i + 1/2)/n; lines between, flat outside: the mean is the
 * observations' own. */
struct distribution *distribution_empirical(const double *values, size_t n)
{
	g_assert(n > 0);
	struct distribution *d = make(DISTRIBUTION_EMPIRICAL, 0, 0);

	d->values = g_memdup2(values, n * sizeof(*values));
	d->n = n;
	qsort(d->values, n, sizeof(*d->values), by_value);

	const double *v = d->values;
	double sum = 0;
	double squares = 0.5 * (v[0] * v[0] + v[n - 1] * v[n - 1]);

	for (size_t i = 0; i < n; i++) {
		sum += v[i];
		if (i + 1 < n) {
			squares += (v[i] * v[i] + v[i] * v[i + 1] + v[i + 1] * v[i + 1]) / 3;
		}
	}
	d->mean = sum / (double)n;
	const double variance = fmax(0, squares / (double)n - d->mean * d->mean);

	d->cv = d->mean != 0 ? sqrt(variance) / d->mean : 0;
	return d;
}

static double empirical_quantile(const struct distribution *d, double u)
{
	const double position = u * (double)d->n - 0.5;

	if (position <= 0) {
		return d->values[0];
	}
	const size_t i = (size_t)position;

	if (i + 1 >= d->n) {
		return d->values[d->n - 1];
	}
	return d->values[i] + (position - (double)i) * (d->values[i + 1] - d->values[i]);
}

struct distribution *distribution_ref(struct distribution *d)
{
	g_atomic_ref_count_inc(&d->refs);
	return d;
}

void distribution_unref(struct distribution *d)
{
	if (d && g_atomic_ref_count_dec(&d->refs)) {
		if (d->kind == DISTRIBUTION_EMPIRICAL) {
			g_free(d->values);
		}
		g_free(d->tables);
		g_free(d);
	}
}

enum distribution_kind distribution_kind_of(const struct distribution *d)
{
	return d->kind;
}

double distribution_mean(const struct distribution *d)
{
	return d->mean;
}

double distribution_cv(const struct distribution *d)
{
	return d->cv;
}

double distribution_quantile(const struct distribution *d, double u)
{
	switch (d->kind) {
	case DISTRIBUTION_UNIFORM:
		return d->low + u * d->width;
	case DISTRIBUTION_EXPONENTIAL:
	case DISTRIBUTION_GAMMA:
	case DISTRIBUTION_LOGNORMAL:
		return from_table(d, u);
	case DISTRIBUTION_EMPIRICAL:
		return empirical_quantile(d, u);
	case DISTRIBUTION_CONSTANT:
	default:
		return d->mean;
	}
}

sim_time distribution_duration(const struct distribution *d, double u)
{
	const double x = distribution_quantile(d, u);

	if (G_UNLIKELY(!(x < LONGEST))) {
		return (sim_time)LONGEST;
	}
	return x <= 0 ? 0 : (sim_time)(x + 0.5);
}
