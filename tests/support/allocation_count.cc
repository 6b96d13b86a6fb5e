#include "tests/support/allocation_count.h"

#include <atomic>
#include <cstdlib>

namespace {

std::atomic<size_t> allocations = 0;

}  // namespace

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define POSTMIRROR_SANITIZER_ALLOCATES
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define POSTMIRROR_SANITIZER_ALLOCATES
#endif

// The names of others:
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#ifdef POSTMIRROR_SANITIZER_ALLOCATES

// Declared by sanitizer/allocator_interface.h, which gcc does not install.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, size_t),
    void (*free_hook)(const volatile void*));

namespace postmirror {

size_t AllocationCount() {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, size_t) { ++allocations; },
      [](const volatile void*) {});
  if (installed == 0) std::abort();  // nothing would be counted
  return allocations;
}

}  // namespace postmirror

#else

// glibc's own names of them. What a program defines is used by its libraries,
// too.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);

void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) {
  ++allocations;
  return __libc_realloc(memory, size);
}
}

namespace postmirror {

size_t AllocationCount() { return allocations; }

}  // namespace postmirror

#endif
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
