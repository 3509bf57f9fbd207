// Dropout whose mask is a function of a key, so that nobody need keep it.
#pragma once

#include "support.h"

namespace shim {

/// Which elements are dropped: 0 or 1 / (1 − probability) for the element of each number.
struct DropoutMask {
  uint64_t key;
  double probability;

  /// out[i] = x[i] · mask(begin + i); `out` may be `x`.
  void multiply(const float *x, float *out, int64_t begin, int64_t count) const;
};

/// Takes a key from the generator.
DropoutMask dropout_mask(double probability, const ct_generator *generator);
/// x · mask, which keeps nothing but the key for the gradient.
at::Tensor dropout(const at::Tensor &x, const DropoutMask &mask);

}  // namespace shim
