// One direction of an LSTM layer: products of all frames at once, and one loop for the gates of a frame.
// libtorch's own cells take some twenty operations a frame and as many backward.
#include <torch/csrc/autograd/custom_function.h>

#include <numeric>

#include "loops.h"

namespace {

using torch::autograd::variable_list;

/// eˣ in float32, without branches so that it is computed in lanes: Cody and Waite's reduction, then a
/// polynomial (Moshier's Cephes, `expf`), within 2 ulp.
inline __attribute__((always_inline)) float exponential(float x) {
  x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  // Adding and subtracting 1.5·2²³ rounds to a whole number.
  const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  union {
    uint32_t bits;
    float value;
  } scale;
  scale.bits = (static_cast<uint32_t>(static_cast<int32_t>(n)) + 127u) << 23;
  return p * scale.value;
}

inline __attribute__((always_inline)) float sigmoid(float x) {
  return 1.0f / (1.0f + exponential(-x));
}

inline __attribute__((always_inline)) float hyperbolic(float x) {
  return 2.0f / (1.0f + exponential(-2.0f * x)) - 1.0f;
}

/// One utterance's gates i, f, g, o of a frame, from their sums in place; its cell and its output.
CT_WIDE
void gates_forward(float *gates, const float *cell_before, float *cell, float *tanh_cell,
                   float *output, int64_t width) {
  float *input = gates, *forget = gates + width, *update = gates + 2 * width,
        *out = gates + 3 * width;
  for (int64_t j = 0; j < width; ++j) input[j] = sigmoid(input[j]);
  for (int64_t j = 0; j < width; ++j) forget[j] = sigmoid(forget[j]);
  for (int64_t j = 0; j < width; ++j) update[j] = hyperbolic(update[j]);
  for (int64_t j = 0; j < width; ++j) out[j] = sigmoid(out[j]);
  for (int64_t j = 0; j < width; ++j) {
    cell[j] = forget[j] * (cell_before == nullptr ? 0.0f : cell_before[j]) + input[j] * update[j];
  }
  for (int64_t j = 0; j < width; ++j) tanh_cell[j] = hyperbolic(cell[j]);
  for (int64_t j = 0; j < width; ++j) output[j] = out[j] * tanh_cell[j];
}

/// The gradients of the gates' sums, in place of the gates; `cell_gradient` becomes that of the frame
/// before.
CT_WIDE
void gates_backward(float *gates, const float *cell_before, const float *tanh_cell,
                    const float *output_gradient, float *cell_gradient, int64_t width) {
  float *input = gates, *forget = gates + width, *update = gates + 2 * width,
        *out = gates + 3 * width;
  for (int64_t j = 0; j < width; ++j) {
    const float i = input[j], f = forget[j], g = update[j], o = out[j], t = tanh_cell[j];
    const float dh = output_gradient[j];
    const float dc = cell_gradient[j] + dh * o * (1.0f - t * t);
    const float before = cell_before == nullptr ? 0.0f : cell_before[j];
    input[j] = dc * g * i * (1.0f - i);
    forget[j] = dc * before * f * (1.0f - f);
    update[j] = dc * i * (1.0f - g * g);
    out[j] = dh * t * o * (1.0f - o);
    cell_gradient[j] = dc * f;
  }
}

/// The frames of a batch, one step after another: at each step those utterances that last so long, the
/// longest first.
struct Steps {
  /// Of each row, its place among batch × frames.
  std::vector<int64_t> places;
  /// The first row of each step, and the end.
  std::vector<int64_t> starts{0};

  Steps(const std::vector<int64_t> &lengths, int64_t frames, bool backwards) {
    std::vector<int64_t> order(lengths.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return lengths[a] != lengths[b] ? lengths[a] > lengths[b] : a < b;
    });
    const int64_t longest = lengths[order[0]];
    for (int64_t t = 0; t < longest; ++t) {
      for (int64_t b : order) {
        if (lengths[b] <= t) break;
        places.push_back(b * frames + (backwards ? lengths[b] - 1 - t : t));
      }
      starts.push_back(places.size());
    }
  }

  int64_t rows() const { return places.size(); }
  int64_t count() const { return starts.size() - 1; }
  int64_t size(int64_t step) const { return starts[step + 1] - starts[step]; }
  at::Tensor indices() const { return at::tensor(places, at::kLong); }
};

