/* evaluate.h - one run of a study: a scenario with one setting and one seed, down to its figures.
 */

#pragma once

#include "study/study.h"

/* Runs @scenario (a setting's, which stays as it is and may be in use by other threads) with the
 * seed number @seed (from 0) and puts a figure for each measure of @study into @figures. NaN: there
 * is none, such as the time to Ready of a pod that never was. False and @error. */
bool evaluate(const struct study *study, const struct scenario *scenario, size_t seed,
              double *figures, GError **error);
