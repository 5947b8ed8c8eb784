#include "bare.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct bare_scenario bare_scenarios[4] = {
    {"small", 4, 100, 20, 0.5, 0},
    {"large", 1000, 100000, 20, 3, 0},
    {"open", 1000, 0, 50, 0, 10000},
    {"overload", 4, 10000, 20, 0.5, 0},
};

double bench_cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- random numbers --- */

static uint64_t state[4];

static inline uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static inline uint64_t next(void)
{
	const uint64_t result = rotl(state[0] + state[3], 23) + state[0];
	const uint64_t t = state[1] << 17;

	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= t;
	state[3] = rotl(state[3], 45);
	return result;
}

#define LAYERS 256
#define TAIL 7.69711747013104972
#define AREA 0.0039496598225815571993

static double layer_x[LAYERS + 1], layer_f[LAYERS + 1];

static void seed_random(uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		state[i] = z ^ z >> 31;
	}
	layer_x[0] = AREA / exp(-TAIL);
	layer_x[1] = TAIL;
	for (int i = 2; i < LAYERS; i++) {
		layer_x[i] = -log(exp(-layer_x[i - 1]) + AREA / layer_x[i - 1]);
	}
	layer_x[LAYERS] = 0;
	for (int i = 0; i <= LAYERS; i++) {
		layer_f[i] = exp(-layer_x[i]);
	}
}

/* Marsaglia and Tsang's ziggurat: mean 1. */
static inline double exponential(void)
{
	double base = 0;

	for (;;) {
		const uint64_t bits = next();
		const unsigned i = bits & (LAYERS - 1);
		const double u = (double)(bits >> 11) * 0x1p-53;
		const double x = u * layer_x[i];

		if (x < layer_x[i + 1]) {
			return base + x;
		}
		if (i == 0) {
			base += TAIL;
			continue;
		}
		const double v = (double)(next() >> 11) * 0x1p-53;

		if (layer_f[i + 1] + v * (layer_f[i] - layer_f[i + 1]) < exp(-x)) {
			return base + x;
		}
	}
}

static inline uint32_t below(uint32_t n)
{
	return (uint32_t)((next() >> 32) * n >> 32);
}

/* --- the queue: 4-ary heap, 16-byte items, position per slot --- */

struct item {
	int64_t time;
	uint64_t word; /* sequence number, slot */
};

#define SLOT_BITS 24
#define SLOT_MASK ((1U << SLOT_BITS) - 1)

static struct item *heap;
static uint32_t heap_n, *position;
static uint64_t sequence;
static int64_t now;
static void *heap_memory;

__extension__ typedef unsigned __int128 item_key;

static inline item_key key_of(const struct item *i)
{
	return (item_key)(uint64_t)i->time << 64 | i->word; /* times are not negative here */
}

static inline void put(uint32_t i, struct item item)
{
	heap[i] = item;
	position[item.word & SLOT_MASK] = i;
}

static void up(uint32_t i, struct item item)
{
	while (i > 0 && key_of(&item) < key_of(&heap[(i - 1) / 4])) {
		put(i, heap[(i - 1) / 4]);
		i = (i - 1) / 4;
	}
	put(i, item);
}

static void down(uint32_t i, struct item item)
{
	uint32_t c;

	while ((c = 4 * i + 1) < heap_n) {
		const uint32_t a = c + (key_of(&heap[c + 1]) < key_of(&heap[c]));
		const uint32_t b = c + 2 + (key_of(&heap[c + 3]) < key_of(&heap[c + 2]));
		const uint32_t m = a + (b - a) * (key_of(&heap[b]) < key_of(&heap[a]));

		if (key_of(&heap[m]) >= key_of(&item)) {
			break;
		}
		put(i, heap[m]);
		i = m;
	}
	put(i, item);
}

static const struct item nothing = {INT64_MAX, UINT64_MAX};

