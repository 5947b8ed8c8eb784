/* mathematics.h - the few functions whose last bit would differ between machines if the C library
 * computed them.
 *
 * Everything here is made of + - * / and square roots, which IEEE 754 rounds correctly, so results
 * have the same bits everywhere. The C library picks its code by CPU and does not promise that.
 * Errors are stated per function and tested against the C library's. */

#pragma once

/* Natural logarithm of a finite @x > 0, subnormal ones included; within 1 unit in the last place.
 */
double mathematics_log(double x);

/* e to the power of @x, within 1 unit in the last place; 0 below -745, infinite above 709.78. */
double mathematics_exp(double x);

/* The standard normal's quantile of @p in (0, 1): Wichura's algorithm AS 241 (Applied Statistics
 * 37, 1988), relative error about 1e-15. */
double mathematics_normal_quantile(double p);

/* Logarithm of the gamma function of @x > 0; absolute error at most 1e-14 times max(1, |result|,
 * @x). */
double mathematics_log_gamma(double x);

/* Both regularised incomplete gamma functions, P(@shape, @x) and Q = 1 - P, @x >= 0; relative error
 * of the smaller one about 1e-14 times max(1, @shape). */
void mathematics_incomplete_gamma(double shape, double x, double *lower, double *upper);

/* The standard gamma's quantile: the x with P(@shape, x) = @lower, or, where @lower exceeds one
 * half, with Q(@shape, x) = @upper. The caller gives both, because 1 - lower loses the tail. 0
 * where the result is below the smallest number. */
double mathematics_gamma_quantile(double shape, double lower, double upper);

/* Logarithm of the standard gamma density at @x > 0. */
double mathematics_gamma_log_density(double shape, double x);
