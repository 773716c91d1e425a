// The arithmetic of a block of rows. No stable interface: the library's `Kernels` is the only caller.
#ifndef KINDRED_KERNELS_H
#define KINDRED_KERNELS_H

#include <stdint.h>

#endif
