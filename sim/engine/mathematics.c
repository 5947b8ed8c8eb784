#include "engine/mathematics.h"

#include <math.h> /* sqrt, which is exact, and constants */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ln 2 in two parts: the first has so few bits that an exponent times it is exact. */
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#define LOG2_E 0x1.71547652b82fep+0
#define LOG_SQRT_2PI 0.91893853320467274178

static uint64_t bits_of(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static double double_of(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

double mathematics_log(double x)
{
	static const uint64_t sqrt_half = UINT64_C(0x3fe6a09e667f3bcd);
	int64_t exponent = 0;

	if (x < 0x1p-1022) {
		x *= 0x1p54;
		exponent = -54;
	}
	/* x = 2^exponent * m with m in [sqrt(1/2), sqrt(2)). */
	const uint64_t bits = bits_of(x);
	const int64_t shift = (int64_t)(bits - sqrt_half) >> 52;

	exponent += shift;
	const double f = double_of(bits - ((uint64_t)shift << 52)) - 1;
	/* log(1 + f) = 2 artanh(s) = 2s + 2s^3/3 + 2s^5/5 + ...; 2s is written as f - f^2/2 + s
	 * f^2/2 to keep its last bits. */
	const double s = f / (2 + f);
	const double z = s * s;
	const double z2 = z * z;
	const double z4 = z2 * z2;
	const double low = 2.0 / 3 + z * (2.0 / 5) + z2 * (2.0 / 7 + z * (2.0 / 9));
	const double high = 2.0 / 11 + z * (2.0 / 13) + z2 * (2.0 / 15 + z * (2.0 / 17)) +
	                    z4 * (2.0 / 19 + z * (2.0 / 21));
	const double series = z * (low + z4 * high);
	const double half_square = 0.5 * f * f;
	const double k = (double)exponent;

	return k * LN2_HIGH - ((half_square - (s * (half_square + series) + k * LN2_LOW)) - f);
}

double mathematics_exp(double x)
{
	if (x > 709.782712893384) {
		return HUGE_VAL;
	}
	if (x < -745.2) {
		return 0;
	}
	/* x = k ln 2 + r with |r| <= ln(2)/2; adding and taking away 1.5 * 2^52 rounds to a whole
	 * number. */
	const double k = (x * LOG2_E + 0x1.8p52) - 0x1.8p52;
	const double high = x - k * LN2_HIGH;
	const double low = k * LN2_LOW;
	const double r = high - low;
	double series = 0;

	/* Taylor's series from r^2/2! to r^13/13!. */
	for (int i = 13; i >= 2; i--) {
		series = (1 + series) * r / i;
	}
	/* e^r = 1 + high - low + r (series), where the rounding of r is given back. */
	const double y = 1 + (high + (r * series - low));
	const int64_t exponent = (int64_t)k;

	if (exponent < -1021) { /* in two steps, so that a subnormal result is rounded once */
		return y * double_of((uint64_t)(exponent + 200 + 1023) << 52) * 0x1p-200;
	}
	if (exponent > 1023) {
		return y * 2 * double_of((uint64_t)(exponent - 1 + 1023) << 52);
	}
	return y * double_of((uint64_t)(exponent + 1023) << 52);
}

static double polynomial(const double c[8], double x)
{
	double y = c[7];

	for (int i = 6; i >= 0; i--) {
		y = y * x + c[i];
	}
	return y;
}

double mathematics_normal_quantile(double p)
{
	static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
	                            1.9715909503065514427e3, 1.3731693765509461125e4,
	                            4.5921953931549871457e4, 6.7265770927008700853e4,
	                            3.3430575583588128105e4, 2.5090809287301226727e3};
	static const double b[8] = {1,
	                            4.2313330701600911252e1,
	                            6.8718700749205790830e2,
	                            5.3941960214247511077e3,
	                            2.1213794301586595867e4,
	                            3.9307895800092710610e4,
	                            2.8729085735721942674e4,
	                            5.2264952788528545610e3};
	static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
	                            5.76949722146069140550e0,  3.64784832476320460504e0,
	                            1.27045825245236838258e0,  2.41780725177450611770e-1,
	                            2.27238449892691845833e-2, 7.74545014278341407640e-4};
	static const double d[8] = {1,
	                            2.05319162663775882187e0,
	                            1.67638483018380384940e0,
	                            6.89767334985100004550e-1,
	                            1.48103976427480074590e-1,
	                            1.51986665636164571966e-2,
	                            5.47593808499534494600e-4,
	                            1.05075007164441684324e-9};
	static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
	                            1.78482653991729133580e0,  2.96560571828504891230e-1,
	                            2.65321895265761230930e-2, 1.24266094738807843860e-3,
	                            2.71155556874348757815e-5, 2.01033439929228813265e-7};
	static const double f[8] = {1,
	                            5.99832206555887937690e-1,
	                            1.36929880922735805310e-1,
	                            1.48753612908506148525e-2,
	                            7.86869131145613259100e-4,
	                            1.84631831751005468180e-5,
	                            1.42151175831644588870e-7,
	                            2.04426310338993978564e-15};
	const double q = p - 0.5;

	if (fabs(q) <= 0.425) {
		const double r = 0.180625 - q * q;

		return q * polynomial(a, r) / polynomial(b, r);
	}
	const double r = sqrt(-mathematics_log(q < 0 ? p : 1 - p));
	const double z = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6)
	                        : polynomial(e, r - 5) / polynomial(f, r - 5);

	return q < 0 ? -z : z;
}

