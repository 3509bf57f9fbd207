// Grouped convolutions with long kernels, by fast Fourier transform.

#include <algorithm>

#include "support.h"

namespace {

/// The least even number from `least` on that has no prime factor above 5.
int64_t fast_length(int64_t least) {
  for (int64_t length = std::max<int64_t>(2, least);; ++length) {
    int64_t rest = length;
    for (int64_t prime : {2, 3, 5}) {
      while (rest % prime == 0) rest /= prime;
    }
    if (rest == 1 && length % 2 == 0) return length;
  }
}

/// Overlap-save: blocks of L outputs, each from the L + K - 1 inputs under it. A convolution here is
/// what PyTorch calls one, a correlation: hence the conjugate.
at::Tensor correlate(const at::Tensor &input, const at::Tensor &weight, int64_t padding,
                     int64_t groups) {
  const int64_t batch = input.size(0), channels = input.size(1), kernel = weight.size(2);
  const int64_t outputs = weight.size(0), frames = input.size(2) + 2 * padding - kernel + 1;
  const int64_t block = std::min(frames, 2 * kernel), blocks = (frames + block - 1) / block;
  const int64_t under = block + kernel - 1, length = fast_length(under);
  const int64_t right = (blocks - 1) * block + under - input.size(2) - padding;
  const auto pieces = at::constant_pad_nd(input, {padding, right}).unfold(2, under, block);
  const auto spectra = at::fft_rfft(pieces, length)  // B, C, blocks, frequencies
                           .reshape({batch, groups, channels / groups, blocks, -1})
                           .permute({4, 1, 0, 3, 2});
  const int64_t frequencies = spectra.size(0);
  const auto kernels = at::fft_rfft(weight, length)
                           .conj()
                           .reshape({groups, outputs / groups, channels / groups, -1})
                           .permute({3, 0, 2, 1});
  const auto products =
      at::bmm(spectra.reshape({frequencies * groups, batch * blocks, channels / groups}),
              kernels.reshape({frequencies * groups, channels / groups, outputs / groups}))
          .reshape({frequencies, groups, batch, blocks, outputs / groups})
          .permute({2, 1, 4, 3, 0})
          .reshape({batch, outputs, blocks, frequencies});
  return at::fft_irfft(products, length)
      .narrow(3, 0, block)
      .reshape({batch, outputs, blocks * block})
      .narrow(2, 0, frames);
}

}  // namespace

// oneDNN has no good kernel for groups of a dozen channels under 128 taps (HuBERT's positions): this
// way takes half of its time, forward and back. On other devices libtorch chooses.
bool shim::is_better_by_spectrum(const at::Tensor &input, const at::Tensor &weight, int64_t stride,
                                 int64_t padding, int64_t dilation, int64_t groups) {
  return input.device().is_cpu() && input.scalar_type() == at::kFloat && input.dim() == 3 &&
         weight.dim() == 3 && weight.scalar_type() == at::kFloat && stride == 1 && dilation == 1 &&
         groups > 1 && weight.size(2) >= 32 && input.size(1) == groups * weight.size(1) &&
         weight.size(0) % groups == 0 && padding >= 0 &&
         input.size(2) + 2 * padding >= weight.size(2);
}

at::Tensor shim::spectral_conv1d(const at::Tensor &input, const at::Tensor &weight,
                                 const c10::optional<at::Tensor> &bias, int64_t padding,
                                 int64_t groups) {
  const auto output = correlate(input, weight, padding, groups);
  return bias.has_value() ? output + bias->unsqueeze(1) : output;
}
