// Counts what a program allocates, for tests of what must not.
#ifndef POSTMIRROR_TESTS_SUPPORT_ALLOCATION_COUNT_H_
#define POSTMIRROR_TESTS_SUPPORT_ALLOCATION_COUNT_H_

#include <cstddef>

namespace postmirror {

// How often memory was allocated in this program so far, by malloc(3) and its
// kin: in C++ or C, in its own code or a library's. Counted from the first call
// on where a sanitizer allocates.
size_t AllocationCount();

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SUPPORT_ALLOCATION_COUNT_H_