struct Direction : torch::autograd::Function<Direction> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &input,
                            const at::Tensor &weight_ih, const at::Tensor &weight_hh,
                            const at::Tensor &bias_ih, const at::Tensor &bias_hh,
                            std::vector<int64_t> lengths, bool backwards) {
    const int64_t batch = input.size(0), frames = input.size(1), width = weight_hh.size(1);
    const Steps steps(lengths, frames, backwards);
    const auto indices = steps.indices();
    const auto rows = input.reshape({batch * frames, input.size(2)}).index_select(0, indices);
    auto gates = at::addmm(bias_ih + bias_hh, rows, weight_ih.t());
    const auto recurrent = weight_hh.t();
    auto cells = at::empty({steps.rows(), width}, input.options());
    auto tanh_cells = at::empty_like(cells), outputs = at::empty_like(cells);
    float *gate = gates.data_ptr<float>(), *cell = cells.data_ptr<float>();
    float *tanh_cell = tanh_cells.data_ptr<float>(), *output = outputs.data_ptr<float>();
    for (int64_t step = 0; step < steps.count(); ++step) {
      const int64_t start = steps.starts[step], count = steps.size(step);
      const int64_t before = step == 0 ? 0 : steps.starts[step - 1];
      if (step > 0) {
        gates.narrow(0, start, count).addmm_(outputs.narrow(0, before, count), recurrent);
      }
      for (int64_t row = 0; row < count; ++row) {
        const int64_t at = (start + row) * width;
        gates_forward(gate + 4 * at, step == 0 ? nullptr : cell + (before + row) * width,
                      cell + at, tanh_cell + at, output + at, width);
      }
    }
    context->save_for_backward({rows, weight_ih, weight_hh, gates, cells, tanh_cells, outputs});
    context->saved_data["lengths"] = lengths;
    context->saved_data["backwards"] = backwards;
    context->saved_data["batch"] = batch;
    context->saved_data["frames"] = frames;
    return at::zeros({batch * frames, width}, input.options())
        .index_copy_(0, indices, outputs)
        .reshape({batch, frames, width});
  }

  static variable_list backward(torch::autograd::AutogradContext *context,
                                variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &rows = saved[0], &weight_ih = saved[1], &weight_hh = saved[2];
    const auto &cells = saved[4], &tanh_cells = saved[5], &outputs = saved[6];
    auto &facts = context->saved_data;
    const int64_t batch = facts["batch"].toInt(), frames = facts["frames"].toInt();
    const int64_t width = weight_hh.size(1);
    const Steps steps(facts["lengths"].toIntVector(), frames, facts["backwards"].toBool());
    const auto indices = steps.indices();
    // Of the outputs, to which each step adds what comes through the step after it.
    auto wanted = gradients[0].reshape({batch * frames, width}).index_select(0, indices);
    auto gates = saved[3].clone();
    std::vector<float> cell_gradient(steps.size(0) * width, 0.0f);
    float *gate = gates.data_ptr<float>(), *gradient = wanted.data_ptr<float>();
    const float *cell = cells.data_ptr<float>(), *tanh_cell = tanh_cells.data_ptr<float>();
    for (int64_t step = steps.count() - 1; step >= 0; --step) {
      const int64_t start = steps.starts[step], count = steps.size(step);
      const int64_t before = step == 0 ? 0 : steps.starts[step - 1];
      for (int64_t row = 0; row < count; ++row) {
        const int64_t at = (start + row) * width;
        gates_backward(gate + 4 * at, step == 0 ? nullptr : cell + (before + row) * width,
                       tanh_cell + at, gradient + at, cell_gradient.data() + row * width, width);
      }
      if (step > 0) {
        wanted.narrow(0, before, count).addmm_(gates.narrow(0, start, count), weight_hh);
      }
    }
    const auto bias = gates.sum(0);
    return {input_gradient(gates, weight_ih, indices, batch, frames),
            at::mm(gates.t(), rows), recurrent_gradient(gates, outputs, steps), bias, bias, {}, {}};
  }

  static at::Tensor input_gradient(const at::Tensor &gates, const at::Tensor &weight_ih,
                                   const at::Tensor &indices, int64_t batch, int64_t frames) {
    const auto rows = at::mm(gates, weight_ih);
    return at::zeros({batch * frames, rows.size(1)}, rows.options())
        .index_copy_(0, indices, rows)
        .reshape({batch, frames, rows.size(1)});
  }

  /// One product over all frames but the first: what each step got from the one before.
  static at::Tensor recurrent_gradient(const at::Tensor &gates, const at::Tensor &outputs,
                                       const Steps &steps) {
    std::vector<at::Tensor> before;
    for (int64_t step = 1; step < steps.count(); ++step) {
      before.push_back(outputs.narrow(0, steps.starts[step - 1], steps.size(step)));
    }
    if (before.empty()) return at::zeros({gates.size(1), outputs.size(1)}, gates.options());
    const int64_t first = steps.starts[1];
    return at::mm(gates.narrow(0, first, steps.rows() - first).t(), at::cat(before, 0));
  }
};

}  // namespace

bool shim::lstm_fits(const at::Tensor &input, const std::vector<at::Tensor> &weights) {
  const auto fits = [](const at::Tensor &x) { return x.is_cpu() && x.scalar_type() == at::kFloat; };
  if (!fits(input) || input.size(0) == 0 || input.size(1) == 0) return false;
  for (size_t start = 0; start < weights.size(); start += 4) {
    const auto &ih = weights[start], &hh = weights[start + 1];
    if (!std::all_of(weights.begin() + start, weights.begin() + start + 4, fits)) return false;
    if (hh.dim() != 2 || ih.dim() != 2 || hh.size(0) != 4 * hh.size(1) ||
        ih.size(0) != hh.size(0) || ih.size(1) != input.size(2)) {
      return false;
    }
    for (size_t bias : {start + 2, start + 3}) {
      if (weights[bias].dim() != 1 || weights[bias].size(0) != hh.size(0)) return false;
    }
  }
  return true;
}

at::Tensor shim::lstm(const at::Tensor &input, const std::vector<at::Tensor> &weights,
                      std::vector<int64_t> lengths) {
  if (lengths.empty()) lengths.assign(input.size(0), input.size(1));
  std::vector<at::Tensor> directions;
  for (size_t start = 0; start < weights.size(); start += 4) {
    directions.push_back(Direction::apply(input, weights[start], weights[start + 1],
                                          weights[start + 2], weights[start + 3], lengths,
                                          start > 0));
  }
  return directions.size() == 1 ? directions[0] : at::cat(directions, 2);
}
