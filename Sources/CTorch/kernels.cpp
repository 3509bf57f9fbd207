// Loops of our own over contiguous float32 memory. None of them depends on the number of threads
// or on the processor: elements are independent, and sums are taken over blocks of fixed size.
#include <cmath>

#include <Libmerge.h>

#include "loops.h"

using shim::guarded;
using shim::in_parallel;

namespace {

float *float_data(const at::Tensor &tensor, const char *what) {
  TORCH_CHECK(tensor.scalar_type() == at::kFloat && tensor.is_contiguous() &&
                  tensor.device().is_cpu(),
              what, " must be contiguous float32 in main memory");
  return tensor.data_ptr<float>();
}

// MARK: Adam

/// One parameter in one step, and the numbers that are the same for all its elements.
struct AdamSpan {
  at::Tensor gradient_owner;
  float *parameter;
  const float *gradient;
  float *first;
  float *second;
  int64_t count;
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float root_correction, epsilon, step_size, l2, shrink;
};

CT_WIDE
void adam_update(const AdamSpan &s, int64_t begin, int64_t end) {
  float *parameter = s.parameter;
  const float *gradient = s.gradient;
  float *first = s.first;
  float *second = s.second;
  const float beta1 = s.beta1, rest1 = s.one_minus_beta1;
  const float beta2 = s.beta2, rest2 = s.one_minus_beta2;
  const float correction = s.root_correction, epsilon = s.epsilon, size = s.step_size;
  const float l2 = s.l2, shrink = s.shrink;
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = begin; i < end; ++i) {
    float weight = parameter[i] * shrink;
    float slope = gradient[i] + l2 * weight;
    float m = beta1 * first[i] + rest1 * slope;
    float v = beta2 * second[i] + rest2 * slope * slope;
    first[i] = m;
    second[i] = v;
    parameter[i] = weight - size * (m / (__builtin_elementwise_sqrt(v) / correction + epsilon));
  }
}

AdamSpan adam_span(const at::Tensor &parameter, const at::Tensor &first,
                   const at::Tensor &second, int64_t step, const ct_adam_settings &settings) {
  const at::Tensor &gradient = parameter.grad();
  TORCH_CHECK(first.numel() == parameter.numel() && second.numel() == parameter.numel(),
              "a parameter of shape ", parameter.sizes(), " has moments of shapes ",
              first.sizes(), " and ", second.sizes());
  AdamSpan span;
  span.gradient_owner = gradient.to(at::kFloat).contiguous();
  span.parameter = float_data(parameter, "a parameter");
  span.gradient = float_data(span.gradient_owner, "a gradient");
  span.first = float_data(first, "a first moment");
  span.second = float_data(second, "a second moment");
  span.count = parameter.numel();
  span.beta1 = settings.beta1;
  span.one_minus_beta1 = 1 - settings.beta1;
  span.beta2 = settings.beta2;
  span.one_minus_beta2 = 1 - settings.beta2;
  span.root_correction = std::sqrt(1 - std::pow(settings.beta2, step));
  span.epsilon = settings.epsilon;
  span.step_size = settings.learning_rate / (1 - std::pow(settings.beta1, step));
  span.l2 = settings.decoupled ? 0 : settings.weight_decay;
  span.shrink =
      settings.decoupled ? 1 - settings.learning_rate * settings.weight_decay : 1;
  return span;
}

/// Updates the elements [begin, end) of all spans laid end to end.
void adam_share(const std::vector<AdamSpan> &spans, int64_t begin, int64_t end) {
  int64_t start = 0;
  for (const auto &span : spans) {
    int64_t from = std::max<int64_t>(begin - start, 0);
    int64_t to = std::min(end - start, span.count);
    if (from < to) adam_update(span, from, to);
    start += span.count;
  }
}

// MARK: Norm

constexpr int64_t norm_block = 4096;

/// Σx² over one block, in eight interleaved sums of doubles.
CT_WIDE
double block_square_sum(const float *x, int64_t count) {
  double sums[8] = {0};
  int64_t whole = count / 8 * 8;
  for (int64_t i = 0; i < whole; i += 8) {
    for (int lane = 0; lane < 8; ++lane) {
      double value = x[i + lane];
      sums[lane] += value * value;
    }
  }
  for (int64_t i = whole; i < count; ++i) sums[i - whole] += double(x[i]) * double(x[i]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
         ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

double square_sum(const float *x, int64_t count) {
  std::vector<double> blocks((count + norm_block - 1) / norm_block);
  in_parallel(count, norm_block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += norm_block) {
      blocks[i / norm_block] = block_square_sum(x + i, std::min(norm_block, end - i));
    }
  });
  double sum = 0;
  for (double block : blocks) sum += block;
  return sum;
}

