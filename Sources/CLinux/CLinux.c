// The target is header-only; the build wants one file.
#include "CLinux.h"
