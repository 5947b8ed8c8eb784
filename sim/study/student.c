/* student.c - Student's t by its distribution function, the binomial by its sum. */

#include "study/student.h"

#include "engine/mathematics.h"

#include <math.h>

/* The continued fraction of the incomplete beta function (Lentz's method; Abramowitz and Stegun
 * 26.5.8). */
static double beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1);

	d = 1 / (fabs(d) < tiny ? tiny : d);
	double result = d;

	for (int m = 1; m <= 10000; m++) {
		const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		result *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		const double step = d * c;

		result *= step;
		if (fabs(step - 1) < 1e-15) {
			break;
		}
	}
	return result;
}

/* The regularised incomplete beta function I_x(@a, @b). */
static double incomplete_beta(double a, double b, double x)
{
	if (x <= 0 || x >= 1) {
		return x <= 0 ? 0 : 1;
	}
	const double front = mathematics_exp(mathematics_log_gamma(a + b) -
	                                     mathematics_log_gamma(a) - mathematics_log_gamma(b) +
	                                     a * mathematics_log(x) + b * mathematics_log(1 - x));

	return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
	                                 : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* P(T > t) for t >= 0. */
static double student_tail(double t, double degrees)
{
	return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
}

double student_quantile(double tail, size_t degrees)
{
	double low = 0, high = 1;

	while (student_tail(high, (double)degrees) > tail && high < 1e12) {
		low = high;
		high *= 2;
	}
	for (int i = 0; i < 200 && high - low > 1e-11 * high; i++) {
		const double middle = (low + high) / 2;

		if (student_tail(middle, (double)degrees) > tail) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return (low + high) / 2;
}

double binomial_at_most(size_t k, size_t n, double p)
{
	const double log_odds = mathematics_log(p) - mathematics_log(1 - p);
	double term = (double)n * mathematics_log(1 - p); /* logarithm, as it may be very small */
	double sum = 0;

	for (size_t i = 0; i <= k && i <= n; i++) {
		sum += mathematics_exp(term);
		term += log_odds + mathematics_log((double)(n - i ? n - i : 1)) -
		        mathematics_log((double)(i + 1));
	}
	return fmin(1, sum);
}

double binomial_share(size_t k, size_t n, double tail)
{
	double low = 0, high = 1;

	if (k >= n) {
		return 1;
	}
	if (k == 0) {
		return 1 - mathematics_exp(mathematics_log(tail) / (double)n);
	}
	for (int i = 0; i < 200 && high - low > 1e-12; i++) {
		const double middle = (low + high) / 2;

		if (binomial_at_most(k, n, middle) > tail) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return high;
}
