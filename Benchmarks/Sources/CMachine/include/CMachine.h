// What one core of this machine can do at most: what the figures of the benchmarks are shares of.
#ifndef KINDRED_MACHINE_H
#define KINDRED_MACHINE_H

#include <stdint.h>

// Does `rounds` times 2 × 16 × 16 floating-point operations, fused multiply-adds on independent vectors, or, where `few`, on 6 of them rather
// than 16, for processors whose registers hold no more; returns a number to keep.
float kindred_machine_multiply(int64_t rounds, int few);

// Reads `count` floats once from front to back; returns a number to keep.
float kindred_machine_read(const float *numbers, int64_t count);

#endif