static void queue_open(uint32_t slots)
{
	heap_memory = aligned_alloc(64, ((slots + 16) * sizeof(struct item) + 63) / 64 * 64);
	heap = (struct item *)heap_memory + 3;
	position = calloc(slots + 1, sizeof(*position));
	for (uint32_t i = 0; i < slots + 8; i++) {
		heap[i] = nothing;
	}
	heap_n = 0;
	sequence = 0;
	now = 0;
}

static void queue_close(void)
{
	free(heap_memory);
	free(position);
}

static inline void queue_add(uint32_t slot, int64_t at)
{
	up(heap_n++, (struct item){at, sequence++ << SLOT_BITS | slot});
}

static inline void queue_move(uint32_t slot, int64_t at)
{
	const struct item item = {at, sequence++ << SLOT_BITS | slot};
	const uint32_t i = position[slot];

	if (i > 0 && key_of(&item) < key_of(&heap[(i - 1) / 4])) {
		up(i, item);
	} else {
		down(i, item);
	}
}

static inline uint32_t queue_take(void)
{
	const struct item top = heap[0];
	const struct item last = heap[--heap_n];

	heap[heap_n] = nothing;
	if (heap_n) {
		down(0, last);
	}
	now = top.time;
	return top.word & SLOT_MASK;
}

/* --- pods: processor sharing in virtual time --- */

struct job {
	double finish;
	uint32_t request;
};

struct pod {
	double v;
	int64_t updated;
	uint32_t n, room;
	bool pending;
	struct job *jobs;
};

struct request {
	int64_t start;
	uint32_t pod;
	uint8_t state;
};

enum { THINKING, WAITING };

static struct pod *pods;
static struct request *requests;
static uint32_t n_requests, *free_requests, n_free;
static double demand, think;

static inline void pod_update(struct pod *p)
{
	if (p->n) {
		p->v += (double)(now - p->updated) / p->n; /* one core: rate 1/n */
	}
	p->updated = now;
}

static inline void pod_set(struct pod *p, uint32_t slot)
{
	const int64_t at = now + (int64_t)((p->jobs[0].finish - p->v) * p->n) + 1;

	if (p->pending) {
		queue_move(slot, at);
	} else {
		queue_add(slot, at);
		p->pending = true;
	}
}

