// Weighted sums over the layers of a frozen encoder's features, for several heads in one reading.
#include <torch/csrc/autograd/custom_function.h>

#include "loops.h"

namespace {

/// Features as loops take them: L × T × D in float32, in one piece.
struct Layers {
  at::Tensor values;
  int64_t frames;

  explicit Layers(const at::Tensor &features)
      : values(features.to(at::kFloat).contiguous()), frames(features.size(1)) {}
};

/// What brings each dimension of each layer to its scale: x·scale + shift, or null for x.
struct Scaling {
  const float *scale = nullptr, *shift = nullptr;
};

/// One frame of one layer, scaled.
CT_WIDE
void scaled(const float *from, const float *scale, const float *shift, float *to, int64_t width) {
  for (int64_t i = 0; i < width; ++i) to[i] = from[i] * scale[i] + shift[i];
}

CT_WIDE
void add_weighted(const float *from, float weight, float *to, int64_t width) {
  for (int64_t i = 0; i < width; ++i) to[i] += weight * from[i];
}

/// Eight sums, in a fixed order.
CT_WIDE
double dot(const float *a, const float *b, int64_t width) {
  float parts[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  int64_t i = 0;
  for (; i + 8 <= width; i += 8) {
    for (int64_t j = 0; j < 8; ++j) parts[j] += a[i + j] * b[i + j];
  }
  for (; i < width; ++i) parts[0] += a[i] * b[i];
  double sum = 0;
  for (float part : parts) sum += part;
  return sum;
}

/// Calls body(l, row of layer l) for every layer of frame t.
template <class Body>
void for_layers(const Layers &features, const Scaling &scaling, int64_t t, float *buffer,
                const Body &body) {
  const int64_t layers = features.values.size(0), width = features.values.size(2);
  const float *all = features.values.data_ptr<float>();
  for (int64_t l = 0; l < layers; ++l) {
    const float *row = all + (l * features.frames + t) * width;
    if (scaling.scale != nullptr) {
      scaled(row, scaling.scale + l * width, scaling.shift + l * width, buffer, width);
      row = buffer;
    }
    body(l, row);
  }
}

/// Heads × utterances × padded × D; what no frame fills is 0.
at::Tensor mixed(const at::Tensor &weights, const std::vector<at::Tensor> &features,
                 const Scaling &scaling, int64_t padded) {
  const int64_t heads = weights.size(0), layers = weights.size(1);
  const int64_t count = features.size(), width = features[0].size(2);
  at::Tensor result = at::zeros({heads, count, padded, width}, at::kFloat);
  float *out = result.data_ptr<float>();
  const float *weight = weights.data_ptr<float>();
  for (int64_t b = 0; b < count; ++b) {
    const Layers utterance(features[b]);
    const int64_t grain = layers * width;
    shim::in_parallel(utterance.frames * grain, grain, [&](int64_t begin, int64_t end) {
      std::vector<float> buffer(width);
      for (int64_t t = begin / grain; t < end / grain; ++t) {
        for_layers(utterance, scaling, t, buffer.data(), [&](int64_t l, const float *row) {
          for (int64_t k = 0; k < heads; ++k) {
            add_weighted(row, weight[k * layers + l],
                         out + ((k * count + b) * padded + t) * width, width);
          }
        });
      }
    });
  }
  return result;
}

/// Heads × layers: how the sums change with their weights. Frames are added up in order, so that
/// neither threads nor the number of heads change a bit.
at::Tensor weight_gradient(const at::Tensor &gradient, int64_t layers,
                           const std::vector<at::Tensor> &features, const Scaling &scaling) {
  const int64_t heads = gradient.size(0), count = gradient.size(1), padded = gradient.size(2);
  const int64_t width = gradient.size(3);
  const float *outer = gradient.data_ptr<float>();
  std::vector<double> sums(heads * layers, 0.0);
  for (int64_t b = 0; b < count; ++b) {
    const Layers utterance(features[b]);
    std::vector<double> products(utterance.frames * heads * layers);
    const int64_t grain = layers * width;
    shim::in_parallel(utterance.frames * grain, grain, [&](int64_t begin, int64_t end) {
      std::vector<float> buffer(width);
      for (int64_t t = begin / grain; t < end / grain; ++t) {
        for_layers(utterance, scaling, t, buffer.data(), [&](int64_t l, const float *row) {
          for (int64_t k = 0; k < heads; ++k) {
            products[(t * heads + k) * layers + l] =
                dot(outer + ((k * count + b) * padded + t) * width, row, width);
          }
        });
      }
    });
    for (size_t i = 0; i < products.size(); ++i) sums[i % (heads * layers)] += products[i];
  }
  at::Tensor result = at::empty({heads, layers}, at::kFloat);
  for (int64_t i = 0; i < heads * layers; ++i) result.data_ptr<float>()[i] = float(sums[i]);
  return result;
}

/// By libtorch's operations, on whatever device the weights are.
at::Tensor mixed_elsewhere(const at::Tensor &weights, const std::vector<at::Tensor> &features,
                           const c10::optional<at::Tensor> &scale,
                           const c10::optional<at::Tensor> &shift, int64_t padded) {
  std::vector<at::Tensor> rows;
  for (const auto &one : features) {
    auto values = one.to(weights.device(), weights.scalar_type());
    if (scale) values = values * scale->unsqueeze(1) + shift->unsqueeze(1);
    const int64_t layers = values.size(0), frames = values.size(1), width = values.size(2);
    auto sum = weights.matmul(values.reshape({layers, frames * width}));
    sum = sum.reshape({weights.size(0), frames, width});
    rows.push_back(at::constant_pad_nd(sum, {0, 0, 0, padded - frames}));
  }
  return at::stack(rows, 1);
}

struct Mix : torch::autograd::Function<Mix> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &weights,
                            const std::vector<at::Tensor> &features,
                            const c10::optional<at::Tensor> &scale,
                            const c10::optional<at::Tensor> &shift, int64_t padded) {
    context->saved_data["features"] = features;
    context->saved_data["layers"] = weights.size(1);
    if (scale) {
      context->saved_data["scale"] = *scale;
      context->saved_data["shift"] = *shift;
    }
    return mixed(weights.contiguous(), features, scaling(scale, shift), padded);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    auto &saved = context->saved_data;
    c10::optional<at::Tensor> scale, shift;
    if (saved.count("scale") > 0) {
      scale = saved["scale"].toTensor();
      shift = saved["shift"].toTensor();
    }
    auto result = weight_gradient(gradients[0].contiguous(), saved["layers"].toInt(),
                                  saved["features"].toTensorVector(), scaling(scale, shift));
    return {result, {}, {}, {}, {}};
  }