/* What Stirling's formula leaves out: log Gamma(x) - ((x - 1/2) log x - x + log sqrt(2 pi)), x
 * >= 12. */
static double stirling_rest(double x)
{
	static const double c[8] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
	                            1.0 / 1188, -691.0 / 360360, 1.0 / 156,  -3617.0 / 122400};

	return polynomial(c, 1 / (x * x)) / x;
}

double mathematics_log_gamma(double x)
{
	double product = 1;

	while (x < 12) {
		product *= x;
		x += 1;
	}
	return (x - 0.5) * mathematics_log(x) - x + LOG_SQRT_2PI + stirling_rest(x) -
	       mathematics_log(product);
}

double mathematics_gamma_log_density(double shape, double x)
{
	if (shape < 12) {
		return (shape - 1) * mathematics_log(x) - x - mathematics_log_gamma(shape);
	}
	/* Around the mode the large terms cancel; what is left is shape * (log(1 + d) - d) with d
	 * the relative distance. */
	const double d = (x - shape) / shape;
	double excess; /* log(1 + d) - d */

	if (fabs(d) < 0.1) {
		double power = d;

		excess = 0;
		for (int i = 2; i < 40; i++) {
			power *= -d;
			excess += power / i;
		}
	} else {
		excess = mathematics_log(1 + d) - d;
	}
	return shape * excess - mathematics_log(x) + 0.5 * mathematics_log(shape) - LOG_SQRT_2PI -
	       stirling_rest(shape);
}

/* P's power series: x^shape e^-x / Gamma(shape + 1) * (1 + x/(shape+1) + ...). */
static double lower_by_series(double shape, double x, double density)
{
	double term = x / shape;
	double sum = term;

	for (double n = shape + 1; term > sum * 1e-17; n++) {
		term *= x / n;
		sum += term;
	}
	return sum * density;
}

/* Q's continued fraction by Lentz's method. */
static double upper_by_fraction(double shape, double x, double density)
{
	double b = x + 1 - shape;
	double c = 1e300;
	double d = 1 / b;
	double h = d;

	for (int i = 1; i < 100000; i++) {
		const double a = -i * (i - shape);

		b += 2;
		d = 1 / (a * d + b);
		c = b + a / c;
		const double factor = c * d;

		h *= factor;
		if (fabs(factor - 1) < 1e-16) {
			break;
		}
	}
	return h * x * density;
}

void mathematics_incomplete_gamma(double shape, double x, double *lower, double *upper)
{
	if (x <= 0) {
		*lower = 0;
		*upper = 1;
		return;
	}
	const double density = mathematics_exp(mathematics_gamma_log_density(shape, x));

	if (x < shape + 1) {
		*lower = lower_by_series(shape, x, density);
		*upper = 1 - *lower;
	} else {
		*upper = upper_by_fraction(shape, x, density);
		*lower = 1 - *upper;
	}
}

/* Where to start: Wilson and Hilferty's cube of a normal, or, far down, the first term of the power
 * series. */
static double quantile_guess(double shape, double lower, double upper)
{
	const double z =
	    lower < 0.5 ? mathematics_normal_quantile(lower) : -mathematics_normal_quantile(upper);
	const double root = 1 - 1 / (9 * shape) + z / (3 * sqrt(shape));
	const double first =
	    mathematics_exp((mathematics_log(lower) + mathematics_log_gamma(shape + 1)) / shape);

	if (root <= 0.1 || (shape < 1 && first < 0.5 * shape)) {
		return first;
	}
	return shape * root * root * root;
}

double mathematics_gamma_quantile(double shape, double lower, double upper)
{
	const bool below = lower <= 0.5;
	double x = quantile_guess(shape, lower, upper);
	double low = 0;
	double high = HUGE_VAL;

	if (x < 1e-300) {
		return x; /* there the first term of the series is all */
	}
	/* Halley's steps on P = lower, or on log Q = log upper above the median, kept in a bracket.
	 */
	for (int i = 0; i < 200; i++) {
		double p;
		double q;

		mathematics_incomplete_gamma(shape, x, &p, &q);
		const bool too_low = below ? p < lower : q > upper;
		const double density = mathematics_exp(mathematics_gamma_log_density(shape, x));
		const double newton = (below ? p - lower : upper - q) / density;
		const double slope = (shape - 1) / x - 1; /* of the log density */
		const double halley = 1 - fmax(-0.8, fmin(0.8, 0.5 * newton * slope));

		low = too_low ? x : low;
		high = too_low ? high : x;
		double next = x - newton / halley;

		if (!(next > low && next < high)) {
			next = high < HUGE_VAL ? 0.5 * (low + high) : 2 * x;
		}
		if (fabs(next - x) <= 1e-15 * x) {
			return next;
		}
		x = next;
	}
	return x;
}
