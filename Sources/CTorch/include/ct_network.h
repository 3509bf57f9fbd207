/// Layers and losses of neural networks.
#ifndef CT_NETWORK_H
#define CT_NETWORK_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// Whether linear maps, convolutions and matrix products on this thread take their float32 operands as
/// bfloat16 and give float32: what autocast does to matrix work, alike on every device and version.
/// Returns what it was.
bool ct_set_narrow_products(bool enabled) CT_NOEXCEPT;

/// input · weightᵀ + bias; weight is [out, in].
ct_status ct_linear(const ct_tensor *input, const ct_tensor *weight,
                    const ct_tensor *_Nullable bias,
                    ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Normalises over the last `rank` dimensions, whose sizes are `shape`.
ct_status ct_layer_norm(const ct_tensor *input, const int64_t *shape, size_t rank,
                        const ct_tensor *_Nullable weight, const ct_tensor *_Nullable bias,
                        double epsilon, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Normalises each of `groups` groups of channels; input is [B, C, …].
ct_status ct_group_norm(const ct_tensor *input, int64_t groups, const ct_tensor *_Nullable weight,
                        const ct_tensor *_Nullable bias, double epsilon,
                        ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Cross-correlation; input is [B, in, T], weight [out, in / groups, k].
ct_status ct_conv1d(const ct_tensor *input, const ct_tensor *weight,
                    const ct_tensor *_Nullable bias, int64_t stride, int64_t padding,
                    int64_t dilation, int64_t groups,
                    ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Rows of weight [N, D] by int64 indices of any shape.
ct_status ct_embedding(const ct_tensor *weight, const ct_tensor *indices,
                       ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// One LSTM layer over [B, T, D] from a state of zeros: [B, T, H], or [B, T, 2H] where there
/// are eight weights. `weights` are torch's weight_ih, weight_hh, bias_ih, bias_hh, then the
/// same of the backward direction. Where `lengths` is there (B numbers from 1 to T), each
/// utterance is run over its own frames only and the rest of the output is 0.
ct_status ct_lstm(const ct_tensor *input, const ct_tensor *_Nonnull const *_Nonnull weights,
                  size_t weight_count, const int64_t *_Nullable lengths, size_t batch,
                  ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

typedef CT_ENUM ct_loss_reduction {
  ct_loss_reduction_none = 0,
  ct_loss_reduction_mean = 1,
  ct_loss_reduction_sum = 2,
} ct_loss_reduction;

/// Connectionist temporal classification. log_probabilities is [T, B, C]; targets are int64,
/// [B, S] padded or concatenated in one vector; lengths are `batch` numbers each.
ct_status ct_ctc_loss(const ct_tensor *log_probabilities, const ct_tensor *targets,
                      const int64_t *input_lengths, const int64_t *target_lengths, size_t batch,
                      int64_t blank, ct_loss_reduction reduction, bool zero_infinity,
                      ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Cross-entropy of logits [N, C] (or [N, C, …]) with int64 classes.
ct_status ct_cross_entropy(const ct_tensor *logits, const ct_tensor *targets,
                           const ct_tensor *_Nullable class_weights, int64_t ignore_index,
                           double label_smoothing, ct_loss_reduction reduction,
                           ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Cross-entropy of the sigmoid of each logit with a target from 0 to 1, of one shape.
ct_status ct_binary_cross_entropy(const ct_tensor *logits, const ct_tensor *targets,
                                  ct_loss_reduction reduction,
                                  ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
#endif
