#include "tests/bench/load_generator/key_order.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace postmirror {
namespace {

// Enough that a run of half a second hardly sees the end.
constexpr size_t kDraws = 200000;

}  // namespace

std::vector<uint32_t> DrawKeys(size_t keys, double exponent, uint64_t seed) {
  std::vector<double> cumulated(keys);
  double sum = 0;
  for (size_t rank = 0; rank < keys; ++rank) {
    sum += std::pow(static_cast<double>(rank + 1), -exponent);
    cumulated[rank] = sum;
  }
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> point(0, sum);
  std::vector<uint32_t> draws(kDraws);
  for (uint32_t& draw : draws) {
    const auto rank =
        std::upper_bound(cumulated.begin(), cumulated.end(), point(random));
    draw = static_cast<uint32_t>(std::min<size_t>(
        static_cast<size_t>(rank - cumulated.begin()), keys - 1));
  }
  return draws;
}

}  // namespace postmirror
