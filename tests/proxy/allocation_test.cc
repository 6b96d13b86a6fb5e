// A program of its own, because it counts every allocation.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "proxy/connection.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"

namespace {

std::atomic<int> allocations = 0;

}  // namespace

void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
// Else the library's own one, whose memory our delete must not be given.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return operator new(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace postmirror {
namespace {

Outcome Lookup(size_t, absl::string_view key, std::string* value) {
  if (key.front() == 'n') return Outcome::kNotFound;
  value->assign("a value that is too long to be kept within the string itself");
  return key.front() == 't' ? Outcome::kTemporary : Outcome::kFound;
}

// Allocations of the second and later rounds of the same requests.
int Count(const Codec& codec, absl::string_view requests) {
  Connection connection(&codec);
  ReplyBuffers buffers;
  connection.Receive(requests, Lookup, &buffers);
  const int before = allocations;
  for (int i = 0; i < 10; ++i) {
    connection.Receive(requests, Lookup, &buffers);
    connection.Keep("");
  }
  return allocations - before;
}

TEST(AllocationTest, TcpTableRequestsDoNotAllocate) {
  EXPECT_EQ(Count(TcpTableCodec(0),
                  "get found.a.key.of.some.length@example.org\n"
                  "get not.found.a%20key.of.some.length@example.org\n"
                  "get temporary.a.key.of.some.length@example.org\n"),
            0);
}

TEST(AllocationTest, SocketmapRequestsDoNotAllocate) {
  EXPECT_EQ(Count(SocketmapCodec({"maps"}),
                  "31:maps found.a.key.of.some.length,"
                  "35:maps not.found.a.key.of.some.length,"
                  "35:maps temporary.a.key.of.some.length,"),
            0);
}

}  // namespace
}  // namespace postmirror
