#include "engine/random.h"

#include <Random123/philox.h>

/* Stafford's variant 13 of the 64-bit finaliser, as in SplitMix64: a bijection, so seeds of one
 * purpose never share a key. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

struct random_stream random_stream_of(uint64_t seed, enum random_purpose purpose)
{
	const uint64_t key = mix(mix(seed) + (uint64_t)purpose * UINT64_C(0x9e3779b97f4a7c15));

	return (struct random_stream){{(uint32_t)key, (uint32_t)(key >> 32)}};
}

/* 52 bits in the middle of their step: 53 significant bits, and neither 0 nor 1 can come out. */
static inline double open_unit(uint32_t low, uint32_t high)
{
	const uint64_t bits = ((uint64_t)high << 32 | low) >> 12;

	return ((double)(int64_t)bits + 0.5) * 0x1p-52;
}

static inline philox4x32_ctr_t block(const struct random_stream *stream, uint64_t entity,
                                     uint64_t ordinal)
{
	const philox4x32_ctr_t counter = {{(uint32_t)entity, (uint32_t)(entity >> 32),
	                                   (uint32_t)ordinal, (uint32_t)(ordinal >> 32)}};
	const philox4x32_key_t key = {{stream->key[0], stream->key[1]}};

	return philox4x32(counter, key);
}

void random_pair(const struct random_stream *stream, uint64_t entity, uint64_t ordinal,
                 double out[2])
{
	const philox4x32_ctr_t b = block(stream, entity, ordinal);

	out[0] = open_unit(b.v[0], b.v[1]);
	out[1] = open_unit(b.v[2], b.v[3]);
}

double random_uniform(const struct random_stream *stream, uint64_t entity, uint64_t ordinal)
{
	const philox4x32_ctr_t b = block(stream, entity, ordinal);

	return open_unit(b.v[0], b.v[1]);
}

uint32_t random_below(const struct random_stream *stream, uint64_t entity, uint64_t ordinal,
                      uint32_t n)
{
	return (uint32_t)(random_uniform(stream, entity, ordinal) * n);
}
