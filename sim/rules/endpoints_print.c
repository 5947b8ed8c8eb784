/* endpoints_print.c - what kubectl prints in the columns about endpoints. */

#include "rules/endpoints_print.h"

#include "rules/endpoints_address.h"

#define MOST_ENTRIES 3

struct cell {
	GString *text;
	size_t n; /* entries, also those that are not shown */
};

/* Takes @entry. */
static void cell_add(struct cell *cell, char *entry)
{
	if (cell->n < MOST_ENTRIES) {
		g_string_append_printf(cell->text, "%s%s", cell->n > 0 ? "," : "", entry);
	}
	cell->n++;
	g_free(entry);
}

static char *cell_end(struct cell *cell, const char *when_empty)
{
	if (cell->n > MOST_ENTRIES) {
		g_string_append_printf(cell->text, " + %zu more...", cell->n - MOST_ENTRIES);
	}
	if (cell->n == 0) {
		g_string_append(cell->text, when_empty);
	}
	return g_string_free(cell->text, FALSE);
}

char *endpoints_cell(const struct endpoint_subset *subsets, size_t n)
{
	struct cell cell = {g_string_new(NULL), 0};

	for (size_t i = 0; i < n; i++) {
		const struct endpoint_subset *subset = &subsets[i];

		for (size_t p = 0; p < subset->n_ports; p++) {
			for (size_t a = 0; a < subset->n_addresses; a++) {
				cell_add(&cell, endpoint_address_join(subset->addresses[a].address,
				                                      subset->ports[p].port));
			}
		}
		for (size_t a = 0; subset->n_ports == 0 && a < subset->n_addresses; a++) {
			cell_add(&cell, g_strdup(subset->addresses[a].address));
		}
	}
	return cell_end(&cell, n == 0 ? "<none>" : "");
}

char *endpoint_slice_cell(const struct endpoint *endpoints, size_t n)
{
	struct cell cell = {g_string_new(NULL), 0};

	for (size_t i = 0; i < n; i++) {
		cell_add(&cell, g_strdup(endpoints[i].address));
	}
	return cell_end(&cell, "<unset>");
}

char *endpoint_slice_ports_cell(const struct endpoint_port *ports, size_t n)
{
	struct cell cell = {g_string_new(NULL), 0};

	for (size_t i = 0; i < n; i++) {
		cell_add(&cell, g_strdup_printf("%d", ports[i].port));
	}
	return cell_end(&cell, "<unset>");
}
