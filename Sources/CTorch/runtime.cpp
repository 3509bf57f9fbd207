// Threads, denormals, and which libraries this process really runs on.
#include <dlfcn.h>
#include <torch/version.h>

#include <cstring>
#include <string>

#include "support.h"

using shim::loaded;

namespace {

std::string blas() {
  if (auto *configuration = loaded<const char *()>("openblas_get_config")) return configuration();
  if (at::hasMKL()) return "MKL";
  void *product = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info where;
  if (product != nullptr && dladdr(product, &where) != 0 && where.dli_fname != nullptr) {
    std::string file = where.dli_fname;
    if (file.find("openblas") != std::string::npos) return "OpenBLAS at " + file;
    return "reference BLAS at " + file;
  }
  return "reference BLAS inside libtorch";
}

}  // namespace

extern "C" {

ct_status ct_set_threads(int threads) noexcept {
  return shim::guarded([&] {
    TORCH_CHECK(threads > 0, "the number of threads must be at least 1, but is ", threads);
    at::set_num_threads(threads);
    if (auto *set = loaded<void(int)>("openblas_set_num_threads")) set(threads);
    // Only the first call in a process may change this pool, and 1 is what every call wants.
    if (at::get_num_interop_threads() != 1) {
      try {
        at::set_num_interop_threads(1);
      } catch (const c10::Error &) {
      }
    }
  });
}

int ct_threads(void) noexcept { return at::get_num_threads(); }

bool ct_flush_denormals(bool enabled) noexcept {
  return at::globalContext().setFlushDenormal(enabled);
}

const char *ct_version(void) noexcept { return TORCH_VERSION; }

char *ct_blas_description(void) noexcept {
  try {
    return strdup(blas().c_str());
  } catch (...) {
    return nullptr;
  }
}

}  // extern "C"
