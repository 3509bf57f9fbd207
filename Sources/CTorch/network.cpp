// Layers and losses.
#include <algorithm>
#include <numeric>

#include "support.h"

using shim::numbers;
using shim::optional;
using shim::produce;

namespace {

/// The state before the first frame: zeros of [directions, B, H], twice.
std::vector<at::Tensor> zero_state(const at::Tensor &input, int64_t batch,
                                   const std::vector<at::Tensor> &weights) {
  int64_t directions = weights.size() / 4;
  auto zeros = at::zeros({directions, batch, weights[1].size(1)}, input.options());
  return {zeros, zeros};
}

/// Runs each utterance over its own frames. torch wants the batch in order of falling length.
at::Tensor lstm_over_lengths(const at::Tensor &input, const std::vector<at::Tensor> &weights,
                             at::IntArrayRef lengths) {
  std::vector<int64_t> order(lengths.size()), place(lengths.size()), sorted;
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return lengths[a] != lengths[b] ? lengths[a] > lengths[b] : a < b;
  });
  const auto indices = [&](at::IntArrayRef numbers) {
    return at::tensor(numbers, at::kLong).to(input.device());
  };
  for (size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    sorted.push_back(lengths[order[i]]);
  }
  auto packed = at::_pack_padded_sequence(input.index_select(0, indices(order)),
                                          at::tensor(sorted, at::kLong), true);
  auto data = std::get<0>(packed), sizes = std::get<1>(packed);
  auto output = std::get<0>(at::lstm(data, sizes, zero_state(input, input.size(0), weights),
                                     weights, true, 1, 0.0, false, weights.size() == 8));
  auto padded = std::get<0>(at::_pad_packed_sequence(output, sizes, true, 0, input.size(1)));
  return padded.index_select(0, indices(place));
}

at::Tensor lstm(const at::Tensor &input, const std::vector<at::Tensor> &weights,
                const int64_t *lengths, size_t batch) {
  TORCH_CHECK(weights.size() == 4 || weights.size() == 8,
              "an LSTM layer has 4 weights, or 8 in two directions, but got ", weights.size());
  TORCH_CHECK(input.dim() == 3, "the input must be [batch, frames, features], but has ",
              input.dim(), " dimensions");
  TORCH_CHECK(weights[1].dim() == 2, "weight_hh must be a matrix");
  if (lengths != nullptr) {
    TORCH_CHECK(batch == static_cast<size_t>(input.size(0)), "there are ", batch,
                " lengths for a batch of ", input.size(0));
    const auto given = numbers(lengths, batch);
    const bool isSound = std::all_of(given.begin(), given.end(), [&](int64_t length) {
      return length >= 1 && length <= input.size(1);
    });
    if (isSound && shim::lstm_fits(input, weights)) return shim::lstm(input, weights, given.vec());
    return lstm_over_lengths(input, weights, numbers(lengths, batch));
  }
  if (shim::lstm_fits(input, weights)) return shim::lstm(input, weights, {});
  return std::get<0>(at::lstm(input, zero_state(input, input.size(0), weights), weights, true, 1,
                              0.0, false, weights.size() == 8, true));
}

c10::optional<at::Tensor> narrow(const ct_tensor *tensor) {
  if (tensor == nullptr) return c10::nullopt;
  return shim::narrow(tensor->value);
}

}  // namespace

namespace shim {

thread_local bool narrow_products = false;

}  // namespace shim

