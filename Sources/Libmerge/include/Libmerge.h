/// The arithmetic of merging weights: loops over plain memory, without libtorch.
///
/// Rules that hold for every function below:
/// - Elements of float16 and bfloat16 are widened to float32, computed with, and rounded once at
///   the end, to nearest even. float64 is computed in float64. "Wide" is float32, or float64 for
///   float64.
/// - No two operations are fused: every product and every sum is rounded by itself, on every
///   processor alike.
/// - `out` may be one of the inputs, where both have the same element type.
#ifndef LIBMERGE_H
#define LIBMERGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define LM_NOEXCEPT noexcept
extern "C" {
#else
#define LM_NOEXCEPT
#endif

#if defined(__clang__)
#define LM_ENUM enum __attribute__((enum_extensibility(closed)))
#else
#define LM_ENUM enum
#endif

#pragma clang assume_nonnull begin

typedef LM_ENUM lm_type {
  lm_type_float32 = 0,
  lm_type_float64 = 1,
  lm_type_float16 = 2,
  lm_type_bfloat16 = 3,
} lm_type;

/// out ← (1 − alpha)·before + alpha·after. 1 − alpha is computed in float64; both factors are then
/// rounded to the wide type.
void lm_linear(lm_type type, const void *before, const void *after, size_t count, double alpha,
               void *out) LM_NOEXCEPT;

/// The mean of the task vectors: each (after − before) rounded, their sum rounded from the first to
/// the last, its quotient by their number rounded. Wide.
void lm_mean_of_differences(lm_type type, const void *before,
                            const void *_Nonnull const *_Nonnull afters, size_t models,
                            size_t count, void *wide_out) LM_NOEXCEPT;

/// out ← before + alpha·direction; `direction` is wide.
void lm_add_scaled(lm_type type, const void *before, const void *direction, size_t count,
                   double alpha, void *out) LM_NOEXCEPT;

// MARK: TIES (Yadav et al. 2023, arXiv 2306.01708)

/// Of how many bits a digit of a magnitude is.
#define LM_DIGIT_BITS 16

/// Magnitudes |after − before| are ordered as the unsigned integers of their bits. Of those whose
/// digits above `digit` are `prefix`, counts how often each value of `digit` occurs (0 is the lowest
/// digit; float64 has four, the others two), adding to `counts`, of which there are 65,536.
void lm_count_magnitudes(lm_type type, const void *before, const void *after, size_t count,
                         int digit, uint64_t prefix, uint64_t *counts) LM_NOEXCEPT;

/// Trims each task vector, elects a sign for each element, and takes the mean of those that agree.
///
/// Of task vector i, magnitudes above thresholds[i] stay; of those equal to it the next `equals[i]`
/// stay, which is lowered accordingly; the rest becomes 0. The sign is that of the sum from the first
/// to the last, and + for 0. The mean of the elements of that sign is their sum in that order,
/// divided by their number; 0 where there are none, NaN where the sum is NaN.
///
/// - scratch: room for models · count wide elements.
void lm_disjoint_mean(lm_type type, const void *before,
                      const void *_Nonnull const *_Nonnull afters, size_t models, size_t count,
                      const uint64_t *thresholds, uint64_t *equals, void *scratch,
                      void *wide_out) LM_NOEXCEPT;

// MARK: Files

/// Reserves `bytes` for a file, where its file system can: 0, or the number of the error. A file
/// system that cannot reserve is no error.
int lm_reserve(int descriptor, int64_t bytes) LM_NOEXCEPT;

/// Has the system begin to write a file's changed pages to the disk, without waiting for it.
void lm_begin_flush(int descriptor) LM_NOEXCEPT;

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
#endif
