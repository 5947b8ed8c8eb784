/* student.h - how sure a sample makes us.
 *
 * All of it is computed with + - * / and the engine's own functions, so it has the same bits
 * everywhere. */

#pragma once

#include <stddef.h>

/* Student's t that is exceeded with the probability @tail (0 < tail < 0.5), with @degrees >= 1 of
 * freedom; relative error below 1e-9. */
double student_quantile(double tail, size_t degrees);

/* The probability that a sample of @n has at most @k of what a share @p (0 < p < 1) of all has: the
 * binomial distribution. */
double binomial_at_most(size_t k, size_t n, double p);

/* The share of all that at most has what @k of a sample of @n has, wrong with the probability @tail:
 * the upper bound of Clopper and Pearson, "The use of confidence or fiducial limits", 1934. For @k
 * of 0: 1 - tail^(1/n). */
double binomial_share(size_t k, size_t n, double tail);
