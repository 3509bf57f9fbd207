// Merging of several task vectors, tensor by tensor, by the loops of `alphasweep merge`.
#include <algorithm>
#include <vector>

#include <Libmerge.h>

#include "loops.h"

using shim::guarded;

namespace {

constexpr int digits_of_float32 = 2;

/// Which magnitudes of a task vector stay: all above a threshold, and some of those equal to it.
struct Trim {
  uint64_t threshold = 0;
  uint64_t equals;
};

/// The magnitude of which `kept` are as large, digit by digit from the highest.
Trim trim(const float *before, const float *after, size_t count, uint64_t kept) {
  Trim trim{0, kept};
  std::vector<uint64_t> counts(size_t(1) << LM_DIGIT_BITS);
  for (int digit = digits_of_float32 - 1; digit >= 0; --digit) {
    std::fill(counts.begin(), counts.end(), 0);
    lm_count_magnitudes(lm_type_float32, before, after, count, digit, trim.threshold,
                        counts.data());
    for (size_t value = counts.size(); value-- > 0;) {
      if (counts[value] >= trim.equals) {
        trim.threshold = trim.threshold << LM_DIGIT_BITS | value;
        break;
      }
      trim.equals -= counts[value];
    }
  }
  return trim;
}

}  // namespace

extern "C" {

ct_status ct_merge(ct_tensor *destination, const ct_tensor *before,
                   const ct_tensor *const *afters, size_t count, double alpha, bool ties,
                   double density) noexcept {
  return guarded([&] {
    at::NoGradGuard without_gradients;
    auto plain = [&](const at::Tensor &tensor) {
      TORCH_CHECK(tensor.scalar_type() == at::kFloat, "only float32 is merged, not ",
                  tensor.scalar_type());
      TORCH_CHECK(tensor.sizes() == destination->value.sizes(), "the shapes differ");
      return tensor.cpu().contiguous();
    };
    auto start = plain(before->value);
    std::vector<at::Tensor> ends;
    std::vector<const void *> ends_data;
    for (size_t i = 0; i < count; ++i) {
      ends.push_back(plain(afters[i]->value));
      ends_data.push_back(ends.back().data_ptr<float>());
    }
    const auto *start_data = start.data_ptr<float>();
    const auto elements = size_t(start.numel());
    auto direction = at::empty_like(start);
    if (ties) {
      const auto kept = std::max<uint64_t>(1, uint64_t(density * double(elements)));
      std::vector<uint64_t> thresholds, equals;
      for (const auto &end : ends) {
        auto found = trim(start_data, end.data_ptr<float>(), elements, kept);
        thresholds.push_back(found.threshold);
        equals.push_back(found.equals);
      }
      std::vector<float> scratch(count * elements);
      lm_disjoint_mean(lm_type_float32, start_data, ends_data.data(), count, elements,
                       thresholds.data(), equals.data(), scratch.data(),
                       direction.data_ptr<float>());
    } else {
      lm_mean_of_differences(lm_type_float32, start_data, ends_data.data(), count, elements,
                             direction.data_ptr<float>());
    }
    auto merged = at::empty_like(start);
    lm_add_scaled(lm_type_float32, start_data, direction.data_ptr<float>(), elements, alpha,
                  merged.data_ptr<float>());
    destination->value.copy_(merged);
  });
}

}  // extern "C"