extern "C" {

bool ct_set_narrow_products(bool enabled) noexcept {
  return std::exchange(shim::narrow_products, enabled);
}

ct_status ct_linear(const ct_tensor *input, const ct_tensor *weight, const ct_tensor *bias,
                    ct_tensor **out) noexcept {
  return produce(out, [&] {
    if (!shim::narrow_products) return at::linear(input->value, weight->value, optional(bias));
    return shim::widened(
        at::linear(shim::narrow(input->value), shim::narrow(weight->value), narrow(bias)));
  });
}

ct_status ct_layer_norm(const ct_tensor *input, const int64_t *shape, size_t rank,
                        const ct_tensor *weight, const ct_tensor *bias, double epsilon,
                        ct_tensor **out) noexcept {
  return produce(out, [&] {
    return at::layer_norm(input->value, numbers(shape, rank), optional(weight), optional(bias),
                          epsilon);
  });
}

ct_status ct_group_norm(const ct_tensor *input, int64_t groups, const ct_tensor *weight,
                        const ct_tensor *bias, double epsilon, ct_tensor **out) noexcept {
  return produce(out, [&] {
    return at::group_norm(input->value, groups, optional(weight), optional(bias), epsilon);
  });
}

ct_status ct_conv1d(const ct_tensor *input, const ct_tensor *weight, const ct_tensor *bias,
                    int64_t stride, int64_t padding, int64_t dilation, int64_t groups,
                    ct_tensor **out) noexcept {
  return produce(out, [&] {
    if (shim::is_better_by_spectrum(input->value, weight->value, stride, padding, dilation,
                                    groups)) {
      return shim::spectral_conv1d(input->value, weight->value, optional(bias), padding, groups);
    }
    if (!shim::narrow_products) {
      return at::conv1d(input->value, weight->value, optional(bias), {stride}, {padding},
                        {dilation}, groups);
    }
    return shim::widened(at::conv1d(shim::narrow(input->value), shim::narrow(weight->value),
                                    narrow(bias), {stride}, {padding}, {dilation}, groups));
  });
}

ct_status ct_embedding(const ct_tensor *weight, const ct_tensor *indices,
                       ct_tensor **out) noexcept {
  return produce(out, [&] { return at::embedding(weight->value, indices->value); });
}

ct_status ct_lstm(const ct_tensor *input, const ct_tensor *const *weights, size_t weight_count,
                  const int64_t *lengths, size_t batch, ct_tensor **out) noexcept {
  return produce(out, [&] {
    return lstm(input->value, shim::list(weights, weight_count), lengths, batch);
  });
}

ct_status ct_ctc_loss(const ct_tensor *log_probabilities, const ct_tensor *targets,
                      const int64_t *input_lengths, const int64_t *target_lengths, size_t batch,
                      int64_t blank, ct_loss_reduction reduction, bool zero_infinity,
                      ct_tensor **out) noexcept {
  return produce(out, [&] {
    const auto frames = numbers(input_lengths, batch), symbols = numbers(target_lengths, batch);
    // In main memory on every device: the numbers are few, and CUDA's gradient is not the same from run
    // to run.
    const auto values = log_probabilities->value.cpu(), wanted = targets->value.cpu();
    const bool fits = shim::ctc_fits_probabilities(values, wanted, frames, symbols, blank);
    const auto loss =
        fits ? shim::ctc_loss(values, wanted, frames, symbols, blank, reduction, zero_infinity)
             : at::ctc_loss(values, wanted, frames, symbols, blank, reduction, zero_infinity);
    return loss.to(log_probabilities->value.device());
  });
}

ct_status ct_cross_entropy(const ct_tensor *logits, const ct_tensor *targets,
                           const ct_tensor *class_weights, int64_t ignore_index,
                           double label_smoothing, ct_loss_reduction reduction,
                           ct_tensor **out) noexcept {
  return produce(out, [&] {
    return at::cross_entropy_loss(logits->value, targets->value, optional(class_weights),
                                  reduction, ignore_index, label_smoothing);
  });
}

ct_status ct_binary_cross_entropy(const ct_tensor *logits, const ct_tensor *targets,
                                  ct_loss_reduction reduction, ct_tensor **out) noexcept {
  return produce(out, [&] {
    TORCH_CHECK(logits->value.sizes() == targets->value.sizes(),
                "logits and targets must have one shape");
    return at::binary_cross_entropy_with_logits(logits->value, targets->value, {}, {}, reduction);
  });
}

}  // extern "C"
