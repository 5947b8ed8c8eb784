#include "kube/a.h"
