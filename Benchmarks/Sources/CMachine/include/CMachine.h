// What one core of this machine can do at most: what the figures of the benchmarks are shares of.
#ifndef KINDRED_MACHINE_H
#define KINDRED_MACHINE_H

#include <stdint.h>

// Runs `rounds` rounds of 2 × 16 × 16 floating-point operations, as fused multiply-adds on 16 independent vectors. With
// `few` it uses 6 vectors, for processors with fewer registers. Returns a number that the caller must keep.
float kindred_machine_multiply(int64_t rounds, int few);

// Reads `count` floats once from front to back; returns a number to keep.
float kindred_machine_read(const float *numbers, int64_t count);

#endif
