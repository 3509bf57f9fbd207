// Dropout by Philox.
#include "dropout.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <mutex>

#include "loops.h"

namespace {

constexpr int lanes = 16;
using Words = std::array<std::array<uint32_t, lanes>, 4>;

/// Philox4x32-10 in `lanes` counters at once. Constants: Salmon, Moraes, Dror and Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
inline __attribute__((always_inline)) void philox(Words &c, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    for (int j = 0; j < lanes; ++j) {
      uint64_t left = uint64_t(0xD2511F53u) * c[0][j];
      uint64_t right = uint64_t(0xCD9E8D57u) * c[2][j];
      uint32_t first = uint32_t(right >> 32) ^ c[1][j] ^ key0;
      uint32_t third = uint32_t(left >> 32) ^ c[3][j] ^ key1;
      c[1][j] = uint32_t(right);
      c[3][j] = uint32_t(left);
      c[0][j] = first;
      c[2][j] = third;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

constexpr int64_t mask_group = 4 * lanes;

/// Element 64·g + 16·w + j is decided by word w of counter 16·g + j. `x` and `out` begin at element
/// `begin`.
CT_WIDE
void multiply_by_mask(const float *x, float *out, int64_t begin, int64_t count, uint64_t key,
                      uint32_t threshold, float kept) {
  const int64_t end = begin + count;
  for (int64_t start = begin / mask_group * mask_group; start < end; start += mask_group) {
    Words words;
    uint64_t counter = uint64_t(start) / 4;
    for (int j = 0; j < lanes; ++j) {
      words[0][j] = uint32_t(counter + j);
      words[1][j] = uint32_t((counter + j) >> 32);
      words[2][j] = 0;
      words[3][j] = 0;
    }
    philox(words, uint32_t(key), uint32_t(key >> 32));
    float values[mask_group];
    for (int i = 0; i < mask_group; ++i) {
      values[i] = words[i / lanes][i % lanes] < threshold ? 0.0f : kept;
    }
    if (start >= begin && start + mask_group <= end) {
      const float *from = x + (start - begin);
      float *to = out + (start - begin);
      for (int i = 0; i < mask_group; ++i) to[i] = from[i] * values[i];
    } else {
      const int64_t last = std::min(end, start + mask_group);
      for (int64_t i = std::max(begin, start); i < last; ++i) {
        out[i - begin] = x[i - begin] * values[i - start];
      }
    }
  }
}

at::Tensor masked(const at::Tensor &x, const shim::DropoutMask &mask) {
  const auto input = x.contiguous();
  auto output = at::empty_like(input);
  const float *from = input.data_ptr<float>();
  float *to = output.data_ptr<float>();
  shim::in_parallel(input.numel(), mask_group, [&](int64_t begin, int64_t end) {
    mask.multiply(from + begin, to + begin, begin, end - begin);
  });
  return output;
}

struct Dropout : torch::autograd::Function<Dropout> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x,
                            int64_t key, double probability) {
    context->saved_data["key"] = key;
    context->saved_data["probability"] = probability;
    return masked(x, {uint64_t(key), probability});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    const auto key = uint64_t(context->saved_data["key"].toInt());
    const shim::DropoutMask mask{key, context->saved_data["probability"].toDouble()};
    return {masked(gradients[0], mask), {}, {}};
  }
};

}  // namespace

void shim::DropoutMask::multiply(const float *x, float *out, int64_t begin, int64_t count) const {
  multiply_by_mask(x, out, begin, count, key, uint32_t(probability * 4294967296.0),
                   float(1 / (1 - probability)));
}

shim::DropoutMask shim::dropout_mask(double probability, const ct_generator *generator) {
  TORCH_CHECK(probability >= 0 && probability < 1,
              "the probability must be at least 0 and below 1, but is ", probability);
  auto *source = at::check_generator<at::CPUGeneratorImpl>(generator->value);
  std::lock_guard<std::mutex> lock(source->mutex_);
  return {source->random64(), probability};
}

at::Tensor shim::dropout(const at::Tensor &x, const DropoutMask &mask) {
  if (x.is_cpu() && x.scalar_type() == at::kFloat) {
    return Dropout::apply(x, int64_t(mask.key), mask.probability);
  }
  const auto factors =
      x.is_cpu() ? masked(at::ones(x.sizes()), mask)
                 : dropout_factors_elsewhere(x, mask.probability, mask.key);
  return x.mul(factors.to(x.scalar_type()));
}

extern "C" {

ct_status ct_dropout(const ct_tensor *x, double probability, ct_generator *generator,
                     ct_tensor **out) noexcept {
  return shim::produce(out, [&] {
    return shim::dropout(x->value, shim::dropout_mask(probability, generator));
  });
}

void ct_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) noexcept {
  Words words{};
  for (int word = 0; word < 4; ++word) words[word][0] = counter[word];
  philox(words, key[0], key[1]);
  for (int word = 0; word < 4; ++word) out[word] = words[word][0];
}

}  // extern "C"
