// In which order keys are asked for.
#ifndef POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_KEY_ORDER_H_
#define POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_KEY_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace postmirror {

// Returns indices below `keys`, drawn by Zipf's law: the one of rank r by the
// weight r^-exponent. 0 is uniform.
std::vector<uint32_t> DrawKeys(size_t keys, double exponent, uint64_t seed);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_KEY_ORDER_H_
