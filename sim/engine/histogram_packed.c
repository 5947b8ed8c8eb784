/* histogram_packed.c - histograms as strings of bits. */

#include "engine/histogram_packed.h"

#include <glib.h>
#include <string.h>

enum { ESCAPE = 24 }; /* a quotient this long is not written in ones: the number follows whole */

struct packed_histogram {
	struct histogram_totals totals;
	uint32_t steps, used; /* of a power of two; that counted something */
	uint8_t bits[];
};

/* --- strings of bits, the first bit of a byte being its lowest --- */

struct bit_writer {
	GByteArray *bytes;
	unsigned free; /* bits of the last byte */
};

struct bit_reader {
	const uint8_t *bytes;
	size_t at; /* in bits */
};

static void write_bits(struct bit_writer *w, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!w->free) {
			g_byte_array_append(w->bytes, (const uint8_t[]){0}, 1);
			w->free = 8;
		}
		w->bytes->data[w->bytes->len - 1] |= (uint8_t)((value >> i & 1) << (8 - w->free--));
	}
}

static uint64_t read_bits(struct bit_reader *r, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n; i++, r->at++) {
		value |= (uint64_t)(r->bytes[r->at / 8] >> r->at % 8 & 1) << i;
	}
	return value;
}

/* Ones, ended by a zero unless there are @most. */
static void write_unary(struct bit_writer *w, unsigned n, unsigned most)
{
	write_bits(w, UINT64_MAX, n);
	write_bits(w, 0, n < most);
}

static unsigned read_unary(struct bit_reader *r, unsigned most)
{
	unsigned n = 0;

	while (n < most && read_bits(r, 1)) {
		n++;
	}
	return n;
}

static unsigned width_of(uint64_t value) /* > 0: bits below its highest one */
{
	return 63 - (unsigned)__builtin_clzll(value);
}

static void write_gamma(struct bit_writer *w, uint64_t value) /* > 0 */
{
	write_unary(w, width_of(value), 63);
	write_bits(w, value, width_of(value));
}

static uint64_t read_gamma(struct bit_reader *r)
{
	const unsigned width = read_unary(r, 63);

	return read_bits(r, width) | UINT64_C(1) << width;
}

static void write_rice(struct bit_writer *w, uint64_t value, unsigned low)
{
	const uint64_t high = value >> low;

	write_unary(w, (unsigned)MIN(high, ESCAPE), ESCAPE);
	write_bits(w, value, high < ESCAPE ? low : 64);
}

static uint64_t read_rice(struct bit_reader *r, unsigned low)
{
	const unsigned high = read_unary(r, ESCAPE);

	return high < ESCAPE ? (uint64_t)high << low | read_bits(r, low) : read_bits(r, 64);
}

/* --- histograms --- */

struct coding {          /* what the next code depends on */
	unsigned index;  /* the step after the last one in use */
	uint64_t recent; /* four times the average of late counts */
};

static unsigned low_bits(const struct coding *coding)
{
	return coding->recent >= 8 ? width_of(coding->recent / 4) : 0;
}

static void go_on(struct coding *coding, unsigned index, uint64_t count)
{
	coding->index = index + 1;
	coding->recent += count - coding->recent / 4;
}

struct packing {
	struct bit_writer writer;
	struct coding coding;
	uint32_t used;
};

static void pack_step(void *data, unsigned index, uint64_t count)
{
	struct packing *packing = data;

	write_gamma(&packing->writer, index - packing->coding.index + 1);
	write_rice(&packing->writer, count - 1, low_bits(&packing->coding));
	go_on(&packing->coding, index, count);
	packing->used++;
}

struct packed_histogram *histogram_pack(const struct histogram *h)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	struct packing packing = {.writer = {.bytes = bytes}};

	histogram_each(h, pack_step, &packing);
	struct packed_histogram *packed = g_malloc(sizeof *packed + bytes->len);

	*packed = (struct packed_histogram){
	    .totals = histogram_totals(h),
	    .steps = histogram_steps(h),
	    .used = packing.used,
	};
	if (bytes->len) {
		memcpy(packed->bits, bytes->data, bytes->len);
	}
	return packed;
}

void histogram_merge_packed(struct histogram *h, const struct packed_histogram *packed)
{
	struct bit_reader reader = {packed->bits, 0};
	struct coding coding = {0};

	g_assert(histogram_steps(h) == packed->steps);
	for (uint32_t i = 0; i < packed->used; i++) {
		const unsigned index = coding.index + (unsigned)read_gamma(&reader) - 1;
		const uint64_t count = read_rice(&reader, low_bits(&coding)) + 1;

		histogram_restore_step(h, index, count);
		go_on(&coding, index, count);
	}
	histogram_add_totals(h, &packed->totals);
}
