/* kubelet_hook.c - lifecycle hooks: run by the runtime, or slept through by the kubelet itself. */

#include "cluster/kubelet_internal.h"

static void call_free(struct hook_call *call)
{
	*(call->previous ? &call->previous->next : &call->kubelet->hooks) = call->next;
	if (call->next) {
		call->next->previous = call->previous;
	}
	g_free(call);
}

static void finish(struct hook_call *call, bool good)
{
	struct kubelet_container *container = call->container;
	void (*done)(struct kubelet_container *, bool) = call->done;

	call->kubelet->phase = PHASE_RUNTIME;
	call_free(call);
	if (container) {
		done(container, good);
	}
}

static void on_slept(struct simulation *sim, void *data)
{
	finish(data, true);
}

static void on_done(void *data, int exit_code, const char *reason)
{
	finish(data, exit_code == 0);
}

struct hook_call *kubelet_hook_run(struct kubelet_container *container,
                                   const struct handler *handler,
                                   void (*done)(struct kubelet_container *container, bool good))
{
	struct kubelet *kubelet = container->pod->kubelet;
	const struct container_runtime *runtime = kubelet->config.runtime;
	struct hook_call *call = g_new0(struct hook_call, 1);

	call->kubelet = kubelet;
	call->container = container;
	call->done = done;
	call->next = kubelet->hooks;
	if (call->next) {
		call->next->previous = call;
	}
	kubelet->hooks = call;
	if (handler->kind == HANDLER_SLEEP) {
		simulation_schedule_after(kubelet->sim, handler->sleep_seconds * SIM_SECOND,
		                          PHASE_RUNTIME, on_slept, call);
	} else {
		runtime->run_hook(runtime->self, container->attempt->handle, handler,
		                  container_port_number(container->spec, &handler->port), on_done,
		                  call);
	}
	return call;
}

void kubelet_hook_abandon(struct hook_call **call)
{
	if (*call) {
		(*call)->container = NULL;
		*call = NULL;
	}
}
