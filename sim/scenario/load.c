#include "scenario/load.h"

#include <string.h>

void load_free(struct load *load)
{
	for (size_t i = 0; i < load->n_requests; i++) {
		g_free(load->requests[i].path);
		g_free(load->requests[i].method);
	}
	if (load->think_time) {
		distribution_unref(load->think_time);
	}
	g_free(load->requests);
	g_free(load->rate);
	g_free(load->target.service);
	g_free(load->target.namespace);
	g_free(load->target.port_name);
	g_free(load->node);
	g_free(load->name);
	memset(load, 0, sizeof(*load));
}
