/// Loops of our own, where composing libtorch's operations would read memory several times.
#ifndef CT_KERNELS_H
#define CT_KERNELS_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// What one step of Adam needs besides the tensors.
typedef struct ct_adam_settings {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
  /// Weight decay as AdamW has it (θ ← θ − lr·λ·θ), instead of λ·θ added to the gradient.
  bool decoupled;
  /// Computes by libtorch's own operations also in main memory, as it is done on other devices.
  bool by_operations;
} ct_adam_settings;

/// One Adam step over `count` float32 parameters. `steps` counts the steps of each parameter
/// before this one and is raised by 1 for those that have a gradient; those that have none are
/// left alone, as torch.optim.Adam leaves them.
ct_status ct_adam_step(const ct_tensor *_Nonnull const *_Nonnull parameters,
                       const ct_tensor *_Nonnull const *_Nonnull first_moments,
                       const ct_tensor *_Nonnull const *_Nonnull second_moments,
                       int64_t *steps, size_t count, ct_adam_settings settings) CT_NOEXCEPT;

/// Scales all gradients by min(1, maximum / (norm + 1e-6)) and gives the norm before that.
ct_status ct_clip_gradients(const ct_tensor *_Nonnull const *_Nonnull parameters, size_t count,
                            double maximum_norm, double *norm) CT_NOEXCEPT;

/// destination ← (1 − alpha)·a + alpha·b in float32, rounded as those three operations are.
/// Operands of other float types are widened first and the result is rounded once.
ct_status ct_interpolate(ct_tensor *destination, const ct_tensor *a, const ct_tensor *b,
                         double alpha) CT_NOEXCEPT;

/// destination ← before + alpha·direction in float32, where the direction is the mean of the `count` task
/// vectors after − before, or with `ties` TIES's disjoint mean of
/// them, each trimmed to max(1, ⌊density·elements⌋) elements. The arithmetic is Libmerge's.
ct_status ct_merge(ct_tensor *destination, const ct_tensor *before,
                   const ct_tensor *_Nonnull const *_Nonnull afters, size_t count, double alpha,
                   bool ties, double density) CT_NOEXCEPT;

/// x with elements set to 0 with the given probability, the others times 1 / (1 − probability). In main
/// memory the mask is Philox4x32-10 (Salmon et al. 2011) in counter order, keyed by 64 bits of the
/// generator, so that it depends neither on the number of threads nor on the processor and need not be
/// kept for the gradient; elsewhere it is of the device's own generator, seeded with those bits.
ct_status ct_dropout(const ct_tensor *x, double probability, ct_generator *generator,
                     ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// softmax(q·kᵀ + bias + mask)·v with dropout of the softmax, in main memory a head at a time. q is
/// [B, H, T, d], k [B, H, S, d], v [B, H, S, e]; bias and mask broadcast to [B, H, T, S], and the mask has
/// no gradient. Without a generator nothing is dropped.
ct_status ct_attention(const ct_tensor *query, const ct_tensor *key, const ct_tensor *value,
                       const ct_tensor *_Nullable bias, const ct_tensor *_Nullable mask,
                       double probability, ct_generator *_Nullable generator,
                       ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Sums over layers, weighted: features of `count` utterances, each [L, T, D] of any float type, with
/// weights [K, L] of K heads give [K, count, padded, D], 0 beyond each utterance's T. Each dimension of
/// each layer is first brought to x·scale + shift (both [L, D]) where those are there. In main memory the
/// features are read once for all heads, and a head's sums do not depend on how many others there are.
/// Only the weights have a gradient.
ct_status ct_mix(const ct_tensor *weights, const ct_tensor *_Nonnull const *_Nonnull features,
                 size_t count, const ct_tensor *_Nullable scale, const ct_tensor *_Nullable shift,
                 int64_t padded, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Philox4x32-10 itself, for comparison with published known answers.
void ct_philox(const uint32_t counter[_Nonnull 4], const uint32_t key[_Nonnull 2],
               uint32_t out[_Nonnull 4]) CT_NOEXCEPT;

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
#endif
