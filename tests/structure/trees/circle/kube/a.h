#include "kube/b.h"