// MARK: Interpolation

at::Tensor widened(const at::Tensor &x) {
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kHalf ||
                  x.scalar_type() == at::kBFloat16,
              "only float32, float16 and bfloat16 are interpolated, not ", x.scalar_type());
  return x.to(at::kFloat).contiguous();
}

}  // namespace

extern "C" {

ct_status ct_adam_step(const ct_tensor *const *parameters, const ct_tensor *const *first_moments,
                       const ct_tensor *const *second_moments, int64_t *steps, size_t count,
                       ct_adam_settings settings) noexcept {
  return guarded([&] {
    at::NoGradGuard without_gradients;
    std::vector<AdamSpan> spans;
    std::vector<shim::AdamTensors> elsewhere;
    int64_t total = 0;
    for (size_t i = 0; i < count; ++i) {
      const at::Tensor &parameter = parameters[i]->value;
      if (!parameter.grad().defined()) continue;
      if (settings.by_operations || !parameter.is_cpu()) {
        elsewhere.push_back({parameter, first_moments[i]->value, second_moments[i]->value,
                             steps[i] + 1});
        continue;
      }
      spans.push_back(adam_span(parameter, first_moments[i]->value, second_moments[i]->value,
                                steps[i] + 1, settings));
      total += parameter.numel();
    }
    in_parallel(total, 64,
                [&](int64_t begin, int64_t end) { adam_share(spans, begin, end); });
    shim::adam_elsewhere(elsewhere, settings);
    for (size_t i = 0; i < count; ++i) {
      if (!parameters[i]->value.grad().defined()) continue;
      steps[i] += 1;
      // A graph that still holds the old value must refuse to run backward.
      parameters[i]->value.unsafeGetTensorImpl()->bump_version();
    }
  });
}

ct_status ct_clip_gradients(const ct_tensor *const *parameters, size_t count,
                            double maximum_norm, double *norm) noexcept {
  *norm = 0;
  return guarded([&] {
    at::NoGradGuard without_gradients;
    double sum = 0;
    std::vector<at::Tensor> elsewhere;
    for (size_t i = 0; i < count; ++i) {
      const at::Tensor &gradient = parameters[i]->value.grad();
      if (!gradient.defined()) continue;
      if (!gradient.is_cpu()) {
        elsewhere.push_back(gradient);
        continue;
      }
      auto values = gradient.to(at::kFloat).contiguous();
      sum += square_sum(float_data(values, "a gradient"), values.numel());
    }
    *norm = std::sqrt(sum + shim::squared_norm_elsewhere(elsewhere));
    double scale = maximum_norm / (*norm + 1e-6);
    if (scale >= 1) return;
    for (size_t i = 0; i < count; ++i) {
      at::Tensor &gradient = parameters[i]->value.mutable_grad();
      if (gradient.defined()) gradient.mul_(scale);
    }
  });
}

ct_status ct_interpolate(ct_tensor *destination, const ct_tensor *a, const ct_tensor *b,
                         double alpha) noexcept {
  return guarded([&] {
    at::NoGradGuard without_gradients;
    at::Tensor &out = destination->value;
    TORCH_CHECK(a->value.sizes() == b->value.sizes() && out.sizes() == a->value.sizes(),
                "the shapes differ");
    auto wide_a = widened(a->value), wide_b = widened(b->value);
    if (alpha == 0 || alpha == 1) {
      out.copy_(alpha == 0 ? a->value : b->value);
      return;
    }
    if (!out.is_cpu()) {
      shim::interpolate_elsewhere(out, wide_a, wide_b, alpha);
      return;
    }
    bool direct = out.scalar_type() == at::kFloat && out.is_contiguous();
    auto sum = direct ? out : at::empty_like(wide_a);
    float *target = float_data(sum, "the destination");
    in_parallel(sum.numel(), 64, [&](int64_t begin, int64_t end) {
      lm_linear(lm_type_float32, wide_a.data_ptr<float>() + begin,
                wide_b.data_ptr<float>() + begin, size_t(end - begin), alpha, target + begin);
    });
    if (direct) {
      out.unsafeGetTensorImpl()->bump_version();
    } else {
      out.copy_(sum);
    }
  });
}

}  // extern "C"
