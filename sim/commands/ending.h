/* ending.h - what is to be put in order when the program is interrupted.
 *
 * Between begin and end a thread of its own waits for SIGINT, SIGTERM and SIGHUP (those that are not
 * ignored, as under nohup), lets the owner tidy up, and ends the program with 128 and the signal's
 * number. Threads that are made meanwhile leave these signals to it. */

#pragma once

#include <pthread.h>
#include <signal.h>

struct ending {
	void (*tidy)(void *data); /* on a thread of its own, while the others go on */
	void *data;
	pthread_t guard;
	sigset_t signals, before;
};

void ending_begin(struct ending *ending, void (*tidy)(void *data), void *data);
void ending_end(struct ending *ending);
