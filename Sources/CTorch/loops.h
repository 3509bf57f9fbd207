// What loops of our own share: wide instructions that round like narrow ones, and threads.
#pragma once

#include <algorithm>
#include <thread>

#include "support.h"

#if defined(__x86_64__) && defined(__clang__)
// AVX2 without FMA, which would round differently from the plain version.
#define CT_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define CT_WIDE
#endif

// A fused multiply-add would make results depend on the processor.
#pragma clang fp contract(off)

namespace shim {

constexpr int64_t smallest_share = 1 << 17;

/// Calls body(begin, end) over [0, total), in several threads where that pays. Shares begin at
/// multiples of `grain`.
template <class Body>
void in_parallel(int64_t total, int64_t grain, const Body &body) {
  struct Team {
    std::vector<std::thread> threads;
    ~Team() {
      for (auto &thread : threads) thread.join();
    }
  } team;
  int64_t workers = std::min<int64_t>(at::get_num_threads(), total / smallest_share);
  if (workers <= 1) {
    body(0, total);
    return;
  }
  int64_t share = (total / workers + grain) / grain * grain;
  for (int64_t begin = share; begin < total; begin += share) {
    int64_t end = std::min(begin + share, total);
    team.threads.emplace_back([&body, begin, end] { body(begin, end); });
  }
  body(0, std::min(share, total));
}

}  // namespace shim
