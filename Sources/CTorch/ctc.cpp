// CTC without logarithms in its inner loop.

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "support.h"

namespace {

/// Forward and backward variables are kept as probabilities that sum to 1 in every frame. Below this
/// they lose digits or vanish.
constexpr double smallest = 1e-280;
/// What may vanish: paths that are less than e^-36 of all, which float64 would not see in their sum.
constexpr double negligible = -36;

/// One utterance: probabilities [T, C] at a stride, and its symbols with blanks between them.
struct Lattice {
  const double *probabilities;
  int64_t frame_stride;
  int64_t frames;
  std::vector<int64_t> states;
  int64_t blank;

  double at(int64_t frame, size_t state) const {
    return probabilities[frame * frame_stride + states[state]];
  }
  /// Whether a path may jump to `state` over the blank before it.
  bool skips_to(size_t state) const {
    return state >= 2 && states[state] != blank && states[state] != states[state - 2];
  }
};

/// Steps that a path needs at least to reach each state from the start, and the end from it.
struct Distances {
  std::vector<int64_t> start, end;

  explicit Distances(const Lattice &lattice)
      : start(lattice.states.size(), 0), end(lattice.states.size(), 0) {
    const size_t states = lattice.states.size();
    for (size_t s = 2; s < states; ++s) {
      start[s] = 1 + (lattice.skips_to(s) ? std::min(start[s - 1], start[s - 2]) : start[s - 1]);
    }
    for (size_t s = states; s-- > 0;) {
      if (s + 2 >= states) continue;
      end[s] = 1 + (lattice.skips_to(s + 2) ? std::min(end[s + 1], end[s + 2]) : end[s + 1]);
    }
  }
};

/// Scales a frame's variables to the sum 1. Returns the logarithm of the sum, or infinity where there
/// is none to speak of; `is_lossy` tells whether a state that paths pass through fell below `smallest`.
double scale(double *row, const Distances &distances, int64_t frame, int64_t frames,
             bool &is_lossy) {
  const size_t states = distances.start.size();
  double sum = 0;
  for (size_t s = 0; s < states; ++s) sum += row[s];
  if (!(sum > smallest)) return INFINITY;
  is_lossy = false;
  for (size_t s = 0; s < states; ++s) {
    row[s] /= sum;
    const bool is_passed = distances.start[s] <= frame && distances.end[s] < frames - frame;
    if (is_passed && row[s] < smallest) is_lossy = true;
  }
  return std::log(sum);
}

/// -ln p of one utterance; `posterior` [T, C] takes the probability of each symbol in each frame.
/// Returns a negative number when more than negligible paths might be lost: a path's way to a state
/// and its way on have each at most probability 1, which bounds what is lost with either.
double align(const Lattice &lattice, float *posterior, int64_t posterior_stride) {
  const size_t states = lattice.states.size();
  const int64_t frames = lattice.frames;
  const Distances distances(lattice);
  std::vector<double> forward(frames * states, 0), backward(states, 0), next(states, 0);
  std::vector<double> sums(frames, 0);
  std::vector<bool> lossy(frames, false);
  double loss = 0;
  for (int64_t t = 0; t < frames; ++t) {
    double *row = &forward[t * states];
    for (size_t s = 0; s < states; ++s) {
      double from = 0;
      if (t == 0) {
        from = s < 2 ? 1 : 0;
      } else {
        const double *before = row - states;
        from = before[s] + (s >= 1 ? before[s - 1] : 0) +
               (lattice.skips_to(s) ? before[s - 2] : 0);
      }
      row[s] = from * lattice.at(t, s);
    }
    bool is_lossy = false;
    sums[t] = scale(row, distances, t, frames, is_lossy);
    if (std::isinf(sums[t])) return -1;
    lossy[t] = is_lossy;
    loss -= sums[t];
  }
  const double *last = &forward[(frames - 1) * states];
  const double ending = last[states - 1] + (states >= 2 ? last[states - 2] : 0);
  if (!(ending > smallest)) return -1;
  loss -= std::log(ending);
  // ln p of what comes after frame t, given where the paths are in it.
  double rest = std::log(ending);
  for (int64_t t = frames - 1; t >= 0; --t) {
    if (lossy[t] && std::log(smallest) - rest > negligible) return -1;
    rest += sums[t];
  }

  double onward = 0;
  for (int64_t t = frames - 1; t >= 0; --t) {
    for (size_t s = 0; s < states; ++s) {
      if (t == frames - 1) {
        backward[s] = s + 2 >= states ? 1 : 0;
      } else {
        backward[s] = next[s] + (s + 1 < states ? next[s + 1] : 0) +
                      (s + 2 < states && lattice.skips_to(s + 2) ? next[s + 2] : 0);
      }
    }
    const double *row = &forward[t * states];
    double total = 0;
    for (size_t s = 0; s < states; ++s) total += row[s] * backward[s];
    if (!(total > smallest)) return -1;
    for (size_t s = 0; s < states; ++s) {
      posterior[t * posterior_stride + lattice.states[s]] +=
          static_cast<float>(row[s] * backward[s] / total);
      next[s] = backward[s] * lattice.at(t, s);
    }
    bool is_lossy = false;
    const double sum = scale(next.data(), distances, t, frames, is_lossy);
    if (std::isinf(sum)) return -1;
    onward += sum;
    if (is_lossy && std::log(smallest) + onward + loss > negligible) return -1;
  }
  return std::max(loss, 0.0);
}

struct Batch {
  at::Tensor log_probabilities, targets;
  std::vector<int64_t> frames, symbols;
  int64_t blank;
};

/// Losses [B] and the gradient for the logits [T, B, C]; false when digits would be lost somewhere.
bool by_probabilities(const Batch &batch, at::Tensor &losses, at::Tensor &gradient) {
  const int64_t count = batch.frames.size(), classes = batch.log_probabilities.size(2);
  const auto probabilities = batch.log_probabilities.to(at::kDouble).exp().contiguous();
  const auto targets = batch.targets.to(at::kLong).contiguous();
  const auto posteriors = at::zeros_like(batch.log_probabilities, at::MemoryFormat::Contiguous);
  losses = at::zeros({count}, batch.log_probabilities.options());
  std::vector<int64_t> starts(count, 0);
  for (int64_t b = 1; b < count; ++b) {
    starts[b] = targets.dim() == 2 ? b * targets.size(1) : starts[b - 1] + batch.symbols[b - 1];
  }
  std::atomic<bool> is_exact{true};
  const int64_t *symbols = targets.data_ptr<int64_t>();
  at::parallel_for(0, count, 1, [&](int64_t from, int64_t to) {
    for (int64_t b = from; b < to; ++b) {
      Lattice lattice{probabilities.data_ptr<double>() + b * classes, count * classes,
                      batch.frames[b], {}, batch.blank};
      lattice.states.assign(2 * batch.symbols[b] + 1, batch.blank);
      for (int64_t i = 0; i < batch.symbols[b]; ++i) {
        lattice.states[2 * i + 1] = symbols[starts[b] + i];
      }
      const double loss =
          align(lattice, posteriors.data_ptr<float>() + b * classes, count * classes);
      if (loss < 0) is_exact = false;
      losses.data_ptr<float>()[b] = static_cast<float>(loss);
    }
  });
  if (!is_exact) return false;
  // As libtorch's: the gradient for logits under a log-softmax, 0 in frames past the end.
  gradient = probabilities.to(at::kFloat).sub_(posteriors);
  for (int64_t b = 0; b < count; ++b) {
    gradient.select(1, b).narrow(0, batch.frames[b], gradient.size(0) - batch.frames[b]).zero_();
  }
  return true;
}

struct ConnectionistLoss : torch::autograd::Function<ConnectionistLoss> {
  static at::Tensor forward(torch::autograd::AutogradContext *context,
                            const at::Tensor &log_probabilities, const at::Tensor &targets,
                            std::vector<int64_t> frames, std::vector<int64_t> symbols,
                            int64_t blank, bool zero_infinity) {
    at::Tensor losses, gradient;
    if (!by_probabilities({log_probabilities, targets, frames, symbols, blank}, losses, gradient)) {
      at::Tensor lattice;
      std::tie(losses, lattice) =
          at::_ctc_loss(log_probabilities, targets, frames, symbols, blank, zero_infinity);
      gradient = at::_ctc_loss_backward(at::ones_like(losses), log_probabilities, targets, frames,
                                        symbols, losses, lattice, blank, zero_infinity);
      if (zero_infinity) losses = losses.masked_fill(losses.isinf(), 0);
    }
    context->save_for_backward({gradient});
    return losses;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    const auto scaled = context->get_saved_variables()[0] * gradients[0].unsqueeze(0).unsqueeze(2);
    return {scaled, {}, {}, {}, {}, {}};
  }
};

}  // namespace

