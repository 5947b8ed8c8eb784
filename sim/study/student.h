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

/* The largest share of all that may have what none of @n had, with @confidence: 1 - (1 -
 * confidence)^(1/n). */
double share_when_none(size_t n, double confidence);
