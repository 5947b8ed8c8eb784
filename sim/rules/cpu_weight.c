#include "rules/cpu_weight.h"

#define SHARES_PER_CPU 1024
#define LEAST_SHARES 2
#define MOST_SHARES 262144
#define MOST_WEIGHT 10000

int64_t cpu_shares(int64_t milli)
{
	const int64_t shares = milli * SHARES_PER_CPU / 1000;

	return shares < LEAST_SHARES  ? LEAST_SHARES
	       : shares > MOST_SHARES ? MOST_SHARES /* the kernel's bound */
	                              : shares;
}

int64_t cpu_weight(int64_t milli, bool cgroup_v1)
{
	const int64_t shares = cpu_shares(milli);

	return cgroup_v1
	           ? shares
	           : 1 + (shares - LEAST_SHARES) * (MOST_WEIGHT - 1) / (MOST_SHARES - LEAST_SHARES);
}
