/* ending.c - a thread that waits for signals. */

#include "commands/ending.h"

#include <unistd.h>

static void add_unless_ignored(sigset_t *set, int number)
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
		sigaddset(set, number);
	}
}

static void *guard(void *data)
{
	struct ending *ending = data;
	int number = 0;

	while (sigwait(&ending->signals, &number) != 0) {
	}
	ending->tidy(ending->data);
	_exit(128 + number);
}

void ending_begin(struct ending *ending, void (*tidy)(void *data), void *data)
{
	ending->tidy = tidy;
	ending->data = data;
	sigemptyset(&ending->signals);
	add_unless_ignored(&ending->signals, SIGINT);
	add_unless_ignored(&ending->signals, SIGTERM);
	add_unless_ignored(&ending->signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &ending->signals, &ending->before);
	pthread_create(&ending->guard, NULL, guard, ending);
}

void ending_end(struct ending *ending)
{
	pthread_cancel(ending->guard);
	pthread_join(ending->guard, NULL);
	pthread_sigmask(SIG_SETMASK, &ending->before, NULL);
}
