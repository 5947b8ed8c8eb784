#include "pod.h"