static void pod_enter(uint32_t pod, uint32_t request)
{
	struct pod *p = &pods[pod];

	pod_update(p);
	if (p->n == 0) {
		p->v = 0;
	}
	if (p->n == p->room) {
		p->room = p->room ? 2 * p->room : 8;
		p->jobs = realloc(p->jobs, p->room * sizeof(*p->jobs));
	}
	const struct job job = {p->v + demand * exponential(), request};
	uint32_t i = p->n++;

	while (i > 0 && job.finish < p->jobs[(i - 1) / 2].finish) {
		p->jobs[i] = p->jobs[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	p->jobs[i] = job;
	pod_set(p, n_requests + pod);
}

static uint32_t pod_leave(uint32_t pod)
{
	struct pod *p = &pods[pod];

	pod_update(p);
	const uint32_t request = p->jobs[0].request;
	const struct job last = p->jobs[--p->n];
	uint32_t i = 0;
	uint32_t c;

	while ((c = 2 * i + 1) < p->n) {
		c += c + 1 < p->n && p->jobs[c + 1].finish < p->jobs[c].finish;
		if (last.finish <= p->jobs[c].finish) {
			break;
		}
		p->jobs[i] = p->jobs[c];
		i = c;
	}
	p->jobs[i] = last;
	p->pending = false;
	if (p->n) {
		pod_set(p, n_requests + pod);
	}
	return request;
}

/* --- histogram: 128 steps a power of two --- */

static uint64_t counts[64 * 128];
static double total;

static inline void count(int64_t x)
{
	const unsigned e = 63 - (unsigned)__builtin_clzll((uint64_t)x | 128);

	counts[(e - 7) * 128 + (((uint64_t)x >> (e - 7)) & 127)]++;
	total += (double)x;
}

static double quantile(double q, int64_t n)
{
	uint64_t seen = 0;

	for (unsigned i = 0; i < 64 * 128; i++) {
		seen += counts[i];
		if ((double)seen >= q * (double)n) {
			return ldexp(i % 128 + 128.5, (int)(i / 128));
		}
	}
	return 0;
}

/* --- the model --- */

static void prepare(const struct bare_scenario *s, uint64_t seed)
{
	seed_random(seed);
	n_requests = s->users ? (uint32_t)s->users : 1 << 20;
	demand = s->demand_ms * 1e6;
	think = s->think_s * 1e9;
	pods = calloc((size_t)s->pods, sizeof(*pods));
	requests = calloc(n_requests, sizeof(*requests));
	free_requests = calloc(n_requests, sizeof(*free_requests));
	memset(counts, 0, sizeof(counts));
	total = 0;
	queue_open(n_requests + (uint32_t)s->pods + 1);
	if (s->users) {
		for (uint32_t i = 0; i < n_requests; i++) {
			queue_add(i, (int64_t)(think * exponential()));
		}
	} else {
		for (n_free = 0; n_free < n_requests; n_free++) {
			free_requests[n_free] = n_requests - 1 - n_free;
		}
		queue_add(n_requests + (uint32_t)s->pods, 0);
	}
}

static void begin(const struct bare_scenario *s, uint32_t request)
{
	requests[request].start = now;
	requests[request].state = WAITING;
	pod_enter(below((uint32_t)s->pods), request);
}

struct bare_result bare_run(const struct bare_scenario *s, int64_t n, uint64_t seed)
{
	prepare(s, seed);
	const uint32_t arrival = n_requests + (uint32_t)s->pods;
	const double gap = s->users ? 0 : 1e9 / s->rate;
	int64_t done = 0;
	const double before = bench_cpu_seconds();

	while (done < n) {
		const uint32_t slot = queue_take();

		if (slot == arrival) {
			queue_add(arrival, now + (int64_t)(gap * exponential()));
			begin(s, free_requests[--n_free]);
		} else if (slot >= n_requests) {
			queue_add(pod_leave(slot - n_requests), now + BARE_WAIT_NS);
		} else if (requests[slot].state == THINKING) {
			begin(s, slot);
		} else {
			count(now - requests[slot].start);
			done++;
			if (s->users) {
				requests[slot].state = THINKING;
				queue_add(slot, now + (int64_t)(think * exponential()));
			} else {
				free_requests[n_free++] = slot;
			}
		}
	}
	const struct bare_result result = {(bench_cpu_seconds() - before) * 1e9 / (double)n,
	                                   total / (double)n / 1e6, quantile(0.95, n) / 1e6,
	                                   (double)now / 1e9};

	for (int i = 0; i < s->pods; i++) {
		free(pods[i].jobs);
	}
	free(pods);
	free(requests);
	free(free_requests);
	queue_close();
	return result;
}

double bare_mm1(int64_t customers, uint64_t seed)
{
	enum { RING = 1 << 16 };
	int64_t *arrived = calloc(RING, sizeof(*arrived));
	uint32_t head = 0;
	uint32_t tail = 0;
	int64_t done = 0;
	double sum = 0;

	seed_random(seed);
	queue_open(2);
	queue_add(0, 0);
	const double before = bench_cpu_seconds();

	while (done < customers) {
		if (queue_take() == 0) {
			arrived[tail++ % RING] = now;
			queue_add(0, now + (int64_t)(1e9 / 0.9 * exponential()));
			if (tail - head == 1) {
				queue_add(1, now + (int64_t)(1e9 * exponential()));
			}
		} else {
			sum += (double)(now - arrived[head++ % RING]);
			done++;
			if (tail != head) {
				queue_add(1, now + (int64_t)(1e9 * exponential()));
			}
		}
	}
	const double ns = (bench_cpu_seconds() - before) * 1e9 / (double)customers;

	free(arrived);
	queue_close();
	return sum > 0 ? ns : 0;
}