bool shim::ctc_fits_probabilities(const at::Tensor &log_probabilities, const at::Tensor &targets,
                                  at::IntArrayRef frames, at::IntArrayRef symbols, int64_t blank) {
  if (!log_probabilities.device().is_cpu() || log_probabilities.scalar_type() != at::kFloat ||
      log_probabilities.dim() != 3 || targets.dim() < 1 || targets.dim() > 2 ||
      static_cast<int64_t>(frames.size()) != log_probabilities.size(1) ||
      frames.size() != symbols.size() || blank < 0 || blank >= log_probabilities.size(2)) {
    return false;
  }
  int64_t total = 0, longest = 0;
  for (size_t b = 0; b < frames.size(); ++b) {
    if (frames[b] < 1 || frames[b] > log_probabilities.size(0) || symbols[b] < 0) return false;
    total += symbols[b];
    longest = std::max(longest, symbols[b]);
  }
  if (targets.dim() == 2 && (targets.size(0) != log_probabilities.size(1) ||
                             targets.size(1) < longest)) return false;
  if (targets.dim() == 1 && targets.size(0) != total) return false;
  return targets.numel() == 0 || (targets.min().item().toLong() >= 0 &&
                                  targets.max().item().toLong() < log_probabilities.size(2));
}

at::Tensor shim::ctc_loss(const at::Tensor &log_probabilities, const at::Tensor &targets,
                          at::IntArrayRef frames, at::IntArrayRef symbols, int64_t blank,
                          int64_t reduction, bool zero_infinity) {
  const auto losses = ConnectionistLoss::apply(log_probabilities, targets, frames.vec(),
                                               symbols.vec(), blank, zero_infinity);
  if (reduction == at::Reduction::None) return losses;
  if (reduction == at::Reduction::Sum) return losses.sum();
  const auto lengths = at::tensor(symbols, losses.options()).clamp_min(1);
  return (losses / lengths).mean();
}