  static Scaling scaling(const c10::optional<at::Tensor> &scale,
                         const c10::optional<at::Tensor> &shift) {
    return scale ? Scaling{scale->data_ptr<float>(), shift->data_ptr<float>()} : Scaling{};
  }
};

}  // namespace

ct_status ct_mix(const ct_tensor *weights, const ct_tensor *const *features, size_t count,
                 const ct_tensor *scale, const ct_tensor *shift, int64_t padded,
                 ct_tensor **out) noexcept {
  return shim::produce(out, [&] {
    const auto &w = weights->value;
    const auto all = shim::list(features, count);
    TORCH_CHECK(w.dim() == 2 && count > 0, "weights are heads × layers, of one utterance or more");
    for (const auto &one : all) {
      TORCH_CHECK(one.dim() == 3 && one.size(0) == w.size(1) && one.size(1) <= padded &&
                      one.size(2) == all[0].size(2) && !one.requires_grad(),
                  "features are constants of ", w.size(1), " layers, at most ", padded,
                  " frames and equal width, not ", one.sizes());
    }
    auto scales = shim::optional(scale), shifts = shim::optional(shift);
    TORCH_CHECK(scales.has_value() == shifts.has_value(), "scale and shift go together");
    if (scales) {
      for (auto *one : {&*scales, &*shifts}) {
        TORCH_CHECK(one->dim() == 2 && one->size(0) == w.size(1) &&
                        one->size(1) == all[0].size(2),
                    "scale and shift are layers × width, not ", one->sizes());
        *one = one->to(w.device(), at::kFloat).contiguous();
      }
    }
    const bool fits = w.is_cpu() && w.scalar_type() == at::kFloat && all[0].is_cpu();
    return fits ? Mix::apply(w, all, scales, shifts, padded)
                : mixed_elsewhere(w, all, scales, shifts, padded);
  });
}
